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
    .help = "F1 over words against the best accepted answer, normalised as SQuAD does (English)",
    .grade = grade};

namespace {

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, squad_scorer);
  if (prepared.is_decided) return prepared.score;
  return decide_by_measure(prepared, input, "F1", [&](std::string_view answer) {
    double best = 0;
    for (const std::string& gold : input.gold) {
      const metrics::Squad one = metrics::squad(answer, gold);
      if (!one.is_vacuous) best = std::max(best, one.f1);
    }
    return best;
  });
}

}  // namespace

}  // namespace leitai
