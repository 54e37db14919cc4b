#pragma once

#include <nlohmann/json_fwd.hpp>

#include "backends/engine/engine.h"

namespace leitai {

struct ProbeOptions {
  int top = 0;     // how many of the largest logits of the last position
  int greedy = 0;  // how many tokens to continue by the largest logit, stop tokens or not
  bool all_positions = false;  // logits of every position
};

/// What the engine computes for one line of the workbench: {"ids": [...]} or {"text": ...,
/// "special": false, "parse_special": true}, optional "continuation_ids". Gives {"ids", "logprobs",
/// "top", "greedy", "greedy_logprobs"}, with "logits" and "continuation_logprobs",
/// "continuation_greedy" where asked for; {"error": ...} for a line that cannot be answered. The
/// stated context is no limit here.
///   logprobs[i]  log p(ids[i + 1] | ids[0 ... i])
nlohmann::json probe_line(Engine& engine, const nlohmann::json& line, const ProbeOptions& options);

}  // namespace leitai
