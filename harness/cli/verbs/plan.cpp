#include "harness/plan.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/cli/planned.h"
#include "harness/cli/run_flags.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/store.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb plan_verb;
constinit const cli::Verb plan_verb = {
    .name = "plan",
    .group = "Ask and judge",
    .summary = "dry run: what would be asked, and what is stored already",
    .usage = "[EVAL.yaml] [flags of run] [--requests]",
    .examples =
        "leitai plan eval.yaml\nleitai plan -s house/ledger --requests --limit 5\nleitai plan -m "
        "engine:smollm2-135m -s gsm8k --limit 200",
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

int run(std::span<const std::string> args, cli::Global& global) {
  cli::RunFlags flags;
  bool requests = false, json = false;
  std::vector<std::string> operands;
  cli::Command command(plan_verb, global);
  flags.declare(command);
  command.flag("requests", "print what would be sent, a JSON line for each", requests)
      .flag("json", "the summary as JSON", json)
      .operands("the config file", 0, 1, operands);
  if (!command.parse(args)) return 0;
  RunConfig config = flags.configure(operands.empty() ? "" : operands[0]);
  const auto suites = cli::open_suites(config, flags.suites_dir);
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
  std::int64_t all_open = 0, all_planned = 0;
  for (const cli::PlannedModel& one : models) {
    all_open += one.to_ask;
    all_planned += one.planned;
    summary["models"].push_back({{"model", one.id},
                                 {"what", one.describe},
                                 {"planned", one.planned},
                                 {"stored", one.stored},
                                 {"to_ask", one.to_ask},
                                 {"completion_tokens_at_most", one.completion_tokens_at_most}});
  }
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
    fmt::print("  {}: {} to ask, at most {} new tokens   {}\n", one.id, with_commas(one.to_ask),
               with_commas(one.completion_tokens_at_most), one.describe);
  }
  if (!without_models) fmt::print("the run is kept in {}\n", folder.string());
  return 0;
}

}  // namespace

}  // namespace leitai
