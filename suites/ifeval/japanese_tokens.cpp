#include <mecab.h>

#include <algorithm>
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

/// MeCab looks along a run of like characters from each of its places: long texts go to it in
/// pieces, cut behind a line or a sentence where one ends in the piece.
std::size_t piece_length(std::string_view text) {
  constexpr std::size_t kMost = 1500;
  constexpr std::string_view kStop = "\u3002";
  if (text.size() <= kMost) return text.size();
  const std::string_view head = text.substr(0, kMost);
  const std::size_t line = head.rfind('\n');
  const std::size_t stop = head.rfind(kStop);
  if (line != head.npos || stop != head.npos) {
    return std::max(line == head.npos ? 0 : line + 1, stop == head.npos ? 0 : stop + kStop.size());
  }
  std::size_t end = kMost;
  while (end > 1 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return end;
}

}  // namespace

std::vector<JapaneseToken> japanese_tokens(std::string_view text) {
  std::vector<JapaneseToken> out;
  if (text.empty()) return out;
  static const std::unique_ptr<MeCab::Tagger> kTagger(model().createTagger());
  const std::unique_ptr<MeCab::Lattice> lattice(model().createLattice());
  constexpr std::string_view kNoun = "\u540D\u8A5E";
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, piece_length(text));
    text.remove_prefix(piece.size());
    lattice->set_sentence(piece.data(), piece.size());
    if (!kTagger->parse(lattice.get())) continue;
    for (const MeCab::Node* node = lattice->bos_node(); node; node = node->next) {
      if (node->stat == MECAB_BOS_NODE || node->stat == MECAB_EOS_NODE) continue;
      out.push_back({std::string(node->surface, node->length),
                     std::string_view(node->feature).starts_with(kNoun),
                     node->rlength > node->length});
    }
  }
  return out;
}

}  // namespace leitai::ifeval
