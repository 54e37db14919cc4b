#include "suites/extractors/numeric.h"

#include <fmt/format.h>

#include "suites/extractors/answer.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer numeric_scorer;
constinit const Scorer numeric_scorer = {
    .name = "numeric",
    .version = 2,
    .help = "the number that the answer gives, compared exactly",
    .grade = grade};

namespace {

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, numeric_scorer);
  Score& score = prepared.score;
  if (prepared.is_decided) return score;
  std::vector<NumberToken> golds;
  bool with_ratios = false;
  for (const std::string& gold : input.gold) {
    if (auto token = numeric_gold(gold)) {
      with_ratios = with_ratios || !token->ratio.empty();
      golds.push_back(std::move(*token));
    }
  }
  const Folded folded = fold(prepared.split.answer);
  const NumericAnswer found =
      numeric_answer(folded, {input.language, prepared.split.truncated, with_ratios});
  score.tier = found.tier;
  score.flags.insert(score.flags.end(), found.flags.begin(), found.flags.end());
  if (!found.extracted.empty()) {
    score.extracted = found.extracted;
    set_span(score, prepared.split, folded.from[found.token.begin], folded.from[found.token.end]);
  }
  if (found.status) {
    switch (*found.status) {
      case ScoreStatus::Ambiguous:
        decide(score, *found.status, "two numbers are offered and neither is chosen");
        break;
      case ScoreStatus::Multi:
        decide(score, *found.status,
               fmt::format("several numbers are given as the answer: {}", found.extracted));
        break;
      case ScoreStatus::Refused:
        decide(score, *found.status, "the answer declines and holds no number");
        break;
      default:
        decide(score, *found.status,
               prepared.split.truncated ? "cut off before a number was declared as the answer"
                                        : "no number found");
    }
    return score;
  }
  for (std::size_t i = 0; i < golds.size(); ++i) {
    const NumericVerdict verdict = compare_numbers(found.token, golds[i]);
    if (!verdict.is_equal) continue;
    if (verdict.by_percent) score.flags.push_back("percent_scaled");
    decide(score, ScoreStatus::Correct,
           fmt::format("{} ({}) equals {}", found.extracted, found.tier,
                       golds[i].ratio.empty() ? golds[i].value.to_text() : golds[i].ratio));
    return score;
  }
  if (golds.empty()) {
    decide(score, ScoreStatus::Incorrect, "no gold answer holds a number");
    score.score = std::nullopt;
    if (input.gold.empty())
      score.why = fmt::format("{} ({}); there is no gold answer to compare with", found.extracted,
                              found.tier);
    return score;
  }
  decide(score, ScoreStatus::Incorrect,
         fmt::format("{} ({}) is not {}", found.extracted, found.tier,
                     golds[0].ratio.empty() ? golds[0].value.to_text() : golds[0].ratio));
  return score;
}

}  // namespace

}  // namespace leitai
