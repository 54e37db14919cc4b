#pragma once

#include <functional>
#include <span>
#include <string>

#include "backends/engine/checkpoint/config.h"

namespace leitai {

/// Calls `visit` with name (as in safetensors) and shape of every weight that the architecture of
/// `config` needs; stops when `visit` throws.
void each_required_tensor(
    const ModelConfig& config,
    const std::function<void(const std::string&, std::span<const std::int64_t>)>& visit);

}  // namespace leitai
