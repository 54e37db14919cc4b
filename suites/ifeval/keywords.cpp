// Words that must, may not or must so often appear.
#include <algorithm>
#include <map>

#include "harness/core/error.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/instruction.h"
#include "suites/ifeval/tokens.h"

namespace leitai::ifeval {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}#-").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// The originals read a keyword as a regular expression; one that is none stands for itself.
Regex keyword_pattern(std::string_view before, const std::string& keyword, std::string_view after) {
  const Regex::Options options{.ignore_case = true};
  try {
    return Regex(std::string(before) + keyword + std::string(after), options);
  } catch (const Error&) {
    return Regex(std::string(before) + escaped(keyword) + std::string(after), options);
  }
}

bool has_keywords(const AnswerText& answer, const Given& given) {
  const std::vector<std::string> words = given.texts("keywords");
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return keyword_pattern("", word, "").search(answer.utf8()).has_value();
  });
}

bool has_keyword_often(const AnswerText& answer, const Given& given) {
  const Regex pattern = keyword_pattern("", given.text("keyword"), "");
  return given.holds(static_cast<std::int64_t>(pattern.all(answer.utf8()).size()), "relation",
                     "frequency");
}

bool lacks_forbidden(const AnswerText& answer, const Given& given) {
  const std::vector<std::string> words = given.texts("forbidden_words");
  return std::none_of(words.begin(), words.end(), [&](const std::string& word) {
    return keyword_pattern("\\b", word, "\\b").search(answer.utf8()).has_value();
  });
}

bool has_letter_often(const AnswerText& answer, const Given& given) {
  const std::u32string letter = to_utf32(to_lower(given.text("letter")));
  const std::u32string text = to_utf32(answer.lower());
  return given.holds(std::count(text.begin(), text.end(), letter.front()), "let_relation",
                     "let_frequency");
}

/// Japanese words are tokens of the analyser: a compound that it cuts in two never appears.
std::map<std::string, std::int64_t> japanese_counts(const AnswerText& answer) {
  std::map<std::string, std::int64_t> out;
  for (JapaneseToken& token : japanese_tokens(answer.utf8())) ++out[std::move(token.surface)];
  return out;
}

bool has_japanese_keywords(const AnswerText& answer, const Given& given) {
  const auto counts = japanese_counts(answer);
  const std::vector<std::string> words = given.texts("keywords");
  return std::all_of(words.begin(), words.end(),
                     [&](const std::string& word) { return counts.contains(word); });
}

bool has_japanese_keyword_often(const AnswerText& answer, const Given& given) {
  const auto counts = japanese_counts(answer);
  const auto found = counts.find(given.text("keyword"));
  return given.holds(found == counts.end() ? 0 : found->second, "relation", "frequency");
}

bool lacks_japanese_forbidden(const AnswerText& answer, const Given& given) {
  const auto counts = japanese_counts(answer);
  const std::vector<std::string> words = given.texts("forbidden_words");
  return std::none_of(words.begin(), words.end(),
                      [&](const std::string& word) { return counts.contains(word); });
}

/// A hiragana letter counts as hiragana and as katakana.
bool has_kana_often(const AnswerText& answer, const Given& given) {
  const char32_t letter = to_utf32(given.text("letter")).front();
  const char32_t katakana = is_hiragana(letter) ? letter + 96 : letter;
  const std::u32string_view text = answer.points();
  return given.holds(std::count_if(text.begin(), text.end(),
                                   [&](char32_t c) { return c == letter || c == katakana; }),
                     "let_relation", "let_frequency");
}

constexpr Rule kRules[] = {
    {"keywords:existence", "en es fr", has_keywords},
    {"keywords:frequency", "en es fr", has_keyword_often},
    {"keywords:forbidden_words", "en es fr", lacks_forbidden},
    {"keywords:letter_frequency", "en es fr", has_letter_often},
    {"keywords:existence", "ja", has_japanese_keywords},
    {"keywords:frequency", "ja", has_japanese_keyword_often},
    {"keywords:forbidden_words", "ja", lacks_japanese_forbidden},
    {"keywords:letter_frequency", "ja", has_kana_often},
};

}  // namespace

std::span<const Rule> keyword_rules() { return kRules; }

}  // namespace leitai::ifeval
