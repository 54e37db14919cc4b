#include "suites/metrics/mecab.h"

#include <fmt/format.h>
#include <mecab.h>

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

}  // namespace

std::string mecab_wakati(std::string_view text) {
  static std::mutex mutex;  // a tagger keeps its result in itself
  std::lock_guard lock(mutex);
  static const std::unique_ptr<mecab_t, Destroy> mecab = open_dictionary();
  const char* words = mecab_sparse_tostr2(mecab.get(), text.data(), text.size());
  return words == nullptr ? std::string(text) : words;
}

std::string_view mecab_version() { return ::mecab_version(); }

}  // namespace leitai::metrics
