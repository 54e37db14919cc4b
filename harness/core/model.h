#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace leitai {

/// Sampling parameters as wanted by the user. Absent means: not asked for, the server's own
/// default.
struct SamplingParams {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<double> min_p;
  std::optional<int> top_k;
  std::optional<int> max_tokens;  // completion budget, reasoning tokens included
  std::optional<std::uint64_t> seed;
  std::optional<int> logprobs;          // number of alternatives to report for each generated token
  std::optional<std::string> thinking;  // "on", "off" or a budget in tokens
  std::vector<std::string> stop;
  bool operator==(const SamplingParams&) const = default;
};

/// A competitor as configured: weights or endpoint plus parameters. Two settings of the same
/// weights are two Models.
struct Model {
  std::string id;       // short, readable, unique in a run; column `model` of every table
  std::string spec;     // as typed: "engine:smollm2-135m,temperature=0"
  std::string backend;  // name of the backend factory: "engine", "replay"
  std::string target;   // what the backend opens: a path, a hub id, a URL
  std::map<std::string, std::string>
      options;  // the backend's own keys (device, dtype, as, ...), already checked
  SamplingParams params;
  std::optional<std::string> system;  // system instruction put before every prompt
};

}  // namespace leitai
