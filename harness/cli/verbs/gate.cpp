#include "harness/gate.h"

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
#include "harness/io/yaml.h"
#include "reports/gate_report.h"
#include "reports/table.h"

namespace leitai {

namespace {
int gate_command(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb gate_verb;
constinit const cli::Verb gate_verb = {
    .name = "gate",
    .group = "Ask and judge",
    .summary = "candidate against a baseline: pass (0), regression (100) or inconclusive (3)",
    .usage = "[calibrate] --baseline RUN|FILE --candidate RUN|FILE|MODEL [--margin POINTS] [flags]",
    .examples =
        "leitai gate --baseline main.jsonl --candidate runs/pr --margin 1.0\n"
        "leitai gate --baseline main.jsonl --candidate pr.jsonl -s gsm8k --margin 2 -o gate/\n"
        "leitai gate --baseline runs/main --candidate engine:weights/new --margin gsm8k=2,mgsm=4\n"
        "leitai gate calibrate --baseline runs/a1 --baseline runs/a2 --baseline runs/a3",
    .run = gate_command};

namespace {

/// "runs/main,model=qwen": what to open, and which of its models.
struct Operand {
  std::string what;
  std::string model;
};

Operand operand_of(const std::string& text) {
  const std::size_t comma = text.rfind(",model=");
  if (comma == std::string::npos || text.starts_with("replay:")) return {text, ""};
  return {text.substr(0, comma), text.substr(comma + 7)};
}

bool is_stored(const std::string& what) {
  std::error_code ignored;
  return std::filesystem::exists(what, ignored) ||
         Store::exists(std::filesystem::path("runs") / what);
}

/// One side: where its answers are, and under which id.
struct Side {
  std::shared_ptr<cli::Sources> sources;
  std::string id;
};

Side open_stored(const Operand& operand, std::string_view flag) {
  Side side{std::make_shared<cli::Sources>(), operand.model};
  side.sources->open(operand.what);
  if (!side.id.empty()) {
    side.sources->require_model(side.id, flag);
    return side;
  }
  const std::vector<std::string> models = side.sources->models();
  if (models.size() != 1)
    throw Error(fmt::format("{}: {} holds {} models ({})\n        choose one: {} {},model=NAME",
                            flag, operand.what, models.size(), fmt::join(models, ", "), flag,
                            operand.what));
  side.id = models[0];
  return side;
}

/// "1.0", "gsm8k=2.0": points.
void read_margins(const std::vector<std::string>& texts, GateOptions& options) {
  for (const std::string& one : cli::split_list(texts)) {
    const std::size_t equals = one.find('=');
    const double value =
        cli::number_flag("--margin", one.substr(equals == std::string::npos ? 0 : equals + 1), 0,
                         100) /
        100;
    if (equals == std::string::npos) {
      options.margin = value;
    } else {
      options.margin_of[one.substr(0, equals)] = value;
    }
  }
}

/// Only the k-th samples, as if there were no others.
class SampleView final : public RunReader {
 public:
  SampleView(const RunReader& run, int sample) : run_(run), sample_(sample) {}
  void each(Detail detail, const std::function<bool(const Record&)>& visit) const override {
    run_.each(detail, [&](const Record& record) {
      if (record.request.sample != sample_) return true;
      Record only = record;
      only.request.sample = 0;
      return visit(only);
    });
  }
  void each_summary(const std::function<void(const ItemSummary&)>& visit) const override {
    run_.each_summary(visit);
  }
  std::optional<Item> item(std::string_view suite, std::string_view id) const override {
    return run_.item(suite, id);
  }

 private:
  const RunReader& run_;
  int sample_;
};

int samples_of(const RunReader& run) {
  int most = 0;
  run.each(Detail::Facts, [&](const Record& record) {
    most = std::max(most, record.request.sample + 1);
    return true;
  });
  return most;
}

void print_noise(const std::vector<NoiseRow>& rows, const GateOptions& options,
                 const Style& style) {
  Table table;
  table.columns = {{.head = "suite", .side = Column::Side::Left, .is_name = true},
                   {.head = "items"},
                   {.head = "pairs"},
                   {.head = "answers differ"},
                   {.head = "smallest margin"},
                   {.head = "margin"},
                   {.head = "passed"},
                   {.head = "false alarms"}};
  bool alarmed = false;
  double widest = 0;
  for (const NoiseRow& row : rows) {
    if (row.suite == "all") continue;
    alarmed = alarmed || row.alarms > options.alpha * row.pairs;
    widest = std::max(widest, row.certifiable);
    table.rows.push_back({row.suite, with_commas(row.items), std::to_string(row.pairs),
                          fmt::format("{:.1f} %", 100 * row.discordant),
                          points(row.certifiable, style),
                          row.margin ? points(*row.margin, style) : "-", std::to_string(row.passed),
                          std::to_string(row.alarms)});
  }
  if (alarmed) {
    fmt::print(
        "The same model against itself raises more alarms than allowed: do not use this gate "
        "before the cause is found.\n\n");
  } else {
    fmt::print("Margins from {} points on can be certified on every suite.\n\n",
               points(widest, style));
  }
  fmt::print("{}", render(table, style));
  if (!rows.empty() && rows[0].pairs < 3)
    fmt::print("\nThree or more sets of answers say more about the noise than two.\n");
}

int calibrate_command(const std::vector<std::string>& baselines,
                      const std::vector<std::string>& suites, const GateOptions& options, bool json,
                      const cli::Global& global) {
  const SuiteFilter wants = cli::suite_filter(suites);
  ScoreBook book;
  std::vector<Side> sides;
  for (const std::string& text : baselines)
    sides.push_back(open_stored(operand_of(text), "--baseline"));
  for (const Side& side : sides) side.sources->require_suites(suites);
  if (sides.size() == 1) {
    sides[0].sources->each([&](const RunReader& run, const BookSource& source) {
      for (int k = 0; k < samples_of(run); ++k)
        book.add(SampleView(run, k), source, {{sides[0].id, fmt::format("sample {}", k)}}, wants);
    });
  } else {
    for (std::size_t i = 0; i < sides.size(); ++i)
      sides[i].sources->fill(book, {{sides[i].id, fmt::format("answers {}", i + 1)}}, wants);
  }
  const std::vector<NoiseRow> rows = calibrate(book, options);
  if (!json) {
    print_noise(rows, options, cli::style_of(global, stdout));
    return 0;
  }
  nlohmann::ordered_json out{{"version", 1}, {"suites", nlohmann::ordered_json::array()}};
  for (const NoiseRow& row : rows)
    out["suites"].push_back({{"suite", row.suite},
                             {"items", row.items},
                             {"pairs", row.pairs},
                             {"discordant", row.discordant},
                             {"certifiable_margin", row.certifiable},
                             {"margin", row.margin ? nlohmann::ordered_json(*row.margin)
                                                   : nlohmann::ordered_json(nullptr)},
                             {"passed", row.passed},
                             {"alarms", row.alarms}});
  fmt::print("{}\n", out.dump());
  return 0;
}

int exit_code(GateOutcome outcome, const std::string& on_inconclusive) {
  switch (outcome) {
    case GateOutcome::Pass:
      return 0;
    case GateOutcome::Regression:
      return 100;
    case GateOutcome::Inconclusive:
      break;
  }
  return on_inconclusive == "fail" ? 100 : on_inconclusive == "pass" ? 0 : 3;
}

int gate_command(std::span<const std::string> args, cli::Global& global) {
  cli::RunFlags flags;
  bool json = false;
  std::optional<std::string> candidate, anchor, macro, alpha, on_inconclusive, junit, markdown, dir;
  std::vector<std::string> operands, baselines, margins;
  GateOptions options;
  cli::Command command(gate_verb, global);
  flags.declare(command);
  command
      .list("baseline", "RUN|FILE", "what to hold against; RUN,model=ID where it has several",
            baselines)
      .text("candidate", "RUN|FILE|MODEL", "what is tested; a model is asked now", candidate)
      .text("anchor", "RUN|FILE", "a pinned older baseline, with twice the margins", anchor)
      .list("margin", "POINTS", "loss allowed on a suite: 1.0, or gsm8k=2.0; default by its size",
            margins)
      .text("macro-margin", "POINTS", "loss allowed on the mean over suites (default 1.0)", macro)
      .text("alpha", "A", "one-sided error rate (default 0.05)", alpha)
      .flag("partial", "a candidate that was asked only a part of the baseline's items may pass",
            options.allow_partial)
      .text("on-inconclusive", "fail|pass", "exit with 100 or 0 instead of 3", on_inconclusive)
      .text("junit", "FILE", "write JUnit XML", junit)
      .text("markdown", "FILE", "write Markdown for a pull request", markdown)
      .text("output,o", "DIR", "write junit.xml, summary.md and gate.json there", dir)
      .flag("json", "versioned JSON on standard output", json)
      .operands("calibrate", 0, 1, operands);
  if (!command.parse(args)) return 0;
  const bool calibrates = !operands.empty();
  if (calibrates && operands[0] != "calibrate")
    throw Error(fmt::format("gate: unknown \"{}\"; did you mean \"calibrate\"?", operands[0]));
  if (!flags.models.empty())
    throw Error("gate: the models are given by --baseline and --candidate, without -m");
  if (baselines.empty()) throw Error("gate: --baseline is missing: a run, or a file of answers");
  read_margins(margins, options);
  if (macro) options.macro_margin = cli::number_flag("--macro-margin", *macro, 0, 100) / 100;
  if (alpha) options.alpha = cli::number_flag("--alpha", *alpha, 1e-9, 0.4);
  if (on_inconclusive && *on_inconclusive != "fail" && *on_inconclusive != "pass")
    throw Error(fmt::format("--on-inconclusive: fail or pass, not \"{}\"", *on_inconclusive));
  SuiteFilter wants = cli::suite_filter(flags.suites);
  if (calibrates && (candidate || flags.reduce))
    throw Error(
        fmt::format("gate calibrate: {} has no effect: answers are held against answers, "
                    "sample by sample",
                    candidate ? "--candidate" : "--reduce"));
  if (calibrates) return calibrate_command(baselines, flags.suites, options, json, global);
  if (baselines.size() > 1)
    throw Error("gate: one --baseline is wanted (several are for gate calibrate)");
  if (!candidate) throw Error("gate: --candidate is missing: a run, a file of answers, or a model");

  // Files are graded anew where suites are named, models are asked now; both in one run.
  struct Part {
    std::string name, text;
    Side side;
  };
  std::vector<Part> parts{{"baseline", baselines[0], {}}, {"candidate", *candidate, {}}};
  if (anchor) parts.push_back({"anchor", *anchor, {}});
  std::vector<Part*> to_run;
  for (Part& part : parts) {
    const Operand operand = operand_of(part.text);
    const bool regraded = cli::is_answers_file(operand.what) && !flags.suites.empty();
    if (is_stored(operand.what) && !regraded) {
      part.side = open_stored(operand, "--" + part.name);
      continue;
    }
    if (!regraded && cli::is_answers_file(operand.what))
      throw Error(fmt::format("--{}: {}: no such file", part.name, operand.what));
    if (!regraded && part.name != "candidate" && !part.text.starts_with("replay:"))
      throw Error(fmt::format("--{}: {}: no such run or file\n        leitai ls runs shows all",
                              part.name, part.text));
    flags.models.push_back(regraded ? fmt::format("replay:{},id={}", operand.what, part.name)
                                    : part.text + ",id=" + part.name);
    to_run.push_back(&part);
  }
  if (const std::string flag = flags.asking_flag(); to_run.empty() && !flag.empty())
    throw Error(fmt::format("{}: has no effect on stored answers", flag));
  std::vector<std::string> remarks;
  if (!to_run.empty()) {
    std::string baseline_config;
    if (flags.suites.empty() && !flags.config_file) {
      const std::vector<const Store*> runs =
          parts[0].side.sources ? parts[0].side.sources->runs() : std::vector<const Store*>{};
      if (runs.empty())
        throw Error("gate: which suites? give -s, or a run as --baseline whose suites are asked");
      baseline_config = (runs[0]->path().parent_path() / "config.yaml").string();
    }
    RunConfig config = flags.configure(baseline_config);
    if (!flags.name && !baseline_config.empty()) config.name.clear();
    config.stop.reset();  // a gate needs the whole suite
    resolve(config, cli::known(flags.suites_dir));
    wants = {};
    cli::Executed ran = cli::ask_for_missing(config, flags.suites_dir, {true, true}, global,
                                             cli::command_line("gate", args));
    if (ran.result.interrupted) return 130;
    remarks = ran.remarks;
    if (global.verbosity >= 0) fmt::print(stderr, "the answers lie in {}\n", ran.folder.string());
    const auto sources = std::make_shared<cli::Sources>();
    sources->take(std::move(ran.store));
    for (Part* part : to_run) part->side = {sources, part->name};
  }
  for (const Part& part : parts)
    if (wants) part.side.sources->require_suites(flags.suites);
  ScoreBook book(parse_reducer(flags.reduce.value_or("mean"), "--reduce"));
  for (const Part& part : parts) part.side.sources->fill(book, {{part.side.id, part.name}}, wants);
  GateReport report = gate(book, "baseline", "candidate", anchor ? "anchor" : "", options);
  report.baseline = parts[0].text;
  report.candidate = parts[1].text;

  const auto json_text = [&] {
    return gate_json(report).dump(-1, ' ', false,
                                  nlohmann::ordered_json::error_handler_t::replace) +
           "\n";
  };
  std::vector<std::pair<std::filesystem::path, std::string>> files;
  if (junit) files.emplace_back(*junit, gate_junit(report, on_inconclusive == "fail"));
  if (markdown) files.emplace_back(*markdown, gate_markdown(report));
  if (dir) {
    const std::filesystem::path folder(*dir);
    make_folder(folder);
    files.emplace_back(folder / "junit.xml", gate_junit(report, on_inconclusive == "fail"));
    files.emplace_back(folder / "summary.md", gate_markdown(report));
    files.emplace_back(folder / "gate.json", json_text());
  }
  for (const auto& [path, text] : files) write_file_atomic(path, text);
  if (json) {
    fmt::print("{}", json_text());
  } else {
    fmt::print("{}", gate_text(report, cli::style_of(global, stdout)));
  }
  if (global.verbosity >= 0) {
    for (const auto& [path, text] : files) fmt::print(stderr, "written: {}\n", path.string());
    for (const std::string& remark : remarks)
      fmt::print(stderr, "note: {}\n", escape_controls(remark));
  }
  return exit_code(report.outcome, on_inconclusive.value_or(""));
}

}  // namespace

}  // namespace leitai
