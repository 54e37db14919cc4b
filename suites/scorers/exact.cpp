#include <fmt/format.h>

#include "harness/core/text.h"
#include "suites/extractors/answer.h"
#include "suites/extractors/folding.h"
#include "suites/extractors/quasi_exact.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer exact_scorer;
constinit const Scorer exact_scorer = {
    .name = "exact",
    .version = 1,
    .help =
        "the whole answer equals an accepted one; case, punctuation and spaces aside (tier QEM)",
    .grade = grade};

namespace {

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, exact_scorer);
  Score& score = prepared.score;
  if (prepared.is_decided) return score;
  const std::string& answer = prepared.split.answer;
  score.extracted = repair_utf8(answer);
  set_span(score, prepared.split, 0, answer.size());
  for (const std::string& gold : input.gold) {
    if (answer == trim_blank(gold)) {
      score.tier = "EM";
      decide(score, ScoreStatus::Correct, fmt::format("equals {}", in_quotes(gold)));
      return score;
    }
  }
  for (const std::string& gold : input.gold) {
    if (is_quasi_equal(answer, gold, input.language)) {
      score.tier = "QEM";
      decide(
          score, ScoreStatus::Correct,
          fmt::format("equals {} but for case, punctuation, articles or spaces", in_quotes(gold)));
      return score;
    }
  }
  decide(score, ScoreStatus::Incorrect,
         input.gold.empty() ? "there is no gold answer to compare with"
                            : fmt::format("is not {}", in_quotes(input.gold[0])));
  return score;
}

}  // namespace

}  // namespace leitai
