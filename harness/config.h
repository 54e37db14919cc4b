#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/budget.h"
#include "harness/core/backend.h"
#include "harness/core/model.h"
#include "harness/core/suite.h"
#include "harness/item_outcome.h"

namespace leitai {

struct ModelEntry {
  Model model;
  std::string where;  // "-m" or "eval.yaml:4: models[0]"
};

struct SuiteEntry {
  std::string spec;
  SuiteOptions options;
  std::string where;
};

/// Early stopping of a comparison of two models.
struct StopRule {
  enum class Kind { Sequential, Finite };
  Kind rule = Kind::Sequential;
  double alpha = 0.05;
};

/// Everything a run is told, from file and flags.
struct RunConfig {
  std::string file;  // the config file, "" when there is none
  std::string name;  // "" until resolve_name
  std::vector<ModelEntry> models;
  std::vector<SuiteEntry> suites;
  std::optional<std::string> prompt;  // --prompt: ask one thing
  int samples = 1;
  Reducer reduce;  // how several samples of an item become one score
  std::uint64_t seed = 42;
  std::optional<Mode> mode;
  std::optional<int> in_flight;
  std::map<std::string, int> in_flight_of;  // by model id
  std::optional<double> total_timeout_s;    // deadline of one request
  BudgetLimits budget;
  std::optional<StopRule> stop;
  std::vector<Outcome> ask_again;  // --retry: stored outcomes that are asked again, and no others
  double allow_failures_pct = 0.5;
  double progress_every_s = 30;
  std::vector<std::string> formats{"terminal"};
  std::string out = "runs";
  bool use_cache = false;  // answers kept across runs
  bool offline = false;
  BackendContext service;                // retry, timeouts, tls
  std::map<std::string, double> rpm_of;  // by model id
  std::map<std::string, double> tpm_of;
  /// What all models of a vendor and key share, by provider.
  struct VendorLimits {
    std::optional<int> in_flight;
    std::optional<double> rpm, tpm;
  };
  std::map<std::string, VendorLimits> vendor_limits;
  bool is_partial = false;  // a limit was given
};

/// What the configuration is checked against; the composition root fills it in.
struct Known {
  std::span<const BackendFactory* const> backends;
  std::vector<std::string> formats;
  /// A sentence that says what is wrong with this suite entry (unknown name, unknown option), or
  /// nothing.
  std::function<std::optional<std::string>(const SuiteEntry&)> suite_mistake;
};

/// Reads a YAML file. All mistakes are reported together, each as `FILE:LINE: path: what is wrong;
/// what to do`.
RunConfig read_config(const std::string& path, std::string_view text, const Known& known);

/// What the backend of this model is told of the configuration.
BackendContext context_of(const RunConfig& config, const Model& model);

/// The provider that a model names ("deepseek" of "deepseek/deepseek-chat"); "" for others.
std::string provider_of(const Model& model);

/// Checks what needs the whole picture (no model, no suite, equal ids) and gives defaults: model
/// ids, run name. Throws one Error holding all mistakes.
void resolve(RunConfig& config, const Known& known);

/// The resolved configuration as YAML, defaults included, secrets excluded.
std::string to_yaml(const RunConfig& config);

/// "200", "0.1" -> a limit; throws Error naming `where`.
double parse_limit(std::string_view text, std::string_view where);

}  // namespace leitai
