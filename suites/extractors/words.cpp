#include "suites/extractors/words.h"

#include <algorithm>
#include <span>

#include "harness/core/embedded.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/yaml.h"
#include "suites/extractors/folding.h"

namespace leitai {

std::span<const EmbeddedFile> suite_files();  // generated

namespace {

/// {power: [words]}, longer words first.
std::vector<std::pair<std::u32string, int>> read_scales(const YamlNode& root) {
  const YamlNode* scales = root.find("scales");
  LEITAI_CHECK(scales && scales->is_map(), "scales");
  std::vector<std::pair<std::u32string, int>> out;
  for (const auto& [power, words] : scales->map) {
    for (const YamlNode& word : words.list)
      out.emplace_back(lower(fold(word.scalar).text), static_cast<int>(parse_int(power).value()));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  return out;
}

AnswerWords read_words() {
  constexpr std::string_view kPath = "suites/extractors/words.yaml";
  const auto files = suite_files();
  const auto file = std::find_if(files.begin(), files.end(),
                                 [&](const EmbeddedFile& f) { return f.path == kPath; });
  LEITAI_CHECK(file != files.end(), std::string(kPath));
  const YamlNode root = parse_yaml(file->bytes, kPath);
  const auto list_in = [&](const YamlNode& parent, std::string_view key) {
    std::vector<std::u32string> out;
    const YamlNode* node = parent.find(key);
    LEITAI_CHECK(node && node->is_list(), std::string(key));
    for (const YamlNode& word : node->list) out.push_back(lower(fold(word.scalar).text));
    // Longer words first: the longest that fits is meant.
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return out;
  };
  const auto list = [&](std::string_view key) { return list_in(root, key); };
  AnswerWords out{list("markers"),
                  list("negations"),
                  list("either"),
                  list("next_question"),
                  list("abbreviations"),
                  list("refusals"),
                  read_scales(root),
                  {},
                  {},
                  {},
                  {},
                  {},
                  list("closing"),
                  list("reasons")};
  const YamlNode* numerals = root.find("numerals");
  const YamlNode* units = numerals ? numerals->find("units") : nullptr;
  LEITAI_CHECK(units && units->is_map(), "numerals");
  for (const auto& [word, value] : units->map)
    out.units.emplace_back(lower(fold(word).text), static_cast<int>(value.as_int().value()));
  out.articles = list_in(*numerals, "article");
  out.between = list_in(*numerals, "between");
  out.leads = list_in(*numerals, "leads");
  out.not_behind_one = list_in(*numerals, "not_behind_one");
  return out;
}

char32_t lower_one(char32_t c) {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
  if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) ||
      (c >= 0x410 && c <= 0x42F))
    return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x100 && c <= 0x137) return c | 1;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c % 2 == 1 ? c + 1 : c;
  if (c >= 0x14A && c <= 0x177) return c | 1;
  if (c == 0x178) return 0xFF;
  if (c >= 0x1E00 && c <= 0x1EFF) return c | 1;  // Vietnamese
  return c;
}

}  // namespace

const AnswerWords& answer_words() {
  static const AnswerWords kWords = read_words();
  return kWords;
}

bool declines(std::u32string_view lowered) {
  const std::u32string_view head = lowered.substr(0, 2000);
  const std::vector<std::u32string>& words = answer_words().refusals;
  return std::any_of(words.begin(), words.end(), [&](const std::u32string& word) {
    return head.find(word) != std::u32string_view::npos;
  });
}

std::u32string lower(std::u32string_view text) {
  std::u32string out(text);
  for (char32_t& c : out) c = lower_one(c);
  return out;
}

}  // namespace leitai
