#include "harness/plan.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
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

/// A plan can be looked at without any model: this one sends nothing.
class NoBackend final : public Backend {
 public:
  const BackendTraits& traits() const override { return traits_; }
  void prepare(Request& request) const override {
    request.sent_json = dump(to_json(request.wanted));
  }
  void submit(Request) override {}
  void cancel() override {}

 private:
  BackendTraits traits_;
};

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
  if (without_models) config.models.push_back({});
  if (!without_models) resolve(config, cli::known(flags.suites_dir));
  Channel<Answer> answers(16);
  const std::filesystem::path folder = std::filesystem::path(config.out) / config.name;
  std::optional<Store> store;
  if (!without_models && Store::exists(folder)) store.emplace(Store::open_read(folder));
  const DoneLookup lookup = [&](const std::string& model, const std::string& suite) -> IsDone {
    if (!store) return [](const Request&) { return false; };
    return [done = std::make_shared<DoneSet>(store->load_done(model, suite))](
               const Request& request) { return done->contains(request); };
  };
  nlohmann::ordered_json summary{{"version", 1},
                                 {"run", without_models ? nlohmann::ordered_json(nullptr)
                                                        : nlohmann::ordered_json(folder.string())},
                                 {"models", nlohmann::ordered_json::array()}};
  std::int64_t all_open = 0, all_planned = 0;
  for (const ModelEntry& entry : config.models) {
    const std::unique_ptr<Backend> backend =
        without_models ? std::make_unique<NoBackend>()
                       : cli::open_backend(entry, answers, BackendContext{.is_dry = true});
    PlanCursor cursor(config, entry.model, *backend, suites,
                      requests ? DoneLookup([](const std::string&, const std::string&) {
                        return [](const Request&) { return false; };
                      })
                               : lookup,
                      ItemOrder::Natural);
    std::int64_t open = 0, max_tokens = 0;
    while (const auto planned = cursor.next()) {
      ++open;
      max_tokens += planned->request.wanted.max_tokens.value_or(0);
      if (requests) {
        fmt::print("{}\n", request_line(*planned));
        if (std::ferror(stdout)) return 0;
      }
    }
    const std::int64_t planned = plan_size(config, suites);
    all_open += open;
    all_planned += planned;
    summary["models"].push_back({{"model", entry.model.id},
                                 {"what", backend->traits().describe},
                                 {"planned", planned},
                                 {"stored", planned - open},
                                 {"to_ask", open},
                                 {"completion_tokens_at_most", max_tokens}});
  }
  if (requests) return 0;
  if (json) {
    fmt::print("{}\n", summary.dump());
    return 0;
  }
  fmt::print("{} requests: {} model{} x", with_commas(all_planned), config.models.size(),
             config.models.size() == 1 ? "" : "s");
  for (const auto& suite : suites)
    fmt::print(" {} {}", suite->info().name, with_commas(suite->info().size * config.samples));
  fmt::print("\n{} stored already, {} to ask\n", with_commas(all_planned - all_open),
             with_commas(all_open));
  for (const auto& one : summary["models"]) {
    if (one["model"] == "") continue;
    fmt::print("  {}: {} to ask, at most {} new tokens   {}\n", one["model"].get<std::string>(),
               with_commas(one["to_ask"].get<std::int64_t>()),
               with_commas(one["completion_tokens_at_most"].get<std::int64_t>()),
               one["what"].get<std::string>());
  }
  if (!without_models) fmt::print("the run is kept in {}\n", folder.string());
  return 0;
}

}  // namespace

}  // namespace leitai
