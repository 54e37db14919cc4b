// Qwen3 dense: a norm of every head of q and k before rope; biases only where the checkpoint says
// attention_bias.

#include "backends/engine/arch/dense.h"

namespace leitai {
namespace {

std::unique_ptr<Network> load(const Checkpoint& checkpoint, Stream& stream) {
  const ModelConfig& config = checkpoint.config();
  return load_dense(
      checkpoint, {.qkv_bias = config.qkv_bias, .o_bias = config.o_bias, .qk_norm = true}, stream);
}

}  // namespace

extern constinit const Architecture qwen3_architecture = {.name = "qwen3", .load = load};

}  // namespace leitai
