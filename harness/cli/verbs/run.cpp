#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/cli/run_flags.h"
#include "harness/cli/version.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/event_log.h"
#include "harness/io/files.h"
#include "harness/progress.h"
#include "harness/runner.h"
#include "harness/store.h"
#include "suites/grade.h"
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

volatile std::sig_atomic_t interrupt_count = 0;

void on_interrupt(int) { interrupt_count = interrupt_count + 1; }

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

struct Opened {
  std::vector<std::unique_ptr<Suite>> suites;
  Channel<Answer> answers{1024};
  std::vector<std::unique_ptr<Backend>> backends;
};

void describe_run(Store& store, const RunConfig& config, const Opened& opened) {
  if (!store.meta("created")) store.set_meta("created", utc_now());
  store.set_meta("name", config.name);
  store.set_meta("version", cli::version_text());
  store.set_meta("config", to_yaml(config));
  store.set_meta("partial", config.is_partial ? "1" : "0");
  std::vector<StoredModel> models;
  for (std::size_t i = 0; i < config.models.size(); ++i) {
    const Model& model = config.models[i].model;
    const BackendTraits& traits = opened.backends[i]->traits();
    nlohmann::json body{{"spec", model.spec}, {"params", to_json(model.params)}};
    if (model.system) body["system"] = *model.system;
    models.push_back({model.id, traits.identity, traits.describe, dump(body)});
  }
  store.put_models(models);
  std::vector<StoredSuite> suites;
  for (const auto& suite : opened.suites) {
    std::string scorer = suite->info().size > 0 ? suite->item(0).grading.scorer : "";
    if (!scorer.empty()) scorer = fmt::format("{}@{}", scorer, find_scorer(scorer).version);
    suites.push_back({suite->info(), scorer, suite->info().size});
  }
  store.put_suites(suites);
}

/// Two models under one name in the same run would be mixed in one column.
void refuse_other_configuration(const Store& store, const RunConfig& config, const Opened& opened) {
  for (const StoredModel& stored : store.models()) {
    for (std::size_t i = 0; i < config.models.size(); ++i) {
      const ModelEntry& entry = config.models[i];
      if (entry.model.id == stored.id && opened.backends[i]->traits().identity != stored.identity) {
        throw Error(
            fmt::format("{}: the run \"{}\" holds answers of another model under the id \"{}\" "
                        "(other weights or numerics)\n        give this one id=NAME, or the run "
                        "another --name",
                        entry.where, config.name, stored.id));
      }
    }
  }
}

void print_side_by_side(const Store& store) {
  for (const Record& record : store.find("prompt", "1")) {
    fmt::print("{} {}\n", std::string(2, '-'), escape_controls(record.request.model));
    fmt::print("{}\n\n", record.response.failure ? escape_controls(record.response.failure->message)
                                                 : escape_controls(record.response.text, true));
  }
}

std::string again(const RunConfig& config, std::span<const std::string> args) {
  if (!config.file.empty() && args.size() == 1) return "leitai run " + args[0];
  std::string out = "leitai run";
  for (const std::string& arg : args) {
    const bool plain =
        !arg.empty() && arg.find_first_of(" \t\n\"'$`\\*?;&|<>(){}[]~#!") == std::string::npos;
    if (plain) {
      out += " " + arg;
      continue;
    }
    std::string quoted = " '";
    for (char c : arg) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    out += quoted + "'";
  }
  return out;
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
  Opened opened;
  opened.suites = cli::open_suites(config, flags.suites_dir);
  for (ModelEntry& entry : config.models)
    opened.backends.push_back(cli::open_backend(entry, opened.answers));

  const std::filesystem::path folder = std::filesystem::path(config.out) / config.name;
  Store store = Store::create_or_open(folder, cli::short_version());
  refuse_other_configuration(store, config, opened);
  describe_run(store, config, opened);
  write_file_atomic(folder / "config.yaml", to_yaml(config));
  EventLog log({(folder / "log.jsonl").string(), global.log_file.value_or("")});
  log.write("run", {{"name", config.name},
                    {"models", config.models.size()},
                    {"suites", opened.suites.size()},
                    {"requests", plan_size(config, opened.suites) *
                                     static_cast<std::int64_t>(config.models.size())}});

  const std::unique_ptr<Progress> progress = cli::make_progress(global, config.progress_every_s);
  catch_interrupts();
  RunParts parts;
  parts.config = &config;
  parts.suites = opened.suites;
  parts.answers = &opened.answers;
  for (std::size_t i = 0; i < config.models.size(); ++i)
    parts.competitors.push_back({&config.models[i].model, opened.backends[i].get()});
  parts.done = [&](const std::string& model, const std::string& suite) -> IsDone {
    return [done = std::make_shared<DoneSet>(store.load_done(model, suite))](
               const Request& request) { return done->contains(request); };
  };
  parts.grade = [](const Item& item, const Response& response) { return grade(item, response); };
  parts.record = [&](std::span<const Recorded> batch) {
    std::vector<AnswerView> views;
    views.reserve(batch.size());
    for (const Recorded& one : batch)
      views.push_back({&one.request, &one.response, one.score ? &*one.score : nullptr, &one.item});
    store.record(views);
  };
  parts.progress = progress.get();
  parts.log = &log;
  parts.log_path = (folder / "log.jsonl").string();
  parts.interrupts = [] { return static_cast<int>(interrupt_count); };

  RunResult result;
  try {
    result = run(parts);
  } catch (const Error& error) {
    throw Error(fmt::format("{}\n        what was answered is stored in {}; to go on: {}",
                            error.what(), folder.string(), again(config, args)));
  }
  log.write("end", {{"asked", result.asked},
                    {"failed", result.failed},
                    {"resumed", result.resumed},
                    {"interrupted", result.interrupted},
                    {"why", result.stopped_because}});

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
  for (const auto& backend : opened.backends) {
    for (const std::string& remark : backend->remarks()) say("note: " + escape_controls(remark));
  }
  std::int64_t failed = 0, stored = 0;
  for (const StoredCount& one : store.counts()) {
    stored += one.n;
    if (one.outcome == Outcome::Failed) failed += one.n;
  }
  const double failed_pct =
      stored > 0 ? 100.0 * static_cast<double>(failed) / static_cast<double>(stored) : 0;
  if (global.verbosity > 0) {
    for (const std::string& path : written) say("written: " + path);
  }
  say(fmt::format("{} asked, {} stored before; everything lies in {}", with_commas(result.asked),
                  with_commas(result.resumed), folder.string()));
  if (result.interrupted) {
    say(fmt::format("interrupted; every stored answer is kept. To go on: {}", again(config, args)));
    return 130;
  }
  if (!result.stopped_because.empty()) {
    fmt::print(stderr, "leitai: stopped: {}\n        to go on with a larger one: {}\n",
               result.stopped_because, again(config, args));
    return 2;
  }
  if (failed_pct > config.allow_failures_pct) {
    std::string first;
    store.each(Detail::Answers, [&](const Record& record) {
      if (record.response.failure)
        first = fmt::format("{}/{} of {}: {}: {}", record.request.suite, record.request.item,
                            record.request.model, to_text(record.response.failure->kind),
                            record.response.failure->message);
      return first.empty();
    });
    fmt::print(stderr,
               "leitai: incomplete: {} of {} requests failed ({:.1f} %, allowed {:g} %)\n        "
               "the first: {}\n        the same call asks them again: {}\n",
               with_commas(failed), with_commas(stored), failed_pct, config.allow_failures_pct,
               escape_controls(first), again(config, args));
    return 2;
  }
  return 0;
}

}  // namespace

}  // namespace leitai
