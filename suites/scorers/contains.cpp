#include <fmt/format.h>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/extractors/answer.h"
#include "suites/extractors/folding.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer contains_scorer;
constinit const Scorer contains_scorer = {
    .name = "contains",
    .version = 1,
    .help = "an accepted answer stands in the answer as whole words, case aside",
    .grade = grade};

namespace {

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string comparable(std::string_view text) { return to_nfc(to_lower(to_utf8(fold(text).text))); }

/// Not within a longer word or number: boundaries are those of ASCII, since Chinese has no blanks.
bool stands_in(std::string_view text, std::string_view part) {
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + part.size();
    const bool begins = at == 0 || !is_word_byte(text[at - 1]) || !is_word_byte(part.front());
    const bool ends = end == text.size() || !is_word_byte(text[end]) || !is_word_byte(part.back());
    if (begins && ends) return true;
  }
  return false;
}

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, contains_scorer);
  Score& score = prepared.score;
  if (prepared.is_decided) return score;
  const std::string text = comparable(prepared.split.answer);
  for (const std::string& gold : input.gold) {
    const std::string part = comparable(trim_blank(gold));
    if (part.empty() || !stands_in(text, part)) continue;
    score.extracted = gold;
    score.tier = "contains";
    decide(score, ScoreStatus::Correct, fmt::format("holds {}", in_quotes(gold)));
    return score;
  }
  decide(score, ScoreStatus::Incorrect,
         input.gold.empty() ? "there is no gold answer to look for"
                            : fmt::format("does not hold {}", in_quotes(input.gold[0])));
  return score;
}

}  // namespace

}  // namespace leitai
