#include "suites/metrics/mecab.h"

#include <fmt/format.h>
#include <mecab.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <mutex>

#include "harness/core/error.h"

namespace leitai::metrics {

namespace {

constexpr std::string_view kFolders[] = {"/var/lib/mecab/dic/ipadic-utf8",
                                         "/usr/share/mecab/dic/ipadic-utf8",
                                         "/usr/lib/mecab/dic/ipadic-utf8"};
// The dictionary that sacreBLEU asks for has 392,126 words; Debian's copy of it has one more.
constexpr unsigned kWordsOfIpadic[] = {392126, 392127};

struct Destroy {
  void operator()(mecab_t* mecab) const { mecab_destroy(mecab); }
};

std::unique_ptr<mecab_t, Destroy> open_dictionary() {
  for (const std::string_view folder : kFolders) {
    if (!std::filesystem::exists(std::filesystem::path(folder) / "sys.dic")) continue;
    // The system's mecabrc could name another dictionary or add one: none is read.
    std::unique_ptr<mecab_t, Destroy> out(
        mecab_new2(fmt::format("-r /dev/null -d {} -Owakati", folder).c_str()));
    if (!out) continue;
    const mecab_dictionary_info_t* info = mecab_dictionary_info(out.get());
    if (info != nullptr && (info->size == kWordsOfIpadic[0] || info->size == kWordsOfIpadic[1]))
      return out;
  }
  throw Error(
      "tokenize: ja-mecab needs the IPA dictionary in UTF-8, and it was not found\n"
      "        install mecab-ipadic-utf8, or choose another tokenizer (char)");
}

/// MeCab takes quadratic time in a run of like characters: a text beyond any sentence goes to it in
/// pieces, cut behind a full stop or a line where there is one.
std::size_t piece_of(std::string_view text) {
  constexpr std::size_t kMost = 16 * 1024;
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

std::string mecab_wakati(std::string_view text) {
  static std::mutex mutex;  // a tagger keeps its result in itself
  std::lock_guard lock(mutex);
  static const std::unique_ptr<mecab_t, Destroy> mecab = open_dictionary();
  std::string out;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, piece_of(text));
    text.remove_prefix(piece.size());
    const char* words = mecab_sparse_tostr2(mecab.get(), piece.data(), piece.size());
    out += words == nullptr ? std::string(piece) : words;
    out += ' ';
  }
  return out;
}

std::string_view mecab_version() { return ::mecab_version(); }

}  // namespace leitai::metrics
