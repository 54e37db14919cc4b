#include <mecab.h>

#include <memory>

#include "harness/core/error.h"
#include "suites/ifeval/tokens.h"

namespace leitai::ifeval {

namespace {

/// The IPA dictionary as Debian installs it.
const MeCab::Model& model() {
  static const std::unique_ptr<MeCab::Model> kModel(
      MeCab::createModel("-r /dev/null -d /var/lib/mecab/dic/ipadic-utf8"));
  if (!kModel)
    throw Error(
        "Japanese words: the dictionary /var/lib/mecab/dic/ipadic-utf8 cannot be opened\n"
        "        install the package mecab-ipadic-utf8");
  return *kModel;
}

}  // namespace

std::vector<JapaneseToken> japanese_tokens(std::string_view text) {
  std::vector<JapaneseToken> out;
  if (text.empty()) return out;
  static const std::unique_ptr<MeCab::Tagger> kTagger(model().createTagger());
  const std::unique_ptr<MeCab::Lattice> lattice(model().createLattice());
  lattice->set_sentence(text.data(), text.size());
  if (!kTagger->parse(lattice.get())) return out;
  constexpr std::string_view kNoun = "\u540D\u8A5E";
  for (const MeCab::Node* node = lattice->bos_node(); node; node = node->next) {
    if (node->stat == MECAB_BOS_NODE || node->stat == MECAB_EOS_NODE) continue;
    out.push_back({std::string(node->surface, node->length),
                   std::string_view(node->feature).starts_with(kNoun),
                   node->rlength > node->length});
  }
  return out;
}

}  // namespace leitai::ifeval
