#include "harness/plan.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/cli/planned.h"
#include "harness/cli/run_flags.h"
#include "harness/cli/sources.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/resolution.h"
#include "harness/stats/power.h"
#include "harness/store.h"
#include "reports/table.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb plan_verb;
constinit const cli::Verb plan_verb = {
    .name = "plan",
    .group = "Ask and judge",
    .summary = "dry run: what would be asked, what is stored, what difference the plan can see",
    .usage = "[EVAL.yaml] [flags of run] [--detect POINTS] [--requests]",
    .examples =
        "leitai plan eval.yaml\nleitai plan -s house/ledger --requests --limit 5\nleitai plan -m "
        "engine:smollm2-135m -s gsm8k --limit 200\n"
        "leitai plan -s gsm8k,mgsm --detect 1.0",
    .run = run};

namespace {

std::string request_line(const Planned& planned) {
  const Request& q = planned.request;
  nlohmann::ordered_json out{{"suite", q.suite}, {"item", q.item}, {"sample", q.sample}};
  if (!q.model.empty()) out["model"] = q.model;
  out["mode"] = to_text(q.mode);
  if (!q.prompt.messages.empty()) {
    out["messages"] = messages_to_json(q.prompt.messages);
    out["add_generation_prompt"] = true;
  }
  if (q.prompt.text) out["prompt"] = *q.prompt.text;
  if (!q.prompt.continuations.empty()) out["continuations"] = q.prompt.continuations;
  out["wanted"] = to_json(q.wanted);
  out["sent"] = parse_json(q.sent_json.empty() ? "{}" : q.sent_json, "sent");
  out["digest"] = q.digest.hex();
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// What two models must differ by to be told apart.
std::string resolution_text(const std::vector<Resolution>& rows, std::optional<double> wanted,
                            const Style& style) {
  Table table;
  table.columns = {{.head = "two models, 80 % power", .side = Column::Side::Left, .is_name = true},
                   {.head = "items"},
                   {.head = "discordant"},
                   {.head = "smallest difference"}};
  if (wanted) table.columns.push_back({.head = fmt::format("items for {:g}", 100 * *wanted)});
  bool assumed = false;
  for (const Resolution& row : rows) {
    assumed = assumed || (!row.is_measured && row.name != "all");
    std::vector<std::string> cells = {
        row.name == "all" ? "index" : row.name, with_commas(row.items),
        row.name == "all"
            ? ""
            : fmt::format("{:.0f} %{}", 100 * row.discordance, row.is_measured ? "" : "*"),
        row.smallest ? points(row.smallest, style) : "none"};
    if (wanted)
      cells.push_back(row.items_needed ? with_commas(whole_items(*row.items_needed)) : "cannot");
    table.rows.push_back(std::move(cells));
  }
  std::string out = render(table, style);
  if (assumed)
    out += wrapped(
        fmt::format("* share of items that one of the two alone gets right: {:.0f} % is usual "
                    "between families (10 to 20 between neighbours of one, 1 to 5 for the same "
                    "weights); measured once answers are stored",
                    100 * kUsualDiscordance),
        2, style);
  return out;
}

/// What asking one model takes: tokens, money, time, and where the prices come from.
std::string model_text(const cli::PlannedModel& one, const Style& style) {
  std::string out =
      fmt::format("  {}: {} to ask, about {} prompt tokens, at most {} new ones   {}\n", one.id,
                  with_commas(one.to_ask), with_commas(one.prompt_tokens),
                  with_commas(one.completion_tokens_at_most), one.describe);
  if (one.to_ask == 0) return out;
  if (!one.cost_at_most.empty())
    out +=
        fmt::format("      costs at most {}, likely about {} ({:.0f} new tokens an answer, {})\n",
                    money_text(one.cost_at_most, style), money_text(one.cost_likely, style),
                    one.tokens_an_answer,
                    one.is_measured ? "as in the stored answers" : "a guess until some are stored");
  if (one.prices) {
    const PriceNote& note = *one.prices;
    out += fmt::format(
        "      prices as of {}: {:g} in, {:g} out, {} a million tokens{} ({})\n", note.as_of,
        note.input, note.output, note.currency,
        note.peak_factor ? fmt::format(", times {:g} at peak hours", *note.peak_factor) : "",
        escape_controls(note.source));
  } else if (one.is_price_unknown) {
    out += "      what it costs is not known: there is no price for this model\n";
  }
  if (one.seconds_at_least)
    out += fmt::format(
        "      takes at least {} at {}\n", time_text(1000 * *one.seconds_at_least, style),
        one.rpm && one.tpm
            ? fmt::format("{:g} requests and {:g} tokens a minute", *one.rpm, *one.tpm)
        : one.rpm ? fmt::format("{:g} requests a minute", *one.rpm)
                  : fmt::format("{:g} tokens a minute", *one.tpm));
  return out;
}

/// Money of all models, each currency for itself; "" for one model.
std::string sums_text(const std::vector<cli::PlannedModel>& models, const Style& style) {
  std::map<std::string, double> most, likely;
  int priced = 0;
  for (const cli::PlannedModel& one : models) {
    priced += !one.cost_at_most.empty();
    for (const auto& [currency, amount] : one.cost_at_most) most[currency] += amount;
    for (const auto& [currency, amount] : one.cost_likely) likely[currency] += amount;
  }
  if (priced < 2) return "";
  return fmt::format("  together at most {}, likely about {}\n", money_text(most, style),
                     money_text(likely, style));
}

int run(std::span<const std::string> args, cli::Global& global) {
  cli::RunFlags flags;
  bool requests = false, json = false;
  std::optional<std::string> detect;
  std::vector<std::string> operands;
  cli::Command command(plan_verb, global);
  flags.declare(command);
  command.flag("requests", "print what would be sent, a JSON line for each", requests)
      .text("detect", "POINTS", "how many items would show this difference of two models", detect)
      .flag("json", "the summary as JSON", json)
      .operands("the config file", 0, 1, operands);
  if (!command.parse(args)) return 0;
  RunConfig config = flags.configure(operands.empty() ? "" : operands[0]);
  const auto suites = cli::open_suites(config, flags.suites_dir);
  for (const auto& suite : suites)
    for (const std::string& caution : suite->info().cautions)
      if (global.verbosity >= 0) fmt::print(stderr, "note: {}\n", escape_controls(caution));
  const bool without_models = config.models.empty();
  if (!without_models) resolve(config, cli::known(flags.suites_dir));
  if (requests) {
    cli::planned_models(config, suites, nullptr, [](const Planned& planned) {
      fmt::print("{}\n", request_line(planned));
      return std::ferror(stdout) == 0;
    });
    return 0;
  }
  const std::filesystem::path folder = std::filesystem::path(config.out) / config.name;
  const std::optional<Store> store = without_models ? std::nullopt : cli::stored_run(config);
  const std::vector<cli::PlannedModel> models =
      cli::planned_models(config, suites, store ? &*store : nullptr);
  nlohmann::ordered_json summary{{"version", 1},
                                 {"run", without_models ? nlohmann::ordered_json(nullptr)
                                                        : nlohmann::ordered_json(folder.string())},
                                 {"models", nlohmann::ordered_json::array()}};
  const auto number = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
  };
  std::int64_t all_open = 0, all_planned = 0;
  for (const cli::PlannedModel& one : models) {
    all_open += one.to_ask;
    all_planned += one.planned;
    summary["models"].push_back(
        {{"model", one.id},
         {"what", one.describe},
         {"planned", one.planned},
         {"stored", one.stored},
         {"to_ask", one.to_ask},
         {"completion_tokens_at_most", one.completion_tokens_at_most},
         {"cost_at_most", one.cost_at_most},
         {"prompt_tokens", one.prompt_tokens},
         {"tokens_an_answer", one.tokens_an_answer},
         {"measured", one.is_measured},
         {"cost_likely", one.cost_likely},
         {"price_unknown", one.is_price_unknown},
         {"prices", one.prices ? cli::price_json(*one.prices) : nlohmann::json(nullptr)},
         {"seconds_at_least", number(one.seconds_at_least)}});
  }
  std::optional<double> wanted;
  if (detect) wanted = cli::number_flag("--detect", *detect, 0.001, 100) / 100;
  std::vector<BookSuite> asked;
  std::vector<std::int64_t> sizes;
  for (const auto& suite : suites) {
    const SuiteInfo& info = suite->info();
    asked.push_back({info.name, info.family, info.version, "", "", info.floor});
    sizes.push_back(info.size);
  }
  ScoreBook book;
  if (store) {
    std::map<std::string, std::string> columns;
    const BookSource source = cli::source_of(*store);
    for (const BookModel& model : source.models) columns[model.id] = model.id;
    book.add(*store, source, columns);
  }
  const std::vector<Resolution> resolutions =
      resolution_of(asked, sizes, store ? &book : nullptr, wanted);
  summary["resolution"] = nlohmann::ordered_json::array();
  for (const Resolution& row : resolutions)
    summary["resolution"].push_back({{"suite", row.name},
                                     {"items", row.items},
                                     {"discordance", row.discordance},
                                     {"measured", row.is_measured},
                                     {"smallest_difference", number(row.smallest)},
                                     {"items_needed", number(row.items_needed)}});
  if (json) {
    fmt::print("{}\n", summary.dump());
    return 0;
  }
  fmt::print("{} requests: {} model{} x", with_commas(all_planned), models.size(),
             models.size() == 1 ? "" : "s");
  for (const auto& suite : suites)
    fmt::print(" {} {}", suite->info().name, with_commas(suite->info().size * config.samples));
  fmt::print("\n{} stored already, {} to ask\n", with_commas(all_planned - all_open),
             with_commas(all_open));
  for (const cli::PlannedModel& one : models) {
    if (one.id.empty()) continue;
    fmt::print("{}", model_text(one, cli::style_of(global, stdout)));
  }
  fmt::print("{}", sums_text(models, cli::style_of(global, stdout)));
  fmt::print("\n{}", resolution_text(resolutions, wanted, cli::style_of(global, stdout)));
  if (!without_models) fmt::print("\nthe run is kept in {}\n", folder.string());
  return 0;
}

}  // namespace

}  // namespace leitai
