#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "backends/engine/checkpoint/config_reader.h"
#include "harness/core/error.h"

namespace leitai {
namespace {

constexpr std::string_view kAgain = "; the file is damaged: obtain it again";

std::string_view own_word(std::string_view field) {
  if (field == "vocab_size") return "the number of tokens";
  if (field == "hidden_size") return "embedding_length";
  if (field == "intermediate_size") return "feed_forward_length";
  if (field == "num_hidden_layers") return "block_count";
  if (field == "num_attention_heads") return "attention.head_count";
  if (field == "num_key_value_heads") return "attention.head_count_kv";
  if (field == "head_dim") return "attention.key_length";
  if (field == "rms_norm_eps") return "attention.layer_norm_rms_epsilon";
  if (field == "rope_theta") return "rope.freq_base";
  if (field == "max_position_embeddings") return "context_length";
  return field;
}

class Metadata {
 public:
  Metadata(const GgufFile& file, std::string_view architecture)
      : file_(file), prefix_(std::string(architecture) + ".") {}

  std::string key(std::string_view name) const { return prefix_ + std::string(name); }
  std::int64_t integer(std::string_view name) const {
    if (const auto value = file_.integer(key(name))) return *value;
    throw Error(fmt::format("{}: metadata {} is missing{}", file_.path(), key(name), kAgain));
  }
  std::int64_t integer(std::string_view name, std::int64_t otherwise) const {
    return file_.integer(key(name)).value_or(otherwise);
  }
  double number(std::string_view name, double otherwise) const {
    return file_.number(key(name)).value_or(otherwise);
  }

  /// A number, or a list of the same number once a layer.
  std::int64_t same_in_layers(std::string_view name, std::int64_t otherwise) const {
    const GgufValue* value = file_.find(key(name));
    if (value == nullptr || value->type != GgufType::Array) return integer(name, otherwise);
    const auto list = *file_.integers(key(name));
    if (list.empty() ||
        std::any_of(list.begin(), list.end(), [&](std::int64_t v) { return v != list[0]; })) {
      throw Error(fmt::format(
          "{}: metadata {} differs between layers, which is not supported; use another model",
          file_.path(), key(name)));
    }
    return list[0];
  }

  int small(std::string_view name, std::int64_t value) const {
    constexpr std::int64_t kLargest = 1 << 20;
    if (value < 1 || value > kLargest) {
      throw Error(fmt::format("{}: metadata {} is {}, expected 1 to {}{}", file_.path(), key(name),
                              value, kLargest, kAgain));
    }
    return static_cast<int>(value);
  }

 private:
  const GgufFile& file_;
  std::string prefix_;
};

void read_rope(const GgufFile& file, const Metadata& data, ModelConfig& config) {
  RopeConfig& rope = config.rope;
  rope.theta = data.number("rope.freq_base", 10000);
  rope.interleaved = config.model_type == "llama";
  if (data.integer("rope.dimension_count", config.head_dim) != config.head_dim) {
    throw Error(fmt::format("{}: metadata {} is not the head size {}, which is not supported",
                            file.path(), data.key("rope.dimension_count"), config.head_dim));
  }
  const auto type = file.string(data.key("rope.scaling.type")).value_or("none");
  if (type == "none") return;
  rope.factor = data.number("rope.scaling.factor", 1);
  if (!(rope.factor > 0) || !std::isfinite(rope.factor)) {
    throw Error(fmt::format("{}: metadata {} is not above 0{}", file.path(),
                            data.key("rope.scaling.factor"), kAgain));
  }
  if (type == "linear") {
    rope.scaling = RopeScaling::Linear;
  } else if (type == "yarn") {
    rope.scaling = RopeScaling::Yarn;
    rope.original_max_positions = data.number("rope.scaling.original_context_length",
                                              static_cast<double>(config.max_positions));
    if (!(rope.original_max_positions > 0)) {
      throw Error(fmt::format("{}: metadata {} is missing{}", file.path(),
                              data.key("rope.scaling.original_context_length"), kAgain));
    }
    rope.beta_fast = data.number("rope.scaling.yarn_beta_fast", rope.beta_fast);
    rope.beta_slow = data.number("rope.scaling.yarn_beta_slow", rope.beta_slow);
    if (!(rope.beta_fast > 0) || !(rope.beta_slow > 0)) {
      throw Error(fmt::format("{}: metadata {} is not above 0{}", file.path(),
                              data.key("rope.scaling.yarn_beta_fast"), kAgain));
    }
    const double gain = rope.factor <= 1 ? 1 : 0.1 * std::log(rope.factor) + 1;
    rope.attention_factor = gain * data.number("rope.scaling.attn_factor", 1);
  } else {
    throw Error(fmt::format(
        "{}: metadata {}: rope type {} is not supported; known are none, linear and yarn",
        file.path(), data.key("rope.scaling.type"), shown_name(type)));
  }
}

}  // namespace

ModelConfig read_gguf_config(const GgufFile& file) {
  ModelConfig config;
  config.file = file.path();
  const auto architecture = file.string("general.architecture");
  if (!architecture)
    throw Error(fmt::format("{}: metadata general.architecture is missing{}", file.path(), kAgain));
  if (*architecture != "llama" && *architecture != "qwen2" && *architecture != "qwen3") {
    throw Error(fmt::format(
        "{}: general.architecture {} is not supported; supported are llama, qwen2 and qwen3",
        file.path(), shown_name(*architecture)));
  }
  if (file.integer("split.count").value_or(1) > 1) {
    throw Error(
        fmt::format("{}: is one part of a model split into several files, which is not supported; "
                    "join them with "
                    "llama.cpp's gguf-split --merge",
                    file.path()));
  }
  config.model_type = std::string(*architecture);
  const Metadata data(file, *architecture);
  if (data.integer("expert_count", 0) != 0) {
    throw Error(fmt::format("{}: metadata {} is not 0: mixtures of experts are not supported",
                            file.path(), data.key("expert_count")));
  }
  config.n_layers = data.small("block_count", data.integer("block_count"));
  config.hidden_size = data.integer("embedding_length");
  config.intermediate_size = data.same_in_layers("feed_forward_length", 0);
  config.n_heads =
      data.small("attention.head_count", data.same_in_layers("attention.head_count", 0));
  config.n_kv_heads = data.small("attention.head_count_kv",
                                 data.same_in_layers("attention.head_count_kv", config.n_heads));
  config.head_dim =
      data.small("attention.key_length",
                 data.integer("attention.key_length", config.hidden_size / config.n_heads));
  if (data.integer("attention.value_length", config.head_dim) != config.head_dim) {
    throw Error(fmt::format("{}: metadata {} is not that of keys, which is not supported",
                            file.path(), data.key("attention.value_length")));
  }
  config.rms_norm_eps = data.number("attention.layer_norm_rms_epsilon", 1e-6);
  config.max_positions = data.integer("context_length", 0);
  if (const auto tokens = file.find("tokenizer.ggml.tokens");
      tokens != nullptr && tokens->type == GgufType::Array) {
    config.vocab_size =
        static_cast<std::int64_t>(std::min<std::uint64_t>(tokens->count, INT32_MAX));
  }
  config.vocab_size = data.integer("vocab_size", config.vocab_size);
  config.qk_norm = config.model_type == "qwen3";
  read_rope(file, data, config);

  std::set<int> stops;
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                          "tokenizer.ggml.eom_token_id"}) {
    const auto id = file.integer(key);
    if (id && *id >= 0 && *id < config.vocab_size) stops.insert(static_cast<int>(*id));
  }
  config.eos_ids.assign(stops.begin(), stops.end());
  const auto bos = file.integer("tokenizer.ggml.bos_token_id");
  if (bos && *bos >= 0 && *bos < config.vocab_size) config.bos_id = static_cast<int>(*bos);
  check_config(config, own_word);
  return config;
}

}  // namespace leitai
