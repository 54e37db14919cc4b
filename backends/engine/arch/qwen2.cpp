// Qwen2 and Qwen2.5, R1-Distill-Qwen: bias on q, k and v, none elsewhere. Layers with a sliding
// window see that many positions.

#include "backends/engine/arch/dense.h"

namespace leitai {
namespace {

std::unique_ptr<Network> load(const Checkpoint& checkpoint, Stream& stream) {
  return load_dense(checkpoint, {.qkv_bias = true}, stream);
}

}  // namespace

extern constinit const Architecture qwen2_architecture = {.name = "qwen2", .load = load};

}  // namespace leitai
