#include "harness/cli/planned.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/cli/compose.h"
#include "harness/core/codec.h"

namespace leitai::cli {

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

// New tokens of an answer where none is stored yet; a plan says so.
constexpr double kUsualAnswer = 300, kUsualThoughtfulAnswer = 3000;

/// A token is about four bytes of English, and about one Chinese character, which is three bytes.
std::int64_t likely_prompt_tokens(const Prompt& prompt) {
  double ascii = 0, others = 0;
  const auto count = [&](std::string_view text) {
    for (const char c : text) (static_cast<unsigned char>(c) < 0x80 ? ascii : others) += 1;
  };
  if (prompt.text) count(*prompt.text);
  for (const Message& one : prompt.messages) count(one.text());
  return static_cast<std::int64_t>(ascii / 4 + others / 3) +
         4 * static_cast<std::int64_t>(prompt.messages.size());
}

/// Mean of the new tokens in the stored answers of each model.
std::map<std::string, double> tokens_by_model(const Store* store) {
  std::map<std::string, std::pair<double, double>> sums;
  if (store)
    store->each_fact([&](const Record& record) {
      if (const auto& tokens = record.response.usage.completion_tokens) {
        sums[record.request.model].first += static_cast<double>(*tokens);
        sums[record.request.model].second += 1;
      }
      return true;
    });
  std::map<std::string, double> out;
  for (const auto& [model, sum] : sums) out[model] = sum.first / sum.second;
  return out;
}

/// Money and time from the sums of a model.
void estimate(PlannedModel& one, double new_tokens) {
  if (one.to_ask == 0) return;
  one.tokens_an_answer = new_tokens / static_cast<double>(one.to_ask);
  const auto prompts = static_cast<double>(one.prompt_tokens);
  if (one.prices)
    one.cost_likely[one.prices->currency] =
        (prompts * one.prices->input + new_tokens * one.prices->output) / 1e6;
  const auto at_rate = [&](const std::optional<double>& per_minute, double amount) {
    if (!per_minute || *per_minute <= 0) return;
    one.seconds_at_least = std::max(one.seconds_at_least.value_or(0), amount / *per_minute * 60);
  };
  at_rate(one.rpm, static_cast<double>(one.to_ask));
  at_rate(one.tpm, prompts + new_tokens);
}

}  // namespace

nlohmann::json price_json(const PriceNote& note) {
  nlohmann::json out{{"currency", note.currency},
                     {"input", note.input},
                     {"output", note.output},
                     {"as_of", note.as_of},
                     {"source", note.source}};
  if (note.cached) out["cached"] = *note.cached;
  if (note.peak_factor) out["peak_factor"] = *note.peak_factor;
  return out;
}

std::optional<Store> stored_run(const RunConfig& config) {
  const std::filesystem::path folder = std::filesystem::path(config.out) / config.name;
  if (config.name.empty() || !Store::exists(folder)) return std::nullopt;
  return Store::open_read(folder);
}

std::vector<PlannedModel> planned_models(const RunConfig& config,
                                         std::span<const std::unique_ptr<Suite>> suites,
                                         const Store* store,
                                         const std::function<bool(const Planned&)>& visit) {
  const DoneLookup lookup = [&](const std::string& model, const std::string& suite) -> IsDone {
    if (!store) return [](const Request&) { return false; };
    return [done = std::make_shared<DoneSet>(store->load_done(model, suite))](
               const Request& request) { return done->contains(request); };
  };
  std::vector<ModelEntry> entries = config.models;
  const bool nameless = entries.empty();
  if (nameless) entries.emplace_back();
  Channel<Answer> answers(16);
  const std::map<std::string, double> measured = tokens_by_model(store);
  std::vector<std::unique_ptr<Backend>> backends;
  for (const ModelEntry& entry : entries) {
    BackendContext context = context_of(config, entry.model);
    context.is_dry = true;
    backends.push_back(nameless ? std::make_unique<NoBackend>()
                                : open_backend(entry, answers, context));
    check_askable(config, entry.model, *backends.back(), suites);
  }
  std::vector<PlannedModel> out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const ModelEntry& entry = entries[i];
    const std::unique_ptr<Backend>& backend = backends[i];
    PlanCursor cursor(config, entry.model, *backend, suites, lookup, ItemOrder::Natural);
    PlannedModel one;
    one.id = entry.model.id;
    one.describe = backend->traits().describe;
    one.planned = plan_size(config, suites);
    one.prices = backend->traits().prices;
    one.rpm = backend->traits().rpm;
    one.tpm = backend->traits().tpm;
    one.is_price_unknown = entry.model.backend == "http" && !one.prices;
    const auto known = measured.find(entry.model.id);
    one.is_measured = known != measured.end();
    double new_tokens = 0;
    while (const auto planned = cursor.next()) {
      ++one.to_ask;
      const TokensAtMost most = backend->tokens_at_most(planned->request).value_or(TokensAtMost{});
      one.completion_tokens_at_most += most.completion;
      one.prompt_tokens += likely_prompt_tokens(planned->request.prompt);
      const bool thinks = most.thinks || planned->request.wanted.thinking.value_or("off") != "off";
      const double usual = one.is_measured ? known->second
                           : thinks        ? kUsualThoughtfulAnswer
                                           : kUsualAnswer;
      new_tokens += std::min(usual, static_cast<double>(most.completion));
      if (const auto price = backend->price_at_most(planned->request))
        one.cost_at_most[price->currency] += price->amount;
      if (visit && !visit(*planned)) return out;
    }
    one.stored = one.planned - one.to_ask;
    estimate(one, new_tokens);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace leitai::cli
