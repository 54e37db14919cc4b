#include "backends/engine/checkpoint/required_tensors.h"

#include <fmt/format.h>

#include <initializer_list>
#include <vector>

namespace leitai {

void each_required_tensor(
    const ModelConfig& config,
    const std::function<void(const std::string&, std::span<const std::int64_t>)>& visit) {
  const auto need = [&](const std::string& name, std::initializer_list<std::int64_t> shape) {
    visit(name, std::vector<std::int64_t>(shape));
  };
  const std::int64_t hidden = config.hidden_size, inner = config.intermediate_size;
  const std::int64_t q = std::int64_t{config.n_heads} * config.head_dim,
                     kv = std::int64_t{config.n_kv_heads} * config.head_dim;
  need("model.embed_tokens.weight", {config.vocab_size, hidden});
  for (int i = 0; i < config.n_layers; ++i) {
    const std::string layer = fmt::format("model.layers.{}.", i);
    const auto linear = [&](const std::string& name, std::int64_t rows, std::int64_t cols,
                            bool has_bias) {
      need(layer + name + ".weight", {rows, cols});
      if (has_bias) need(layer + name + ".bias", {rows});
    };
    need(layer + "input_layernorm.weight", {hidden});
    linear("self_attn.q_proj", q, hidden, config.qkv_bias);
    linear("self_attn.k_proj", kv, hidden, config.qkv_bias);
    linear("self_attn.v_proj", kv, hidden, config.qkv_bias);
    linear("self_attn.o_proj", hidden, q, config.o_bias);
    if (config.qk_norm) {
      need(layer + "self_attn.q_norm.weight", {config.head_dim});
      need(layer + "self_attn.k_norm.weight", {config.head_dim});
    }
    need(layer + "post_attention_layernorm.weight", {hidden});
    linear("mlp.gate_proj", inner, hidden, config.mlp_bias);
    linear("mlp.up_proj", inner, hidden, config.mlp_bias);
    linear("mlp.down_proj", hidden, inner, config.mlp_bias);
  }
  need("model.norm.weight", {hidden});
  if (!config.tie_word_embeddings) need("lm_head.weight", {config.vocab_size, hidden});
}

}  // namespace leitai
