// The language of an answer, its case, and letters with marks.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/normal_form.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/instruction.h"
#include "suites/ifeval/tokens.h"

namespace leitai::ifeval {

namespace {

/// What no language can be told of follows: so the originals.
bool is_in(const std::optional<std::string>& detected, std::string_view wanted) {
  return !detected || *detected == wanted;
}

bool is_in_language(const AnswerText& answer, const Given& given) {
  return is_in(answer.language(), given.text("language"));
}

bool is_in_capitals(const AnswerText& answer, const Given& given) {
  if (!is_upper_text(answer.points())) return false;
  // English is asked of the text as it stands, French of its lower case.
  return is_in(given.language() == "en" ? answer.language() : answer.language_of_lower(),
               given.language());
}

/// Spanish: no letter, once it is parted from its marks, that is not upper case.
bool is_in_spanish_capitals(const AnswerText& answer, const Given&) {
  std::u32string parts;
  for (const char32_t c : answer.points()) append_nfkd(parts, c);
  const bool is_upper_case = std::all_of(parts.begin(), parts.end(), [](char32_t c) {
    return is_mark(c) || is_upper(c) || !is_alpha(c);
  });
  return is_upper_case && is_in(answer.language_of_lower(), "es");
}

bool is_in_lower_case(const AnswerText& answer, const Given& given) {
  return is_lower_text(answer.points()) && is_in(answer.language(), given.language());
}

bool has_capital_words(const AnswerText& answer, const Given& given) {
  return given.holds(count_capital_tokens(answer.utf8(), given.language()), "capital_relation",
                     "capital_frequency");
}

template <class Predicate>
std::int64_t count_spanish(const AnswerText& answer, Predicate holds) {
  const auto tokens = spanish_tokens(answer.points());
  return std::count_if(tokens.begin(), tokens.end(), holds);
}

bool has_spanish_capital_words(const AnswerText& answer, const Given& given) {
  return given.holds(
      count_spanish(answer, [](const std::u32string& word) { return is_upper_text(word); }),
      "capital_relation", "capital_frequency");
}

std::int64_t count_words_with(const AnswerText& answer, std::u32string_view letters) {
  return count_spanish(answer, [&](const std::u32string& word) {
    return word.find_first_of(letters) != std::u32string::npos;
  });
}

bool has_enie(const AnswerText& answer, const Given& given) {
  return count_words_with(answer, U"\u00F1\u00D1") == given.number("let_frequency");
}
bool has_dieresis(const AnswerText& answer, const Given& given) {
  return count_words_with(answer, U"\u00FC\u00DC") == given.number("let_frequency");
}
bool has_tildes(const AnswerText& answer, const Given& given) {
  return given.holds(
      count_words_with(answer, U"\u00E1\u00E9\u00ED\u00F3\u00FA\u00C1\u00C9\u00CD\u00D3\u00DA"),
      "relation", "num_words");
}

bool lacks_letter(const AnswerText& answer, const Given& given) {
  const std::u32string letter = to_utf32(to_lower(given.text("forbidden_char")));
  return to_utf32(answer.lower()).find(letter) == std::u32string::npos;
}

/// The letters with marks that French (and its neighbours) use; the ligatures are none.
bool has_no_accents(const AnswerText& answer, const Given&) {
  constexpr std::u32string_view kOthers = U"\u00C6\u00D0\u00D7\u00D8\u00DE\u00DF";
  return std::none_of(answer.points().begin(), answer.points().end(), [&](char32_t c) {
    const char32_t upper = c >= 0xE0 && c <= 0xFE ? c - 0x20 : c;
    return (upper >= 0xC0 && upper <= 0xDD && kOthers.find(upper) == kOthers.npos) || c == 0xFF;
  });
}

/// Every word that `word_to_accentuate` names in its bare form stands in its right form.
bool has_right_accents(const AnswerText& answer, const Given& given) {
  const nlohmann::json& right = given.table("word_to_accentuate");
  const std::u32string text = to_utf32(answer.lower());
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_word_point(text[end])) ++end;
    if (end == i) {
      ++i;
      continue;
    }
    std::u32string parts, bare;
    for (std::size_t at = i; at < end; ++at) append_nfkd(parts, text[at]);
    std::copy_if(parts.begin(), parts.end(), std::back_inserter(bare),
                 [](char32_t c) { return !is_mark(c); });
    const auto found = right.find(to_utf8(bare));
    if (found != right.end() && *found != to_utf8(std::u32string_view(text).substr(i, end - i)))
      return false;
    i = end;
  }
  return true;
}

bool has_no_digits(const AnswerText& answer, const Given&) {
  return std::none_of(answer.points().begin(), answer.points().end(), is_decimal);
}

/// French: the reader is addressed as a friend.
bool is_informal(const AnswerText& answer, const Given&) {
  static const Regex kWords("\\b(?:tu|te|toi|ton|ta|tes)\\b|\\bt'\\b", {.ignore_case = true});
  return kWords.search(answer.utf8()).has_value();
}

constexpr Rule kRules[] = {
    {"language:response_language", "en es fr ja", is_in_language},
    {"change_case:english_capital", "en", is_in_capitals},
    {"change_case:french_capital", "fr", is_in_capitals},
    {"change_case:spanish_capital", "es", is_in_spanish_capitals},
    {"change_case:english_lowercase", "en", is_in_lower_case},
    {"change_case:french_lowercase", "fr", is_in_lower_case},
    {"change_case:spanish_lowercase", "es", is_in_lower_case},
    {"change_case:capital_word_frequency", "en fr", has_capital_words},
    {"change_case:capital_word_frequency", "es", has_spanish_capital_words},
    {"special_character:enie", "es", has_enie},
    {"special_character:dieresis", "es", has_dieresis},
    {"special_character:tildes", "es", has_tildes},
    {"special_character:ethel_or_cedilla", "fr", lacks_letter},
    {"special_character:no_accents", "fr", has_no_accents},
    {"special_character:accents", "fr", has_right_accents},
    {"detectable_content:no_digits", "fr", has_no_digits},
    {"letters:kansuuji", "ja", has_no_digits},
    {"detectable_content:informal_address", "fr", is_informal},
};

}  // namespace

std::span<const Rule> letter_rules() { return kRules; }

}  // namespace leitai::ifeval
