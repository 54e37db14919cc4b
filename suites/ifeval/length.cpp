// How long an answer is: sentences, words, letters, paragraphs; and how a paragraph begins.
#include <algorithm>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/instruction.h"
#include "suites/ifeval/sentences.h"
#include "suites/ifeval/tokens.h"

namespace leitai::ifeval {

namespace {

bool has_sentences(const AnswerText& answer, const Given& given) {
  const auto sentences = punkt_sentences(answer.points(), given.language());
  return given.holds(static_cast<std::int64_t>(sentences.size()), "relation", "num_sentences");
}

/// Spanish lists lose their marks before they are counted: `*` or `-`, or a number with its point.
std::u32string without_list_marks(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    if (i == 0 || text[i - 1] == U'\n') {
      std::size_t at = i;
      while (at < text.size() && is_space(text[at])) ++at;
      std::size_t end = at;
      while (end < text.size() && is_decimal(text[end])) ++end;
      const bool is_number = end > at && end < text.size() && text[end] == U'.';
      const bool is_bullet = at < text.size() && (text[at] == U'-' || text[at] == U'*');
      if (is_number || is_bullet) {
        i = is_number ? end + 1 : at + 1;
        while (i < text.size() && is_space(text[i])) ++i;
        // What follows the mark is text, even where white space brought it to a new line.
        if (i < text.size()) out.push_back(text[i++]);
        continue;
      }
      // White space up to `at` holds no other place for a mark: all lines of it are passed at once.
      out.append(text.substr(i, at - i));
      i = at;
      if (i == text.size()) break;
    }
    out.push_back(text[i++]);
  }
  return out;
}

bool has_spanish_sentences(const AnswerText& answer, const Given& given) {
  const auto sentences = punkt_sentences(without_list_marks(answer.points()), "es");
  return given.holds(static_cast<std::int64_t>(sentences.size()), "relation", "num_sentences");
}

bool has_japanese_sentences(const AnswerText& answer, const Given& given) {
  return given.holds(count_japanese_sentences(answer.points()), "relation", "num_sentences");
}

bool has_words(const AnswerText& answer, const Given& given) {
  std::int64_t count = 0;
  bool inside = false;
  for (const char32_t c : answer.points()) {
    const bool is_word = is_word_point(c);
    count += is_word && !inside;
    inside = is_word;
  }
  return given.holds(count, "relation", "num_words");
}

bool has_spanish_words(const AnswerText& answer, const Given& given) {
  std::u32string text = without_list_marks(answer.points());
  std::replace(text.begin(), text.end(), U'\n', U' ');
  return given.holds(static_cast<std::int64_t>(spanish_tokens(text).size()), "relation",
                     "num_words");
}

bool has_letters(const AnswerText& answer, const Given& given) {
  return given.holds(static_cast<std::int64_t>(answer.points().size()), "relation", "num_letters");
}

/// Between dividers of three asterisks; empty at an end is no paragraph, empty between two is
/// wrong.
bool has_paragraphs(const AnswerText& answer, const Given& given) {
  const auto pieces = split_at(answer.points(), U"***");
  auto count = static_cast<std::int64_t>(pieces.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!is_blank(pieces[i])) continue;
    if (i != 0 && i + 1 != pieces.size()) return false;
    --count;
  }
  return count == given.number("num_paragraphs");
}

/// Paragraph `nth_paragraph` (blank ones have a place but do not count), stripped; "" where there
/// are not `num_paragraphs` of them, or it is blank.
std::u32string_view nth_paragraph(const AnswerText& answer, const Given& given) {
  const auto paragraphs = split_at(answer.points(), U"\n\n");
  const auto filled =
      std::count_if(paragraphs.begin(), paragraphs.end(),
                    [](std::u32string_view paragraph) { return !is_blank(paragraph); });
  const std::int64_t nth = given.number("nth_paragraph");
  if (filled != given.number("num_paragraphs") || nth < 1 || nth > filled) return {};
  return strip(paragraphs[static_cast<std::size_t>(nth) - 1]);
}

bool begins_with_word(const AnswerText& answer, const Given& given) {
  const std::u32string_view paragraph = nth_paragraph(answer, given);
  if (paragraph.empty()) return false;
  std::u32string_view word = split_at_space(paragraph).front();
  while (!word.empty() && word.front() == U'\'') word.remove_prefix(1);
  while (!word.empty() && word.front() == U'"') word.remove_prefix(1);
  word = word.substr(0, word.find_first_of(U".,?!'\""));
  std::string lower;
  for (const char32_t c : word) lower += to_lower(to_utf8(std::u32string_view(&c, 1)));
  return lower == to_lower(given.text("first_word"));
}

/// Spanish: several words, in which ASCII punctuation does not count.
bool begins_with_words(const AnswerText& answer, const Given& given) {
  const std::u32string_view paragraph = nth_paragraph(answer, given);
  if (paragraph.empty()) return false;
  const std::u32string wanted_text = to_utf32(to_lower(given.text("first_word")));
  const auto wanted = split_at_space(wanted_text);
  const auto words = split_at_space(paragraph);
  if (words.size() < wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::u32string bare;
    for (const char32_t c : words[i]) {
      const bool is_mark = c > 32 && c < 127 && !is_word_point(c);
      if (!is_mark && c != U'_') bare.push_back(c);
    }
    if (to_lower(to_utf8(bare)) != to_utf8(wanted[i])) return false;
  }
  return true;
}

bool begins_with_japanese(const AnswerText& answer, const Given& given) {
  std::u32string_view paragraph = nth_paragraph(answer, given);
  while (!paragraph.empty() && paragraph.front() == U'\u300C') paragraph.remove_prefix(1);
  while (!paragraph.empty() && paragraph.front() == U'\u300E') paragraph.remove_prefix(1);
  const std::u32string word = to_utf32(to_lower(given.text("first_word")));
  return !paragraph.empty() && paragraph.starts_with(word);
}

constexpr Rule kRules[] = {
    {"length_constraints:number_sentences", "en fr", has_sentences},
    {"length_constraints:number_sentences", "es", has_spanish_sentences},
    {"length_constraints:number_sentences", "ja", has_japanese_sentences},
    {"length_constraints:number_words", "en fr", has_words},
    {"length_constraints:number_words", "es", has_spanish_words},
    {"length_constraints:number_letters", "ja", has_letters},
    {"length_constraints:number_paragraphs", "en es fr ja", has_paragraphs},
    {"length_constraints:nth_paragraph_first_word", "en fr", begins_with_word},
    {"length_constraints:nth_paragraph_first_word", "es", begins_with_words},
    {"length_constraints:nth_paragraph_first_word", "ja", begins_with_japanese},
};

}  // namespace

std::span<const Rule> length_rules() { return kRules; }

}  // namespace leitai::ifeval
