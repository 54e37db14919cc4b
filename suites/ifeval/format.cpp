// Marks in the text: bullets, highlights, sections, titles, placeholders, JSON, fixed answers.
#include <algorithm>

#include "harness/core/error.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/instruction.h"
#include "suites/ifeval/python_json.h"
#include "suites/ifeval/words.h"

namespace leitai::ifeval {

namespace {

using View = std::u32string_view;
constexpr std::size_t kNone = View::npos;

std::size_t line_end(View text, std::size_t from) {
  return std::min(text.find(U'\n', from), text.size());
}

/// Lines whose first mark after any white space, line ends included, is `mark`. `not_next` may not
/// follow it; something must where `wants_more`. A match takes the rest of its line.
std::int64_t marked_lines(View text, char32_t mark, std::optional<char32_t> not_next) {
  std::int64_t count = 0;
  for (std::size_t line = 0; line < text.size();) {
    std::size_t at = line;
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == text.size()) break;
    std::size_t end = at;
    if (text[at] == mark && (!not_next || (at + 1 < text.size() && text[at + 1] != *not_next))) {
      ++count;
      end = at + (not_next ? 2 : 1);
    }
    line = line_end(text, end) + 1;
  }
  return count;
}

bool has_bullets(const AnswerText& answer, const Given& given) {
  const std::int64_t count =
      marked_lines(answer.points(), U'*', U'*') + marked_lines(answer.points(), U'-', std::nullopt);
  return count == given.number("num_bullets");
}

bool has_star_bullets(const AnswerText& answer, const Given& given) {
  return marked_lines(answer.points(), U'*', U'*') == given.number("num_bullets");
}

bool has_dot_bullets(const AnswerText& answer, const Given& given) {
  return marked_lines(answer.points(), U'\u30FB', U'\u30FB') == given.number("num_bullets");
}

/// "1. " at the beginning of lines, as many as asked.
bool has_numbered(const AnswerText& answer, const Given& given) {
  const View text = answer.points();
  std::int64_t count = 0;
  for (std::size_t line = 0; line < text.size();) {
    std::size_t at = line;
    while (at < text.size() && is_space(text[at])) ++at;
    std::size_t end = at;
    while (end < text.size() && is_decimal(text[end])) ++end;
    if (end > at && end + 1 < text.size() && text[end] == U'.' && is_space(text[end + 1])) {
      ++count;
      end += 2;
    }
    line = line_end(text, end) + 1;
  }
  return count == given.number("num_items");
}

/// "*x*" and "**x**", each counted by itself: "***x***" is two.
bool has_highlights(const AnswerText& answer, const Given& given) {
  const View text = answer.points();
  std::int64_t count = 0;
  for (std::size_t at = 0; (at = text.find(U'*', at)) != kNone;) {
    const std::size_t end = text.find_first_of(U"*\n", at + 1);
    if (end == kNone) break;
    if (text[end] == U'*') {
      count += !is_blank(text.substr(at + 1, end - at - 1));
      at = end + 1;
    } else {
      at = end;
    }
  }
  for (std::size_t at = 0; (at = text.find(U"**", at)) != kNone;) {
    const std::size_t end = text.find_first_of(U"*\n", at + 2);
    if (end == kNone) break;
    if (text.substr(end).starts_with(U"**")) {
      count += !is_blank(text.substr(at + 2, end - at - 2));
      at = end + 2;
    } else {
      ++at;
    }
  }
  return count >= given.number("num_highlights");
}

bool has_japanese_highlights(const AnswerText& answer, const Given& given) {
  const View text = answer.points();
  std::int64_t count = 0;
  for (std::size_t at = 0; (at = text.find(U'\u300A', at)) != kNone;) {
    const std::size_t end = text.find_first_of(U"\u300A\u300B\n", at + 1);
    if (end == kNone) break;
    const bool is_closed = text[end] == U'\u300B';
    count += is_closed && !is_blank(text.substr(at + 1, end - at - 1));
    at = is_closed ? end + 1 : end;
  }
  return count >= given.number("num_highlights");
}

/// "SECTION 1", with the word as the data spells it; it is read as a regular expression.
bool has_sections(const AnswerText& answer, const Given& given) {
  const Regex pattern(given.text("section_spliter") + "\\s?\\d+");
  return static_cast<std::int64_t>(pattern.all(answer.utf8()).size()) >=
         given.number("num_sections");
}

bool has_japanese_sections(const AnswerText& answer, const Given& given) {
  const Regex pattern("\u7B2C[\\d\uFF10-\uFF19]+" + given.text("section_spliter"));
  return static_cast<std::int64_t>(pattern.all(answer.utf8()).size()) >=
         given.number("num_sections");
}

bool is_json(const AnswerText& answer, const Given&) {
  View text = strip(answer.points());
  for (const View fence : {U"```json", U"```Json", U"```JSON", U"```"}) {
    if (text.starts_with(fence)) text.remove_prefix(fence.size());
  }
  if (text.ends_with(U"```")) text.remove_suffix(3);
  return is_python_json(strip(text));
}

/// On one line, from the first opener to the last closer, with something but marks in between.
bool has_title_in(View text, View opener, View closer) {
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t end = line_end(text, line);
    const View one = text.substr(line, end - line);
    const std::size_t begin = one.find(opener);
    const std::size_t last = one.rfind(closer);
    if (begin != kNone && last != kNone && last > begin + opener.size()) {
      View title = one.substr(begin, last + closer.size() - begin);
      while (!title.empty() && title.front() == opener.front()) title.remove_prefix(1);
      while (!title.empty() && title.back() == closer.front()) title.remove_suffix(1);
      if (!is_blank(title)) return true;
    }
    line = end + 1;
  }
  return false;
}

bool has_title(const AnswerText& answer, const Given&) {
  return has_title_in(answer.points(), U"<<", U">>");
}
bool has_french_title(const AnswerText& answer, const Given&) {
  return has_title_in(answer.points(), U"##", U"##");
}
bool has_japanese_title(const AnswerText& answer, const Given&) {
  return has_title_in(answer.points(), U"\u300E", U"\u300F");
}

/// "[...]" on one line.
bool has_placeholders(const AnswerText& answer, const Given& given) {
  const View text = answer.points();
  std::int64_t count = 0;
  for (std::size_t at = 0; (at = text.find(U'[', at)) != kNone;) {
    const std::size_t end = text.find_first_of(U"]\n", at + 1);
    if (end == kNone) break;
    count += text[end] == U']';
    at = end + 1;
  }
  return count >= given.number("num_placeholders");
}

bool has_fixed_answer(const AnswerText& answer, const Given& given) {
  const auto& answers = words_of(given.language()).answers;
  return std::any_of(answers.begin(), answers.end(), [&](const std::string& one) {
    return answer.utf8().find(one) != std::string::npos;
  });
}

/// Anywhere in the text. P.S. and P.P.S. (P.D. in Spanish) may have a blank inside; other markers
/// are read as regular expressions.
bool has_postscript(const AnswerText& answer, const Given& given) {
  const std::string marker = given.text("postscript_marker");
  std::string pattern = to_lower(marker);
  const bool is_spanish = given.language() == "es";
  if (is_spanish && marker == "P.D.") pattern = "p\\.\\s?d\\.";
  if (!is_spanish && marker == "P.S.") pattern = "p\\.\\s?s\\.";
  if (!is_spanish && marker == "P.P.S") pattern = "p\\.\\s?p\\.\\s?s";
  return Regex(pattern).search(answer.lower()).has_value();
}

/// Case aside; markers beyond the usual two stand for themselves.
bool has_japanese_postscript(const AnswerText& answer, const Given& given) {
  const std::string marker = given.text("postscript_marker");
  std::string pattern = "\\Q" + marker + "\\E";
  if (marker == "P.S.") pattern = "p\\.\\s?s\\.";
  if (marker == "P.P.S") pattern = "p\\.\\s?p\\.\\s?s";
  return Regex(pattern, {.ignore_case = true}).search(answer.utf8()).has_value();
}

constexpr Rule kRules[] = {
    {"detectable_format:number_bullet_lists", "en fr", has_bullets},
    {"detectable_format:number_bullet_lists", "es", has_star_bullets},
    {"detectable_format:number_bullet_lists", "ja", has_dot_bullets},
    {"detectable_format:number_numbered_lists", "ja", has_numbered},
    {"detectable_format:constrained_response", "en es fr ja", has_fixed_answer},
    {"detectable_format:number_highlighted_sections", "en es fr", has_highlights},
    {"detectable_format:number_highlighted_sections", "ja", has_japanese_highlights},
    {"detectable_format:multiple_sections", "en es fr", has_sections},
    {"detectable_format:multiple_sections", "ja", has_japanese_sections},
    {"detectable_format:json_format", "en es fr ja", is_json},
    {"detectable_format:title", "en es", has_title},
    {"detectable_format:title", "fr", has_french_title},
    {"detectable_format:title", "ja", has_japanese_title},
    {"detectable_content:number_placeholders", "en es fr ja", has_placeholders},
    {"detectable_content:postscript", "en es fr", has_postscript},
    {"detectable_content:postscript", "ja", has_japanese_postscript},
};

}  // namespace

std::span<const Rule> format_rules() { return kRules; }

}  // namespace leitai::ifeval
