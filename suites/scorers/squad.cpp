#include "suites/metrics/squad.h"

#include <algorithm>

#include "suites/extractors/answer.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer squad_scorer;
constinit const Scorer squad_scorer = {
    .name = "squad",
    .version = 1,
    .help =
        "F1 over words against the best accepted answer; correct where it matches as SQuAD says",
    .grade = grade};

namespace {

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, squad_scorer);
  if (prepared.is_decided) return prepared.score;
  bool is_match = false;
  Score score = decide_by_measure(prepared, input, "F1", [&](std::string_view answer) {
    double best = 0;
    for (const std::string& gold : input.gold) {
      const metrics::Squad one = metrics::squad(answer, gold);
      if (one.is_vacuous) continue;
      best = std::max(best, one.f1);
      is_match = is_match || one.exact_match == 1;
    }
    return best;
  });
  // The same words in another order have F1 1 and are no match.
  score.status = is_match ? ScoreStatus::Correct : ScoreStatus::Incorrect;
  return score;
}

}  // namespace

}  // namespace leitai
