#include "harness/cli/regrade.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "suites/grade.h"
#include "suites/scorers/workbench.h"

namespace leitai::cli {

Regraded regrade(Store& store, const std::function<bool(const std::string& suite)>& wants,
                 const std::optional<std::string>& scorer) {
  Regraded out;
  std::vector<ScoredRequest> batch;
  std::set<std::string> regraded;
  const auto flush = [&] {
    store.put_scores(batch);
    batch.clear();
  };
  const auto grade_again = [&](const Record& record) {
    const Request& q = record.request;
    if (record.response.outcome == Outcome::Failed || !wants(q.suite)) return;
    std::optional<Item> item = store.item(q.suite, q.item);
    if (!item) return;
    // An item that names no scorer is shown, not graded, whatever is asked for here.
    if (scorer && !item->grading.scorer.empty()) item->grading.scorer = *scorer;
    const std::optional<Score> score = grade(*item, record.response);
    if (!score) return;
    ++out.graded;
    out.broken += score->status == ScoreStatus::InfraError;
    if (record.score && record.score->status != score->status) {
      ++out.changed;
      ++out.moves[fmt::format("{} -> {}", to_text(record.score->status), to_text(score->status))];
    }
    regraded.insert(q.suite);
    batch.push_back({q.id, *score});
  };
  try {
    store.each_lot(Detail::Answers, grade_again, flush);
  } catch (const Error&) {  // a damaged file: what could be read keeps its new grades
    flush();
    throw;
  }
  std::vector<StoredSuite> suites = store.suites();
  for (StoredSuite& one : suites) {
    if (!regraded.contains(one.info.name) || one.scorer.empty()) continue;
    // That of the first item; those of a mixed suite stand with their grades.
    const std::string name = scorer.value_or(std::string(scorer_name(one.scorer)));
    one.scorer = fmt::format("{}@{}", name, find_scorer(name).version);
    out.scorers[one.info.name] = one.scorer;
  }
  store.put_suites(suites);
  return out;
}

}  // namespace leitai::cli
