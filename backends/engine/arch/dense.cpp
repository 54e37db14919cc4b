#include "backends/engine/arch/dense.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>

#include "backends/engine/arch/rope_frequencies.h"

namespace leitai {
namespace {

/// Weight with an optional bias.
struct Linear {
  Weight weight;
  std::vector<float> bias;

  LinearPart to(Tensor out) const { return {.weight = &weight, .bias = bias, .out = out}; }
};

struct Layer {
  std::vector<float> input_norm, post_norm, q_norm, k_norm;
  Linear q, k, v, o, gate, up, down;
  KvLayer kv;
  AttentionShape attention;
};

class Loader {
 public:
  Loader(const Checkpoint& checkpoint, Stream& stream) : checkpoint_(checkpoint), stream_(stream) {}

  std::vector<float> vector(const std::string& name, std::int64_t n) const {
    const std::array shape{n};
    return to_f32(checkpoint_.require(name, shape));
  }

  Linear linear(const std::string& name, std::int64_t rows, std::int64_t cols,
                bool has_bias) const {
    const std::array shape{rows, cols};
    const TensorView stored = checkpoint_.require(name + ".weight", shape);
    Linear out{.weight = pack_weight(stream_, stored.dtype, static_cast<int>(rows),
                                     static_cast<int>(cols), stored.data)};
    if (has_bias) out.bias = vector(name + ".bias", rows);
    return out;
  }

 private:
  const Checkpoint& checkpoint_;
  Stream& stream_;
};

class DenseDecoder final : public Network {
 public:
  DenseDecoder(const Checkpoint& checkpoint, const DenseTraits& traits, Stream& stream)
      : config_(checkpoint.config()), inv_freq_(rope_frequencies(config_.rope, config_.head_dim)) {
    const Loader load(checkpoint, stream);
    const std::int64_t hidden = config_.hidden_size;
    const std::int64_t q_width = std::int64_t{config_.n_heads} * config_.head_dim;
    const std::int64_t kv_width = std::int64_t{config_.n_kv_heads} * config_.head_dim;
    const std::array table_shape{config_.vocab_size, hidden};
    embedding_ = checkpoint.require("model.embed_tokens.weight", table_shape);
    for (int i = 0; i < config_.n_layers; ++i) {
      const std::string at = fmt::format("model.layers.{}.", i);
      Layer layer;
      layer.input_norm = load.vector(at + "input_layernorm.weight", hidden);
      layer.q = load.linear(at + "self_attn.q_proj", q_width, hidden, traits.qkv_bias);
      layer.k = load.linear(at + "self_attn.k_proj", kv_width, hidden, traits.qkv_bias);
      layer.v = load.linear(at + "self_attn.v_proj", kv_width, hidden, traits.qkv_bias);
      layer.o = load.linear(at + "self_attn.o_proj", hidden, q_width, traits.o_bias);
      if (traits.qk_norm) {
        layer.q_norm = load.vector(at + "self_attn.q_norm.weight", config_.head_dim);
        layer.k_norm = load.vector(at + "self_attn.k_norm.weight", config_.head_dim);
      }
      layer.post_norm = load.vector(at + "post_attention_layernorm.weight", hidden);
      layer.gate =
          load.linear(at + "mlp.gate_proj", config_.intermediate_size, hidden, traits.mlp_bias);
      layer.up =
          load.linear(at + "mlp.up_proj", config_.intermediate_size, hidden, traits.mlp_bias);
      layer.down =
          load.linear(at + "mlp.down_proj", hidden, config_.intermediate_size, traits.mlp_bias);
      layer.kv = {
          .n_kv_heads = config_.n_kv_heads, .head_dim = config_.head_dim, .offset = page_floats_};
      page_floats_ += 2 * layer.kv.values();
      layer.attention = {
          .n_heads = config_.n_heads,
          .scale = static_cast<float>(1 / std::sqrt(static_cast<double>(config_.head_dim))),
          .window = config_.windows.empty() ? 0 : config_.windows[static_cast<std::size_t>(i)]};
      layers_.push_back(std::move(layer));
    }
    final_norm_ = load.vector("model.norm.weight", hidden);
    const char* head = config_.tie_word_embeddings ? "model.embed_tokens" : "lm_head";
    head_ = load.linear(head, config_.vocab_size, hidden, false);
  }

  std::size_t page_floats() const override { return page_floats_; }

  std::size_t weight_bytes() const override {
    std::size_t bytes = head_.weight.bytes;
    for (const Layer& layer : layers_) {
      for (const Linear* one :
           {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down}) {
        bytes += one->weight.bytes;
      }
    }
    return bytes;
  }

  void forward(Stream& stream, const Step& step, Tensor hidden) override {
    const Tensors at = workspace(static_cast<int>(step.ids.size()));
    const auto eps = static_cast<float>(config_.rms_norm_eps);
    embed(stream, at.x, embedding_.dtype, embedding_.data, step.ids);
    rope_table(stream, at.cos, at.sin, step.where.positions, inv_freq_,
               static_cast<float>(config_.rope.attention_factor));
    for (const Layer& layer : layers_) {
      rmsnorm(stream, at.normed, at.x, layer.input_norm, eps);
      attend(stream, layer, step.where, at, eps);
      add(stream, at.x, at.branch);
      rmsnorm(stream, at.normed, at.x, layer.post_norm, eps);
      mlp(stream, layer, at);
      add(stream, at.x, at.branch);
    }
    rmsnorm(stream, hidden, at.x, final_norm_, eps);
  }

  void logits(Stream& stream, Tensor hidden, Tensor out) override {
    const std::array part{head_.to(out)};
    linear(stream, part, hidden);
  }

 private:
  /// Views of the working memory of a step.
  struct Tensors {
    Tensor x, normed, branch, q, k, v, mixed, gate, up, cos, sin;
  };

  /// branch = W_o attention(rope(q), rope(k), v) of normed
  void attend(Stream& stream, const Layer& layer, const Placement& where, const Tensors& at,
              float eps) {
    const std::array qkv{layer.q.to(at.q), layer.k.to(at.k), layer.v.to(at.v)};
    linear(stream, qkv, at.normed);
    if (!layer.q_norm.empty()) {
      rmsnorm_heads(stream, at.q, layer.q_norm, eps);
      rmsnorm_heads(stream, at.k, layer.k_norm, eps);
    }
    const RopePairing pairing =
        config_.rope.interleaved ? RopePairing::Interleaved : RopePairing::Halves;
    rope(stream, at.q, config_.head_dim, at.cos, at.sin, pairing);
    rope(stream, at.k, config_.head_dim, at.cos, at.sin, pairing);
    store_kv(stream, layer.kv, where, at.k, at.v);
    attention(stream, at.mixed, at.q, layer.kv, where, layer.attention);
    const std::array o{layer.o.to(at.branch)};
    linear(stream, o, at.mixed);
  }

  /// branch = W_down(silu(W_gate normed) * W_up normed)
  void mlp(Stream& stream, const Layer& layer, const Tensors& at) {
    const std::array gate_up{layer.gate.to(at.gate), layer.up.to(at.up)};
    linear(stream, gate_up, at.normed);
    silu_mul(stream, at.gate, at.up);
    const std::array down{layer.down.to(at.branch)};
    linear(stream, down, at.gate);
  }

  Tensors workspace(int n_tokens) {
    const int hidden = static_cast<int>(config_.hidden_size);
    const int wide = static_cast<int>(config_.intermediate_size);
    const int q_width = config_.n_heads * config_.head_dim;
    const int kv_width = config_.n_kv_heads * config_.head_dim;
    const std::array widths{hidden,
                            hidden,
                            hidden,
                            q_width,
                            kv_width,
                            kv_width,
                            q_width,
                            wide,
                            wide,
                            config_.head_dim / 2,
                            config_.head_dim / 2};
    std::size_t total = 0;
    for (const int width : widths)
      total += static_cast<std::size_t>(width) * static_cast<std::size_t>(n_tokens);
    if (workspace_.size() < total) workspace_.resize(total);
    float* next = workspace_.data();
    const auto cut = [&](std::size_t i) {
      const Tensor tensor{next, n_tokens, widths[i], widths[i]};
      next += static_cast<std::ptrdiff_t>(widths[i]) * n_tokens;
      return tensor;
    };
    return {cut(0), cut(1), cut(2), cut(3), cut(4), cut(5),
            cut(6), cut(7), cut(8), cut(9), cut(10)};
  }

  const ModelConfig config_;
  const std::vector<float> inv_freq_;
  TensorView embedding_;  // stays in the checkpoint's mapped file, which outlives the network
  std::vector<Layer> layers_;
  std::vector<float> final_norm_;
  Linear head_;
  std::size_t page_floats_ = 0;
  std::vector<float> workspace_;
};

}  // namespace

std::unique_ptr<Network> load_dense(const Checkpoint& checkpoint, const DenseTraits& traits,
                                    Stream& stream) {
  return std::make_unique<DenseDecoder>(checkpoint, traits, stream);
}

}  // namespace leitai
