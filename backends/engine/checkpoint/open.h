#pragma once

#include <filesystem>
#include <memory>

#include "backends/engine/checkpoint/checkpoint.h"

namespace leitai {

/// `folder` with config.json and model.safetensors or model.safetensors.index.json.
std::unique_ptr<Checkpoint> open_safetensors(const std::filesystem::path& folder);

std::unique_ptr<Checkpoint> open_gguf(const std::filesystem::path& file);

}  // namespace leitai
