#include "suites/metrics/rouge.h"

#include <algorithm>

#include "suites/extractors/answer.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer rouge_scorer;
constinit const Scorer rouge_scorer = {
    .name = "rouge",
    .version = 1,
    .help = "ROUGE-L of a summary against the best of the accepted ones (Latin script only)",
    .grade = grade};

namespace {

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, rouge_scorer);
  if (prepared.is_decided) return prepared.score;
  bool is_shortened = false;
  Score score = decide_by_measure(prepared, input, "ROUGE-L", [&](std::string_view answer) {
    double best = 0;
    for (const std::string& gold : input.gold) {
      const metrics::Rouge one = metrics::rouge(answer, gold, metrics::Stemming::None);
      best = std::max(best, one.rougeL.fmeasure);
      is_shortened = is_shortened || one.is_shortened;
    }
    return best;
  });
  if (is_shortened) score.flags.push_back("compared_in_part");
  return score;
}

}  // namespace

}  // namespace leitai
