#include "suites/ifeval/tokens.h"
#include "suites/metrics/mecab.h"

namespace leitai::ifeval {

std::vector<JapaneseToken> japanese_tokens(std::string_view text) {
  constexpr std::string_view kNoun = "\u540D\u8A5E";
  std::vector<JapaneseToken> out;
  each_morpheme(text, [&](const Morpheme& one) {
    out.push_back({std::string(one.surface), one.feature.starts_with(kNoun), one.after_blank});
  });
  return out;
}

}  // namespace leitai::ifeval
