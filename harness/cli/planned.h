#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/config.h"
#include "harness/core/suite.h"
#include "harness/plan.h"
#include "harness/store.h"

namespace leitai::cli {

/// For the store: "prices" of a model's configuration.
nlohmann::json price_json(const PriceNote& note);

/// What a plan holds for one model.
struct PlannedModel {
  std::string id;
  std::string describe;
  std::int64_t planned = 0;
  std::int64_t stored = 0;
  std::int64_t to_ask = 0;
  std::int64_t completion_tokens_at_most = 0;  // of what is to be asked
  std::map<std::string, double> cost_at_most;  // likewise, by currency; empty: free or unknown
  std::int64_t prompt_tokens = 0;              // of these, estimated
  std::map<std::string, double> cost_likely;  // with answers as long as those stored, else as usual
  double tokens_an_answer = 0;                // on which that rests
  bool is_measured = false;                   // by stored answers
  bool is_price_unknown = false;              // a service charges, and nobody knows how much
  std::optional<PriceNote> prices;
  std::optional<double> rpm, tpm;
  std::optional<double> seconds_at_least;  // at these rates
};

/// Goes through the plan of each model without sending anything. `visit` sees each request that has
/// no stored answer; false ends it. A configuration without models is planned for a nameless one.
std::vector<PlannedModel> planned_models(const RunConfig& config,
                                         std::span<const std::unique_ptr<Suite>> suites,
                                         const Store* store,
                                         const std::function<bool(const Planned&)>& visit = {});

/// The store of a resolved configuration, if there is one.
std::optional<Store> stored_run(const RunConfig& config);

}  // namespace leitai::cli
