#include <fmt/format.h>

#include <map>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/cli/version.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/store.h"
#include "suites/grade.h"
#include "suites/scorers/workbench.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb score_verb;
constinit const cli::Verb score_verb = {
    .name = "score",
    .group = "Ask and judge",
    .summary = "grades stored answers again; calls no model",
    .usage = "RUN [-s SUITES] [--scorer NAME]",
    .examples =
        "leitai score runs/x\nleitai score runs/x -s gsm8k\nleitai score runs/x -s questions "
        "--scorer contains",
    .run = run};

namespace {

int run(std::span<const std::string> args, cli::Global& global) {
  std::optional<std::string> scorer;
  std::vector<std::string> operands, suites;
  cli::Command command(score_verb, global);
  command.list("suites,s", "LIST", "only these suites", suites)
      .text("scorer", "NAME", "this scorer instead of the items' own", scorer)
      .operands("the run", 1, 1, operands);
  if (!command.parse(args)) return 0;
  if (scorer) find_scorer(*scorer);
  suites = cli::split_list(suites);
  const std::filesystem::path folder = cli::run_folder(operands[0]);
  Store store = Store::create_or_open(folder, cli::version_number());
  for (const std::string& name : suites) {
    std::vector<std::string> stored;
    for (const StoredSuite& one : store.suites()) stored.push_back(one.info.name);
    if (std::none_of(stored.begin(), stored.end(), [&](const std::string& s) {
          return s == name || s.starts_with(name + "/");
        })) {
      throw Error(fmt::format("-s: the run holds no suite \"{}\"{}\n        it holds: {}", name,
                              did_you_mean(name, stored), fmt::join(stored, ", ")));
    }
  }
  std::int64_t graded = 0, changed = 0, broken = 0;
  std::map<std::string, std::int64_t> moves;
  std::vector<ScoredRequest> batch;
  const auto flush = [&] {
    store.put_scores(batch);
    batch.clear();
  };
  const auto grade_again = [&](const Record& record) {
    const Request& q = record.request;
    const bool wanted =
        suites.empty() || std::any_of(suites.begin(), suites.end(), [&](const std::string& s) {
          return q.suite == s || q.suite.starts_with(s + "/");
        });
    if (!wanted || record.response.outcome == Outcome::Failed) return;
    std::optional<Item> item = store.item(q.suite, q.item);
    if (!item) return;
    // An item that names no scorer is shown, not graded, whatever is asked for here.
    if (scorer && !item->grading.scorer.empty()) item->grading.scorer = *scorer;
    const std::optional<Score> score = grade(*item, record.response);
    if (!score) return;
    ++graded;
    broken += score->status == ScoreStatus::InfraError;
    if (record.score && record.score->status != score->status) {
      ++changed;
      ++moves[fmt::format("{} -> {}", to_text(record.score->status), to_text(score->status))];
    }
    batch.push_back({q.id, *score});
  };
  try {
    store.each_lot(Detail::Answers, grade_again, flush);
  } catch (const Error&) {  // a damaged file: what could be read keeps its new grades
    flush();
    throw;
  }
  const Leaderboard board = cli::leaderboard_of(store);
  cli::write_reports(folder, board, {});
  if (global.verbosity >= 0) {
    fmt::print(stderr, "{} answers graded, {} grades changed\n", with_commas(graded),
               with_commas(changed));
    for (const auto& [move, n] : moves) fmt::print(stderr, "  {:>8}  {}\n", with_commas(n), move);
  }
  fmt::print("{}", cli::find_reporter("terminal").write(board, cli::style_of(global, stdout)));
  if (broken > 0) {
    fmt::print(
        stderr,
        "leitai: {} of {} answers could not be graded by this scorer\n        leitai show RUN "
        "SUITE/ITEM says why\n",
        with_commas(broken), with_commas(graded));
    return 2;
  }
  return 0;
}

}  // namespace

}  // namespace leitai
