#include "harness/cli/planned.h"

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

}  // namespace

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
  std::vector<PlannedModel> out;
  for (const ModelEntry& entry : entries) {
    const std::unique_ptr<Backend> backend =
        nameless ? std::make_unique<NoBackend>()
                 : open_backend(entry, answers, BackendContext{.is_dry = true});
    PlanCursor cursor(config, entry.model, *backend, suites, lookup, ItemOrder::Natural);
    PlannedModel one;
    one.id = entry.model.id;
    one.describe = backend->traits().describe;
    one.planned = plan_size(config, suites);
    while (const auto planned = cursor.next()) {
      ++one.to_ask;
      one.completion_tokens_at_most += planned->request.wanted.max_tokens.value_or(0);
      if (const auto price = backend->price_at_most(planned->request))
        one.cost_at_most[price->currency] += price->amount;
      if (visit && !visit(*planned)) return out;
    }
    one.stored = one.planned - one.to_ask;
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace leitai::cli
