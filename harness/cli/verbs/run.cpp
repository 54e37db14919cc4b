#include <fmt/format.h>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/cli/execute.h"
#include "harness/cli/run_flags.h"
#include "harness/core/codec.h"
#include "harness/core/text.h"
#include "suites/scorers/workbench.h"

namespace leitai {

namespace {
int run_command(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb run_verb;
constinit const cli::Verb run_verb = {
    .name = "run",
    .group = "Ask and judge",
    .summary = "asks, grades, stores, reports; the same call again resumes",
    .usage = "[EVAL.yaml] [-m MODEL]... [-s SUITES] [flags]",
    .examples =
        "leitai run -m engine:smollm2-135m -s house/ledger,house/order --limit 50\n"
        "leitai run -m replay:answers.jsonl,as=qwen-max -s gsm8k\n"
        "leitai run -m engine:smollm2-135m -s questions.jsonl\n"
        "leitai run -m engine:smollm2-135m --prompt \"Why is the sky blue?\"\n"
        "leitai run eval.yaml",
    .run = run_command};

namespace {

void print_side_by_side(const Store& store) {
  for (const Record& record : store.find("prompt", "1")) {
    fmt::print("{} {}\n", std::string(2, '-'), escape_controls(record.request.model));
    fmt::print("{}\n\n", record.response.failure ? escape_controls(record.response.failure->message)
                                                 : escape_controls(record.response.text, true));
  }
}

int run_command(std::span<const std::string> args, cli::Global& global) {
  cli::RunFlags flags;
  bool json = false;
  std::vector<std::string> operands;
  cli::Command command(run_verb, global);
  flags.declare(command);
  command.flag("json", "the leaderboard as versioned JSON on standard output", json)
      .operands("the config file", 0, 1, operands);
  if (!command.parse(args)) return 0;

  RunConfig config = flags.configure(operands.empty() ? "" : operands[0]);
  resolve(config, cli::known(flags.suites_dir));
  const std::string again = cli::command_line("run", args);
  const cli::Executed ran = cli::execute(config, flags.suites_dir, global, again);
  const Store& store = ran.store;
  const RunResult& result = ran.result;
  const std::filesystem::path& folder = ran.folder;

  const Leaderboard board = cli::leaderboard_of(store);
  const std::vector<std::string> written = cli::write_reports(folder, board, config.formats);
  const Style style = cli::style_of(global, stdout);
  if (json) {
    fmt::print("{}\n", cli::find_reporter("json").write(board, style));
  } else if (config.prompt) {
    print_side_by_side(store);
  } else {
    fmt::print("{}", cli::find_reporter("terminal").write(board, style));
  }
  const auto say = [&](const std::string& line) {
    if (global.verbosity >= 0) fmt::print(stderr, "{}\n", line);
  };
  for (const std::string& remark : ran.remarks) say("note: " + escape_controls(remark));
  std::int64_t failed = 0, stored = 0;
  for (const StoredCount& one : store.counts()) {
    stored += one.n;
    if (one.outcome == Outcome::Failed) failed += one.n;
  }
  const auto share_pct = [&](std::int64_t n) {
    return stored > 0 ? 100.0 * static_cast<double>(n) / static_cast<double>(stored) : 0;
  };
  if (global.verbosity > 0) {
    for (const std::string& path : written) say("written: " + path);
  }
  say(fmt::format("{} asked, {} stored before; everything lies in {}", with_commas(result.asked),
                  with_commas(result.resumed), folder.string()));
  if (result.ungraded > 0)
    say(fmt::format("{} answers are stored and wait for their grades: the same call gives them",
                    with_commas(result.ungraded)));
  if (result.interrupted) {
    say(fmt::format("interrupted; every stored answer is kept. To go on: {}", again));
    return 130;
  }
  if (!result.stopped_because.empty()) {
    fmt::print(stderr, "leitai: stopped: {}\n        to go on with a larger one: {}\n",
               result.stopped_because, again);
    return 2;
  }
  const auto say_incomplete = [&](std::int64_t n, std::string_view what, const std::string& first,
                                  std::string_view remedy) {
    fmt::print(stderr,
               "leitai: incomplete: {} of {} {} ({:.1f} %, allowed {:g} %)\n        the first: "
               "{}\n        the same call {} again: {}\n",
               with_commas(n), with_commas(stored), what, share_pct(n), config.allow_failures_pct,
               escape_controls(first), remedy, again);
  };
  if (share_pct(failed) > config.allow_failures_pct) {
    std::string first;
    store.each(Detail::Answers, [&](const Record& record) {
      if (record.response.failure)
        first = fmt::format("{}/{} of {}: {}: {}", record.request.suite, record.request.item,
                            record.request.model, to_text(record.response.failure->kind),
                            record.response.failure->message);
      return first.empty();
    });
    say_incomplete(failed, "requests failed", first, "asks them");
    return 2;
  }
  std::int64_t ungraded = 0;
  std::string why;
  for (const StoredSuite& suite : store.suites()) {
    if (!runs_programs(suite.scorer)) continue;
    store.each_ungraded(suite.info.name, [&](const Record& record) {
      ++ungraded;
      if (why.empty() && record.score)
        why = fmt::format("{}/{} of {}: {}", record.request.suite, record.request.item,
                          record.request.model, record.score->why);
      return true;
    });
  }
  if (share_pct(failed + ungraded) > config.allow_failures_pct) {
    say_incomplete(ungraded, "answers could not be graded", why, "grades them");
    return 2;
  }
  return 0;
}

}  // namespace

}  // namespace leitai
