#pragma once

#include <vector>

#include "backends/engine/checkpoint/config.h"

namespace leitai {

/// Angle per position of each of head_dim / 2 pairs, with the checkpoint's scaling applied. In f32
/// where the reference computes in f32: theta^(2i/d) and its inverse are rounded as there.
std::vector<float> rope_frequencies(const RopeConfig& rope, int head_dim);

}  // namespace leitai
