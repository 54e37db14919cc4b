#pragma once

#include "backends/engine/arch/architecture.h"

namespace leitai {

/// What tells dense pre-norm decoders with grouped-query attention and a SiLU-gated MLP apart.
struct DenseTraits {
  bool qkv_bias = false;
  bool o_bias = false;
  bool mlp_bias = false;
  bool qk_norm = false;  // RMSNorm of every head of q and k, before rope
};

std::unique_ptr<Network> load_dense(const Checkpoint& checkpoint, const DenseTraits& traits,
                                    Stream& stream);

}  // namespace leitai
