// Llama 2 and 3, SmolLM2, DeepSeek-LLM and -Coder, R1-Distill-Llama, Yi: the plain dense decoder;
// biases where the checkpoint has them.

#include "backends/engine/arch/dense.h"

namespace leitai {
namespace {

std::unique_ptr<Network> load(const Checkpoint& checkpoint, Stream& stream) {
  const ModelConfig& config = checkpoint.config();
  return load_dense(
      checkpoint,
      {.qkv_bias = config.qkv_bias, .o_bias = config.o_bias, .mlp_bias = config.mlp_bias}, stream);
}

}  // namespace

extern constinit const Architecture llama_architecture = {.name = "llama", .load = load};

}  // namespace leitai
