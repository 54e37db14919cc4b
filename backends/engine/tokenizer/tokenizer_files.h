#pragma once

#include <filesystem>
#include <memory>

#include "backends/engine/tokenizer/tokenizer.h"

namespace leitai {

class GgufFile;

/// From tokenizer.json; takes bos, eos and add_bos_token from a tokenizer_config.json beside it.
/// Throws Error.
std::unique_ptr<Tokenizer> tokenizer_from_json(const std::filesystem::path& path);

/// From the metadata tokenizer.ggml.*. Throws Error. The result does not refer to `file`.
std::unique_ptr<Tokenizer> tokenizer_from_gguf(const GgufFile& file);

}  // namespace leitai
