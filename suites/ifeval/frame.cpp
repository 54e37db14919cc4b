// The frame of an answer: what it repeats, how it ends, what encloses it, and punctuation.
#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/instruction.h"

namespace leitai::ifeval {

namespace {

using View = std::u32string_view;

/// Exactly two, parted by six asterisks, that differ.
bool has_two_answers(const AnswerText& answer, const Given&) {
  const auto pieces = split_at(answer.points(), U"******");
  std::vector<View> filled;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!is_blank(pieces[i])) {
      filled.push_back(strip(pieces[i]));
    } else if (i != 0 && i + 1 != pieces.size()) {
      return false;
    }
  }
  return filled.size() == 2 && filled[0] != filled[1];
}

std::string stripped(std::string_view text) { return to_utf8(strip(to_utf32(text))); }

bool repeats_prompt(const AnswerText& answer, const Given& given) {
  return stripped(answer.lower()).starts_with(to_lower(given.text("prompt_to_repeat")));
}

bool repeats_japanese_prompt(const AnswerText& answer, const Given& given) {
  return stripped(answer.utf8()).starts_with(given.text("prompt_to_repeat"));
}

/// In Spanish one final point may follow.
bool ends_with_phrase(const AnswerText& answer, const Given& given) {
  const View inside = strip_of(strip(answer.points()), U"\"");
  std::string text = to_lower(to_utf8(inside));
  if (given.language() == "es" && text.ends_with('.')) text.pop_back();
  return text.ends_with(to_lower(given.text("end_phrase")));
}

bool ends_with_japanese_phrase(const AnswerText& answer, const Given& given) {
  constexpr View kClosers = U"\u300D\u300F";
  const View text = strip_of(strip(answer.points()), kClosers);
  const std::u32string phrase = to_utf32(given.text("end_phrase"));
  return text.ends_with(strip_of(phrase, kClosers));
}

bool is_between(View text, char32_t opener, char32_t closer) {
  return text.size() > 1 && text.front() == opener && text.back() == closer;
}

bool is_quoted(const AnswerText& answer, const Given&) {
  return is_between(strip(answer.points()), U'"', U'"');
}

bool is_quoted_in_french(const AnswerText& answer, const Given&) {
  const View text = strip(answer.points());
  return is_between(text, U'"', U'"') || is_between(text, U'\'', U'\'') ||
         is_between(text, 0xAB, 0xBB);
}

bool is_quoted_in_japanese(const AnswerText& answer, const Given&) {
  return is_between(strip(answer.points()), U'\u300C', U'\u300D');
}

bool has_no_comma(const AnswerText& answer, const Given&) {
  return answer.points().find(U',') == View::npos;
}
bool has_no_japanese_comma(const AnswerText& answer, const Given&) {
  return answer.points().find(U'\u3001') == View::npos;
}
bool has_no_japanese_period(const AnswerText& answer, const Given&) {
  return answer.points().find(U'\u3002') == View::npos;
}

/// A stretch from an inverted mark to the next upright one that holds more than marks and blanks.
bool has_exclaimed(View text, char32_t opener, char32_t closer) {
  for (std::size_t at = 0; (at = text.find(opener, at)) != View::npos;) {
    const std::size_t end = text.find(closer, at + 1);
    if (end == View::npos) return false;
    View inside = text.substr(at, end - at);
    while (!inside.empty() && inside.front() == opener) inside.remove_prefix(1);
    if (!is_blank(inside)) return true;
    at = end + 1;
  }
  return false;
}

bool has_question(const AnswerText& answer, const Given&) {
  return has_exclaimed(answer.points(), 0xBF, U'?');
}
bool has_exclamation(const AnswerText& answer, const Given&) {
  return has_exclaimed(answer.points(), 0xA1, U'!');
}

constexpr Rule kRules[] = {
    {"combination:two_responses", "en es fr ja", has_two_answers},
    {"combination:repeat_prompt", "en es fr", repeats_prompt},
    {"combination:repeat_prompt", "ja", repeats_japanese_prompt},
    {"startend:end_checker", "en es fr", ends_with_phrase},
    {"startend:end_checker", "ja", ends_with_japanese_phrase},
    {"startend:quotation", "en es", is_quoted},
    {"startend:quotation", "fr", is_quoted_in_french},
    {"startend:quotation", "ja", is_quoted_in_japanese},
    {"punctuation:no_comma", "en es fr", has_no_comma},
    {"punctuation:no_comma", "ja", has_no_japanese_comma},
    {"punctuation:no_period", "ja", has_no_japanese_period},
    {"punctuation:question_marks", "es", has_question},
    {"punctuation:exclamation_marks", "es", has_exclamation},
};

}  // namespace

std::span<const Rule> frame_rules() { return kRules; }

}  // namespace leitai::ifeval
