#include "suites/extractors/choice_words.h"

#include <algorithm>
#include <span>

#include "harness/core/embedded.h"
#include "harness/core/error.h"
#include "harness/io/yaml.h"
#include "suites/extractors/folding.h"
#include "suites/extractors/words.h"

namespace leitai {

std::span<const EmbeddedFile> suite_files();  // generated

namespace {

bool is_spaced_script(char32_t c) {
  if (c < 0x80) return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
  return (c >= 0xC0 && c <= 0x24F) || (c >= 0x400 && c <= 0x52F) || (c >= 0x1E00 && c <= 0x1EFF) ||
         (c >= 0x620 && c <= 0x6D3);  // Latin, Cyrillic, Arabic
}

bool stands_alone(std::u32string_view text, std::size_t begin, std::size_t end) {
  if (begin > 0 && is_spaced_script(text[begin]) && is_spaced_script(text[begin - 1])) return false;
  return end >= text.size() || !is_spaced_script(text[end - 1]) || !is_spaced_script(text[end]);
}

}  // namespace

WordSet::WordSet(std::vector<std::u32string> words) {
  std::stable_sort(words.begin(), words.end(),
                   [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (std::u32string& word : words) {
    if (word.empty()) continue;
    by_last_[word.back()].push_back(word);
    if (word.front() < 0x80) {
      seconds_[word.front()] |=
          word.size() == 1 ? ~std::uint64_t{0} : std::uint64_t{1} << (word[1] % 64);
    } else {
      beyond_[word.front() / 64 % 64] |= std::uint64_t{1} << (word.front() % 64);
    }
    auto& same = word.front() < 0x80 ? ascii_first_[word.front()] : by_first_[word.front()];
    same.push_back(std::move(word));
  }
}

std::size_t WordSet::at(std::u32string_view text, std::size_t at) const {
  if (at >= text.size()) return 0;
  if (!may_begin(text[at], at + 1 < text.size() ? text[at + 1] : U'\0')) return 0;
  // Most places are inside a word: no word begins there.
  if (at > 0 && is_spaced_script(text[at]) && is_spaced_script(text[at - 1])) return 0;
  const std::vector<std::u32string>* words = nullptr;
  if (text[at] < 0x80) {
    words = &ascii_first_[text[at]];
  } else if (const auto found = by_first_.find(text[at]); found != by_first_.end()) {
    words = &found->second;
  }
  if (words == nullptr) return 0;
  for (const std::u32string& word : *words) {
    if (text.substr(at).starts_with(word) && stands_alone(text, at, at + word.size()))
      return word.size();
  }
  return 0;
}

std::size_t WordSet::before(std::u32string_view text, std::size_t end) const {
  if (end == 0) return 0;
  const auto found = by_last_.find(text[end - 1]);
  if (found == by_last_.end()) return 0;
  for (const std::u32string& word : found->second) {
    if (text.substr(0, end).ends_with(word) && stands_alone(text, end - word.size(), end))
      return word.size();
  }
  return 0;
}

bool WordSet::is_in(std::u32string_view text, std::size_t begin, std::size_t end) const {
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t size = at(text, i);
    if (size > 0 && i + size <= end) return true;
  }
  return false;
}

const ChoiceWords& choice_words() {
  static const ChoiceWords kWords = [] {
    constexpr std::string_view kPath = "suites/extractors/choice.yaml";
    const auto files = suite_files();
    const auto file = std::find_if(files.begin(), files.end(),
                                   [&](const EmbeddedFile& f) { return f.path == kPath; });
    LEITAI_CHECK(file != files.end(), std::string(kPath));
    const YamlNode root = parse_yaml(file->bytes, kPath);
    const auto set = [&](std::string_view key) {
      const YamlNode* node = root.find(key);
      LEITAI_CHECK(node != nullptr && node->is_list(), std::string(key));
      std::vector<std::u32string> out;
      for (const YamlNode& word : node->list) out.push_back(lower(fold(word.scalar).text));
      return WordSet(std::move(out));
    };
    return ChoiceWords{
        set("answers"),        set("options"),  set("links"),         set("verbs"),
        set("fillers"),        set("right"),    set("right_fillers"), set("not_before"),
        set("not_behind"),     set("joiners"),  set("corrections"),   set("bridges"),
        set("conclusions"),    set("refusals"), set("after_label"),   set("verdicts_right"),
        set("verdicts_wrong"), set("all_but"),  set("beats")};
  }();
  return kWords;
}

}  // namespace leitai
