#pragma once

#include <cstdint>
#include <span>

#include "backends/engine/ops.h"

namespace leitai {

struct SamplerSettings {
  double temperature = 0;  // 0: the largest logit, lowest id where equal
  int top_k = 0;           // 0: all
  double top_p = 1;  // smallest set of the likeliest tokens with at least this mass, after top_k
  double min_p = 0;  // tokens at least this likely relative to the likeliest
  std::uint64_t seed = 0;
};

/// The next token after `logits` of the ids that may be chosen. `summary` is of the same row. The
/// random number depends on (seed, position) alone, `position` counting generated tokens from 0.
/// Order of filters: temperature, top_k, top_p, min_p.
int sample(std::span<const float> logits, const RowSummary& summary,
           const SamplerSettings& settings, std::uint64_t position);

}  // namespace leitai
