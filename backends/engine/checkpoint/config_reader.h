#pragma once

#include <filesystem>

#include "backends/engine/checkpoint/config.h"
#include "backends/engine/checkpoint/gguf.h"

namespace leitai {

/// From config.json and, for stop ids, generation_config.json of `folder`. Throws Error naming the
/// file and the field.
ModelConfig read_json_config(const std::filesystem::path& folder);

/// From the metadata. Throws Error naming the file and the key. What follows from which tensors
/// exist (tied head, biases, rope divisors) is left to the caller.
ModelConfig read_gguf_config(const GgufFile& file);

/// Refuses sizes that contradict each other or are out of any sensible range. `name` gives the
/// file's own word for a field of config.json.
void check_config(const ModelConfig& config, std::string_view (*name)(std::string_view field));

}  // namespace leitai
