#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace leitai {

enum class RopeScaling { None, Linear, Llama3, Yarn };

/// Rotary embedding as stated by the checkpoint.
struct RopeConfig {
  double theta = 10000;
  RopeScaling scaling = RopeScaling::None;
  double factor = 1;
  double original_max_positions = 0;  // Llama3, Yarn
  double low_freq_factor = 1;         // Llama3
  double high_freq_factor = 4;        // Llama3
  double beta_fast = 32;              // Yarn
  double beta_slow = 1;               // Yarn
  bool truncate = true;               // Yarn: round the correction range outwards
  double attention_factor = 1;        // multiplies cos and sin; already resolved
  std::vector<float> divisors;        // GGUF rope_freqs.weight: f_i / divisors[i]; empty: none
  bool interleaved =
      false;  // pairs (2i, 2i+1) as GGUF stores llama's permuted Q and K; else (i, i + d/2)
};

/// Hyperparameters with the meaning of Hugging Face's config.json.
struct ModelConfig {
  std::string file;        // config.json or the .gguf, for messages
  std::string model_type;  // "llama", "qwen2", "qwen3"
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  int n_layers = 0;
  int n_heads = 0;
  int n_kv_heads = 0;
  int head_dim = 0;
  double rms_norm_eps = 1e-6;
  RopeConfig rope;
  bool tie_word_embeddings = false;
  bool qkv_bias = false;  // q, k and v
  bool o_bias = false;
  bool mlp_bias = false;
  bool qk_norm = false;            // RMSNorm of each head of q and k before rope (qwen3)
  std::int64_t max_positions = 0;  // 0: not stated
  std::vector<int> windows;        // per layer, 0: full attention; empty: all full
  std::optional<int> bos_id;
  std::vector<int>
      eos_ids;  // union of config.json, generation_config.json and GGUF eos, eot, eom; sorted
};

}  // namespace leitai
