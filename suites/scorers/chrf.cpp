#include "suites/metrics/chrf.h"

#include "suites/extractors/answer.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer chrf_scorer;
constinit const Scorer chrf_scorer = {
    .name = "chrf",
    .version = 1,
    .help = "chrF of a translation against the accepted ones, 0 to 1 (sacreBLEU, sentence level)",
    .grade = grade};

namespace {

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, chrf_scorer);
  if (prepared.is_decided) return prepared.score;
  return decide_by_measure(prepared, input, "chrF", [&](std::string_view answer) {
    return metrics::chrf({}, metrics::chrf_counts({}, answer, input.gold)) / 100;
  });
}

}  // namespace

}  // namespace leitai
