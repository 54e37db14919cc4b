#include "harness/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/cli/asking.h"
#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/cli/run_flags.h"
#include "harness/cli/sources.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/files.h"
#include "reports/comparison.h"

namespace leitai {

namespace {
int compare_command(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb compare_verb;
constinit const cli::Verb compare_verb = {
    .name = "compare",
    .group = "Ask and judge",
    .summary = "two models on the same items: who is ahead, by how much, how surely",
    .usage = "A B [--run RUN|FILE]... [-s SUITES] [flags]",
    .examples =
        "leitai compare qwen-max deepseek-chat --run runs/x\n"
        "leitai compare replay:a.jsonl,as=qwen replay:b.jsonl,as=deepseek -s gsm8k\n"
        "leitai compare DeepSeek-V3 Qwen2.5-72B-Instruct --run deepseek.jsonl --run qwen.jsonl\n"
        "leitai compare engine:smollm2-135m engine:other -s house/ledger --limit 50 --ask --yes",
    .run = compare_command};

namespace {

/// The model's id and file behind an operand that names recorded answers.
struct RecordedOperand {
  std::string path, as;
};

/// "a.jsonl" or "replay:a.jsonl,as=x".
std::optional<RecordedOperand> recorded_operand(const std::string& operand) {
  if (cli::is_answers_file(operand)) return RecordedOperand{operand, ""};
  if (!operand.starts_with("replay:")) return std::nullopt;
  RecordedOperand out;
  const std::vector<std::string_view> parts = split(std::string_view(operand).substr(7), ',');
  out.path = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const bool names = parts[i].starts_with("as=") || parts[i].starts_with("id=");
    if (!names)
      throw Error(fmt::format("{}: \"{}\" needs suites to be graded on; add -s, or leave it out",
                              operand, parts[i]));
    out.as = parts[i].substr(3);
  }
  return out;
}

/// Opens the file and says the id of its only model.
std::string open_recorded(cli::Sources& sources, const RecordedOperand& operand) {
  cli::Sources alone;
  alone.open(operand.path, operand.as);
  const std::vector<std::string> models = alone.models();
  if (models.size() != 1) {
    throw Error(
        fmt::format("{}: holds answers of {} models ({})\n        give the file as --run "
                    "and name two of them",
                    operand.path, models.size(), fmt::join(models, ", ")));
  }
  if (sources.has_model(models[0])) {
    throw Error(
        fmt::format("{}: both sides are called \"{}\"\n        rename one: replay:{},as=NAME",
                    operand.path, models[0], operand.path));
  }
  sources.open(operand.path, operand.as);
  return models[0];
}

/// The run's own configuration, cut down to two of its models.
RunConfig config_of_run(const Store& store, const std::vector<std::string>& ids,
                        const std::optional<std::string>& suites_dir) {
  const std::string folder = store.path().parent_path().string();
  const std::string text = store.meta("config").value_or("");
  RunConfig config = read_config(folder + "/config.yaml", text, cli::known(suites_dir));
  std::erase_if(config.models, [&](const ModelEntry& entry) {
    return std::find(ids.begin(), ids.end(), entry.model.id) == ids.end();
  });
  const std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
  config.name = path.filename().string();
  config.out = path.has_parent_path() ? path.parent_path().string() : ".";
  resolve(config, cli::known(suites_dir));
  return config;
}

int compare_command(std::span<const std::string> args, cli::Global& global) {
  cli::RunFlags flags;
  cli::Consent consent;
  bool json = false;
  std::optional<std::string> alpha;
  std::vector<std::string> operands, runs;
  cli::Command command(compare_verb, global);
  flags.declare(command);
  command.list("run", "RUN|FILE", "stored answers: a run, or a file of answers; repeatable", runs)
      .flag("ask", "ask the models for answers that are missing", consent.ask)
      .flag("yes", "do not ask back", consent.yes)
      .text("alpha", "A", "error rate of the verdict (default 0.05)", alpha)
      .flag("json", "versioned JSON on standard output", json)
      .operands("the two models", 2, 2, operands);
  if (!command.parse(args)) return 0;
  if (!flags.models.empty())
    throw Error("compare: the two models are operands, without -m: leitai compare A B");
  CompareOptions options;
  if (alpha) options.alpha = cli::number_flag("--alpha", *alpha, 1e-9, 0.5);
  const Reducer reducer = parse_reducer(flags.reduce.value_or("mean"), "--reduce");
  const std::string again = cli::command_line("compare", args);
  std::string format = json ? "json" : "terminal";
  for (const std::string& one : cli::split_list(flags.formats)) format = one;
  static const std::vector<std::string> kFormats{"terminal", "markdown", "json"};
  if (std::find(kFormats.begin(), kFormats.end(), format) == kFormats.end())
    throw Error(
        fmt::format("--format: compare writes {}, not \"{}\"", fmt::join(kFormats, ", "), format));
  flags.formats.clear();

  cli::Sources sources;
  std::string a = operands[0], b = operands[1];
  SuiteFilter wants = cli::suite_filter(flags.suites);
  std::vector<std::string> remarks;
  std::string folder;
  const auto take = [&](cli::Executed ran) {
    if (ran.result.interrupted) return false;
    remarks.insert(remarks.end(), ran.remarks.begin(), ran.remarks.end());
    folder = ran.folder.string();
    sources.take(std::move(ran.store));
    return true;
  };
  if (!runs.empty()) {
    for (const std::string& run : runs) sources.open(run);
    if (const std::string flag = flags.asking_flag(); !flag.empty())
      throw Error(
          fmt::format("{}: has no effect on stored answers; --run compares what is there", flag));
    sources.require_suites(flags.suites);
    sources.require_model(a, "compare");
    sources.require_model(b, "compare");
    if (consent.ask) {
      const std::vector<const Store*> stores = sources.runs();
      if (stores.size() != 1)
        throw Error("--ask: one run is wanted, whose configuration says what to ask");
      const RunConfig config = config_of_run(*stores[0], {a, b}, flags.suites_dir);
      sources = cli::Sources();
      if (!take(cli::ask_for_missing(config, flags.suites_dir, consent, global, again))) return 130;
    }
  } else {
    const auto left = recorded_operand(a), right = recorded_operand(b);
    if (flags.suites.empty() && left && right) {
      a = open_recorded(sources, *left);
      b = open_recorded(sources, *right);
    } else {
      if (flags.suites.empty() && !flags.config_file) {
        throw Error(
            fmt::format("compare: where are the answers of {} and {}?\n        --run RUN for "
                        "stored ones, or -s SUITES --ask to ask the models",
                        a, b));
      }
      flags.models = {a, b};
      for (std::string& model : flags.models)
        if (cli::is_answers_file(model)) model = "replay:" + model;
      RunConfig config = flags.configure("");
      resolve(config, cli::known(flags.suites_dir));
      a = config.models[0].model.id;
      b = config.models[1].model.id;
      wants = {};  // names of files and patterns are no suite names
      if (!take(cli::ask_for_missing(config, flags.suites_dir, consent, global, again))) return 130;
    }
  }
  if (a == b)
    throw Error(
        fmt::format("compare: {} against itself\n        name two models; files of one model "
                    "can be told apart by replay:FILE,as=NAME",
                    a));
  ScoreBook book(reducer);
  sources.fill(book, {{a, a}, {b, b}}, wants);
  const Comparison comparison = compare(book, a, b, options);

  if (format == "json") {
    fmt::print("{}\n", comparison_json(comparison)
                           .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else if (format == "markdown") {
    fmt::print("{}", comparison_markdown(comparison));
  } else {
    fmt::print("{}", comparison_text(comparison, cli::style_of(global, stdout)));
  }
  if (global.verbosity < 0) return 0;
  for (const std::string& remark : sources.remarks()) remarks.push_back(remark);
  for (const std::string& remark : remarks)
    fmt::print(stderr, "note: {}\n", escape_controls(remark));
  if (!folder.empty()) fmt::print(stderr, "the answers lie in {}\n", folder);
  return 0;
}

}  // namespace

}  // namespace leitai
