#include "suites/metrics/mecab.h"

#include <fmt/format.h>
#include <mecab.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "harness/core/error.h"

namespace leitai {

namespace {

constexpr std::string_view kFolders[] = {"/var/lib/mecab/dic/ipadic-utf8",
                                         "/usr/share/mecab/dic/ipadic-utf8",
                                         "/usr/lib/mecab/dic/ipadic-utf8"};
// The dictionary that sacreBLEU asks for has 392,126 words; Debian's copy of it has one more.
constexpr unsigned kWordsOfIpadic[] = {392126, 392127};

std::unique_ptr<MeCab::Model> open_dictionary() {
  for (const std::string_view folder : kFolders) {
    if (!std::filesystem::exists(std::filesystem::path(folder) / "sys.dic")) continue;
    // The system's mecabrc could name another dictionary or add one: none is read.
    std::unique_ptr<MeCab::Model> out(
        MeCab::createModel(fmt::format("-r /dev/null -d {}", folder).c_str()));
    if (!out) continue;
    const MeCab::DictionaryInfo* info = out->dictionary_info();
    if (info != nullptr && (info->size == kWordsOfIpadic[0] || info->size == kWordsOfIpadic[1]))
      return out;
  }
  throw Error(
      "Japanese words: the IPA dictionary of MeCab in UTF-8 was not found\n"
      "        install mecab-ipadic-utf8 (for BLEU, tokenize: char needs none)");
}

/// MeCab looks along a run of like characters from each of its places: long texts go to it in
/// pieces, cut behind a line or a full stop where there is one.
std::size_t piece_length(std::string_view text) {
  constexpr std::size_t kMost = 4096;
  constexpr std::string_view kStop = "\u3002";
  if (text.size() <= kMost) return text.size();
  const std::string_view head = text.substr(0, kMost);
  const std::size_t line = head.rfind('\n'), stop = head.rfind(kStop);
  if (line != head.npos || stop != head.npos)
    return std::max(line == head.npos ? 0 : line + 1, stop == head.npos ? 0 : stop + kStop.size());
  std::size_t end = kMost;
  while (end > 1 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return end;
}

}  // namespace

void each_morpheme(std::string_view text, const std::function<void(const Morpheme&)>& visit) {
  if (text.empty()) return;
  static const std::unique_ptr<MeCab::Model> kModel = open_dictionary();
  static const std::unique_ptr<MeCab::Tagger> kTagger(kModel->createTagger());
  const std::unique_ptr<MeCab::Lattice> lattice(kModel->createLattice());
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, piece_length(text));
    text.remove_prefix(piece.size());
    lattice->set_sentence(piece.data(), piece.size());
    if (!kTagger->parse(lattice.get())) continue;
    for (const MeCab::Node* node = lattice->bos_node(); node != nullptr; node = node->next) {
      if (node->stat == MECAB_BOS_NODE || node->stat == MECAB_EOS_NODE) continue;
      visit({{node->surface, node->length}, node->feature, node->rlength > node->length});
    }
  }
}

namespace metrics {

std::string mecab_wakati(std::string_view text) {
  std::string out;
  each_morpheme(text, [&out](const Morpheme& one) {
    out += one.surface;
    out += ' ';
  });
  return out;
}

std::string_view mecab_version() { return ::mecab_version(); }

}  // namespace metrics

}  // namespace leitai
