// Our own checkers: the types of IFEval for Chinese and every language that has no official ones,
// and a few more. They know the script: characters count as words where nothing stands between
// words, commas and full stops have all their shapes, full-width forms are plain ones.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/instruction.h"
#include "suites/ifeval/own_text.h"
#include "suites/ifeval/python_json.h"
#include "suites/ifeval/words.h"

namespace leitai::ifeval {

namespace {

using View = std::u32string_view;

bool is_one_of(char32_t c, View set) { return set.find(c) != View::npos; }

std::u32string wanted(const std::string& text) { return folded(to_utf32(text)); }

bool has_keywords(const AnswerText& answer, const Given& given) {
  const std::u32string text = folded(answer.points());
  const auto words = given.texts("keywords");
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return count_of(text, wanted(word), false) > 0;
  });
}

bool has_keyword_often(const AnswerText& answer, const Given& given) {
  const std::u32string text = folded(answer.points());
  return given.holds(count_of(text, wanted(given.text("keyword")), false), "relation", "frequency");
}

bool lacks_forbidden(const AnswerText& answer, const Given& given) {
  const std::u32string text = folded(answer.points());
  const auto words = given.texts("forbidden_words");
  return std::none_of(words.begin(), words.end(), [&](const std::string& word) {
    return count_of(text, wanted(word), true) > 0;
  });
}

bool has_letter_often(const AnswerText& answer, const Given& given) {
  const std::u32string text = folded(answer.points());
  const char32_t letter = wanted(given.text("letter")).front();
  return given.holds(std::count(text.begin(), text.end(), letter), "let_relation", "let_frequency");
}

/// What no language can be told of does not follow, unlike in the originals.
bool is_in_language(const AnswerText& answer, const Given& given) {
  const std::string language = given.text("language");
  const auto& detected = answer.language();
  return detected && (*detected == language || (language == "zh" && detected->starts_with("zh-")));
}

bool has_sentences(const AnswerText& answer, const Given& given) {
  return given.holds(count_own_sentences(answer.points()), "relation", "num_sentences");
}

bool has_words(const AnswerText& answer, const Given& given) {
  return given.holds(count_own_words(answer.points()), "relation", "num_words");
}

bool has_characters(const AnswerText& answer, const Given& given) {
  const View text = answer.points();
  return given.holds(
      std::count_if(text.begin(), text.end(), [](char32_t c) { return !is_space(c); }), "relation",
      "num_letters");
}

bool has_paragraphs(const AnswerText& answer, const Given& given) {
  std::int64_t count = 0;
  bool has_text = false, has_divider = false;
  for (const View line : lines_of(answer.points())) {
    const bool is_divider = line.size() >= 3 && line.find_first_not_of(U'*') == View::npos;
    if (is_divider) {
      if (has_divider && !has_text) return false;  // an empty paragraph
      has_divider = true;
      has_text = false;
    } else if (!line.empty() && !has_text) {
      has_text = true;
      ++count;
    }
  }
  return count == given.number("num_paragraphs");
}

bool begins_with_word(const AnswerText& answer, const Given& given) {
  std::vector<View> begins;
  bool is_inside = false;
  for (const View line : lines_of(answer.points())) {
    if (!line.empty() && !is_inside) begins.push_back(line);
    is_inside = !line.empty();
  }
  const std::int64_t nth = given.number("nth_paragraph");
  if (static_cast<std::int64_t>(begins.size()) != given.number("num_paragraphs") || nth < 1 ||
      nth > static_cast<std::int64_t>(begins.size()))
    return false;
  const std::u32string begin =
      folded(without_opening_marks(begins[static_cast<std::size_t>(nth) - 1]));
  const std::u32string word = wanted(given.text("first_word"));
  return begin.starts_with(word) &&
         count_of(View(begin).substr(0, word.size() + 1), word, true) == 1;
}

bool has_placeholders(const AnswerText& answer, const Given& given) {
  std::int64_t count = 0;
  for (const View line : lines_of(answer.points())) {
    for (const View pair : {View(U"[]"), View(U"\uFF3B\uFF3D"), View(U"\u3010\u3011")}) {
      for (std::size_t at = 0; (at = line.find(pair[0], at)) != View::npos;) {
        const std::size_t end = line.find(pair[1], at + 1);
        if (end == View::npos) break;
        count += !is_blank(line.substr(at + 1, end - at - 1));
        at = end + 1;
      }
    }
  }
  return count >= given.number("num_placeholders");
}

std::u32string without_blanks(View text) {
  std::u32string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char32_t c) { return !is_space(c) && c != 0x3002; });
  return out;
}

/// At the beginning of a line, and not of the first one.
bool has_postscript(const AnswerText& answer, const Given& given) {
  std::u32string marker = without_blanks(wanted(given.text("postscript_marker")));
  while (!marker.empty() && marker.back() == U'.') marker.pop_back();
  bool has_text = false;
  for (const View line : lines_of(answer.points())) {
    const std::u32string begin = without_blanks(folded(without_opening_marks(line)));
    if (has_text && begin.starts_with(marker)) return true;
    has_text = has_text || !line.empty();
  }
  return false;
}

bool is_bullet(View line) {
  if (line.size() < 2) return false;
  if (is_one_of(line[0], U"*-+")) return is_space(line[1]);
  return is_one_of(line[0], U"\u2022\u00B7\u30FB\u25CF\u25CB\u25AA\u25E6\u2013\u2014") &&
         line[1] != line[0];
}

bool has_bullets(const AnswerText& answer, const Given& given) {
  const auto lines = lines_of(answer.points());
  return std::count_if(lines.begin(), lines.end(), is_bullet) == given.number("num_bullets");
}

/// "1.", "2)", full-width and Arabic digits too.
bool is_numbered(View line) {
  std::size_t at = 0;
  while (at < line.size() && is_decimal(line[at])) ++at;
  return at > 0 && at + 1 < line.size() && is_one_of(line[at], U".)\u3001\uFF0E\uFF09") &&
         !is_decimal(line[at + 1]);
}

bool has_numbered(const AnswerText& answer, const Given& given) {
  const auto lines = lines_of(answer.points());
  return std::count_if(lines.begin(), lines.end(), is_numbered) == given.number("num_items");
}

/// One of the fixed answers of the language, and no other.
bool has_fixed_answer(const AnswerText& answer, const Given& given) {
  const auto& answers = words_of(given.language()).answers;
  return std::count_if(answers.begin(), answers.end(), [&](const std::string& one) {
           return answer.utf8().find(one) != std::string::npos;
         }) == 1;
}

/// "*x*" or "**x**", each stretch once.
bool has_highlights(const AnswerText& answer, const Given& given) {
  std::int64_t count = 0;
  for (View line : lines_of(answer.points())) {
    if (is_bullet(line)) line.remove_prefix(1);
    for (std::size_t at = 0; (at = line.find(U'*', at)) != View::npos;) {
      std::size_t begin = at;
      while (begin < line.size() && line[begin] == U'*') ++begin;
      const std::size_t end = line.find(U'*', begin);
      if (end == View::npos) break;
      count += !is_blank(line.substr(begin, end - begin));
      at = end;
      while (at < line.size() && line[at] == U'*') ++at;
    }
  }
  return count >= given.number("num_highlights");
}

/// Lines that begin with the word and a number, or in Chinese with the ordinal before it.
bool has_sections(const AnswerText& answer, const Given& given) {
  const std::u32string splitter = wanted(given.text("section_spliter"));
  const auto is_numeral = [](char32_t c) {
    return is_decimal(c) ||
           is_one_of(c,
                     U"\u3007\u96F6\u4E00\u4E8C\u4E09\u56DB\u4E94\u516D\u4E03\u516B\u4E5D\u5341");
  };
  std::int64_t count = 0;
  for (const View raw : lines_of(answer.points())) {
    const std::u32string line = folded(without_opening_marks(raw));
    View rest = line;
    const auto blanks = [&] {
      rest.remove_prefix(std::min(rest.find_first_not_of(U' '), rest.size()));
    };
    const auto number = [&] {
      std::size_t at = 0;
      while (at < rest.size() && is_numeral(rest[at])) ++at;
      rest.remove_prefix(at);
      return at > 0;
    };
    if (rest.starts_with(U'\u7B2C')) {
      rest.remove_prefix(1);
      blanks();
      if (!number()) continue;
      blanks();
      count += rest.starts_with(splitter);
    } else if (rest.starts_with(splitter)) {
      rest.remove_prefix(splitter.size());
      blanks();
      count += number();
    }
  }
  return count >= given.number("num_sections");
}

bool is_json(const AnswerText& answer, const Given&) {
  View text = strip(answer.points());
  if (text.starts_with(U"```")) {
    const std::size_t line = text.find(U'\n');
    text.remove_prefix(line == View::npos ? 3 : line);
    if (text.ends_with(U"```")) text.remove_suffix(3);
  }
  return is_python_json(strip(text));
}

bool has_title(const AnswerText& answer, const Given&) {
  for (const View line : lines_of(answer.points())) {
    for (const auto& [opener, closer] : {std::pair<View, View>{U"<<", U">>"},
                                         {U"\u300A", U"\u300B"},
                                         {U"\uFF1C\uFF1C", U"\uFF1E\uFF1E"}}) {
      const std::size_t begin = line.find(opener);
      if (begin == View::npos) continue;
      const std::size_t end = line.find(closer, begin + opener.size());
      if (end != View::npos &&
          !is_blank(line.substr(begin + opener.size(), end - begin - opener.size())))
        return true;
    }
  }
  return false;
}

bool has_two_answers(const AnswerText& answer, const Given&) {
  std::vector<View> filled;
  for (const View piece : split_at(answer.points(), U"******")) {
    if (!is_blank(piece)) filled.push_back(strip(piece));
  }
  return filled.size() == 2 && filled[0] != filled[1];
}

bool repeats_prompt(const AnswerText& answer, const Given& given) {
  const std::u32string text = folded(without_opening_marks(answer.points()));
  return text.starts_with(wanted(given.text("prompt_to_repeat")));
}

constexpr View kClosers = U"\"'\u201D\u2019\u00BB\u300D\u300F\uFF02* \t\n\r";

bool ends_with_phrase(const AnswerText& answer, const Given& given) {
  const std::u32string text = folded(answer.points());
  const std::u32string phrase = wanted(given.text("end_phrase"));
  View rest = text;
  while (!rest.empty() && is_one_of(rest.back(), kClosers) && !rest.ends_with(phrase))
    rest.remove_suffix(1);
  return rest.ends_with(phrase);
}

bool is_quoted(const AnswerText& answer, const Given&) {
  const View text = strip(answer.points());
  if (text.size() < 2) return false;
  constexpr View kPairs[] = {U"\"\"",         U"\u201C\u201D", U"\u201E\u201C", U"\u201E\u201D",
                             U"\u00AB\u00BB", U"\u300C\u300D", U"\u300E\u300F", U"\uFF02\uFF02"};
  return std::any_of(std::begin(kPairs), std::end(kPairs),
                     [&](View pair) { return text.front() == pair[0] && text.back() == pair[1]; });
}

bool has_capital_words(const AnswerText& answer, const Given& given) {
  std::int64_t count = 0;
  std::u32string word;
  std::u32string text(answer.points());
  text.push_back(U' ');
  for (const char32_t c : text) {
    if (is_alpha(c) && !is_unspaced(c)) {
      word.push_back(c);
    } else {
      count += is_upper_text(word);
      word.clear();
    }
  }
  return given.holds(count, "capital_relation", "capital_frequency");
}

bool is_in_capitals(const AnswerText& answer, const Given&) {
  return is_upper_text(answer.points()) && answer.language_of_lower() == "en";
}
bool is_in_lower_case(const AnswerText& answer, const Given&) {
  return is_lower_text(answer.points()) && answer.language() == "en";
}

bool has_none_of(const AnswerText& answer, View these) {
  return answer.points().find_first_of(these) == View::npos;
}

bool has_no_comma(const AnswerText& answer, const Given&) {
  return has_none_of(answer, U",\uFF0C\u3001\u060C\uFE50\uFE51\uFE10\uFF64");
}

bool has_no_digits(const AnswerText& answer, const Given&) {
  return std::none_of(answer.points().begin(), answer.points().end(), is_decimal);
}

bool has_no_latin(const AnswerText& answer, const Given&) {
  const std::u32string text = folded(answer.points());
  return std::none_of(text.begin(), text.end(), [](char32_t c) {
    return (c >= U'a' && c <= U'z') || (is_alpha(c) && c >= 0xC0 && c <= 0x24F);
  });
}

constexpr Rule kRules[] = {
    {"keywords:existence", "*", has_keywords},
    {"keywords:frequency", "*", has_keyword_often},
    {"keywords:forbidden_words", "*", lacks_forbidden},
    {"keywords:letter_frequency", "*", has_letter_often},
    {"language:response_language", "*", is_in_language},
    {"length_constraints:number_sentences", "*", has_sentences},
    {"length_constraints:number_words", "*", has_words},
    {"length_constraints:number_letters", "*", has_characters},
    {"length_constraints:number_paragraphs", "*", has_paragraphs},
    {"length_constraints:nth_paragraph_first_word", "*", begins_with_word},
    {"detectable_content:number_placeholders", "*", has_placeholders},
    {"detectable_content:postscript", "*", has_postscript},
    {"detectable_content:no_digits", "*", has_no_digits},
    {"detectable_format:number_bullet_lists", "*", has_bullets},
    {"detectable_format:number_numbered_lists", "*", has_numbered},
    {"detectable_format:constrained_response", "*", has_fixed_answer},
    {"detectable_format:number_highlighted_sections", "*", has_highlights},
    {"detectable_format:multiple_sections", "*", has_sections},
    {"detectable_format:json_format", "*", is_json},
    {"detectable_format:title", "*", has_title},
    {"combination:two_responses", "*", has_two_answers},
    {"combination:repeat_prompt", "*", repeats_prompt},
    {"startend:end_checker", "*", ends_with_phrase},
    {"startend:quotation", "*", is_quoted},
    {"change_case:capital_word_frequency", "*", has_capital_words},
    {"change_case:english_capital", "*", is_in_capitals},
    {"change_case:english_lowercase", "*", is_in_lower_case},
    {"punctuation:no_comma", "*", has_no_comma},
    {"letters:no_latin", "*", has_no_latin},
};

}  // namespace

std::span<const Rule> own_rules() { return kRules; }

}  // namespace leitai::ifeval
