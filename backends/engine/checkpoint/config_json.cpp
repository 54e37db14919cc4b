#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "backends/engine/checkpoint/config_reader.h"
#include "backends/engine/checkpoint/mapped_file.h"
#include "harness/core/error.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSupported = "supported are llama, qwen2 and qwen3";

Json read_object(const std::filesystem::path& path) {
  const MappedFile file(path);
  Json out = Json::parse(file.bytes(), nullptr, /*allow_exceptions=*/false);
  if (out.is_discarded())
    throw Error(path.string() + ": is not valid JSON; the file is damaged: obtain it again");
  if (!out.is_object())
    throw Error(path.string() +
                ": is JSON but not an object; the file is damaged: obtain it again");
  return out;
}

/// Fields of one JSON object, with messages that name file and field.
class Fields {
 public:
  Fields(const Json& object, std::string path, std::string prefix = "")
      : object_(object), path_(std::move(path)), prefix_(std::move(prefix)) {}

  bool has(const std::string& key) const {
    return object_.contains(key) && !object_[key].is_null();
  }
  const Json& at(const std::string& key) const { return object_[key]; }

  Error wrong(const std::string& key, const std::string& what) const {
    return Error(fmt::format("{}: {}{} {}", path_, prefix_, key, what));
  }

  std::int64_t integer(const std::string& key) const {
    if (!has(key)) throw wrong(key, "is missing; obtain the file again");
    return integer_of(key, object_[key]);
  }
  std::int64_t integer(const std::string& key, std::int64_t otherwise) const {
    return has(key) ? integer_of(key, object_[key]) : otherwise;
  }
  double number(const std::string& key, double otherwise) const {
    if (!has(key)) return otherwise;
    if (!object_[key].is_number()) throw wrong(key, "is no number");
    return object_[key].get<double>();
  }
  bool boolean(const std::string& key, bool otherwise) const {
    if (!has(key)) return otherwise;
    if (!object_[key].is_boolean()) throw wrong(key, "is neither true nor false");
    return object_[key].get<bool>();
  }
  std::string text(const std::string& key, const std::string& otherwise) const {
    if (!has(key)) return otherwise;
    if (!object_[key].is_string()) throw wrong(key, "is no text");
    return object_[key].get<std::string>();
  }
  std::int64_t integer_of(const std::string& key, const Json& value) const {
    if (value.is_string()) throw wrong(key, "is a text, expected an integer");
    if (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>() &&
        std::abs(value.get<double>()) < 1e15) {
      return static_cast<std::int64_t>(value.get<double>());
    }
    if (!value.is_number_integer()) throw wrong(key, "is no integer");
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
      throw wrong(key, "is out of range");
    return value.get<std::int64_t>();
  }

 private:
  const Json& object_;
  std::string path_;
  std::string prefix_;
};

std::string model_type_of(const Fields& fields) {
  std::string type = fields.text("model_type", "");
  if (type.empty() && fields.has("architectures") && fields.at("architectures").is_array()) {
    for (const Json& name : fields.at("architectures")) {
      if (name == "LlamaForCausalLM") type = "llama";
      if (name == "Qwen2ForCausalLM") type = "qwen2";
      if (name == "Qwen3ForCausalLM") type = "qwen3";
    }
  }
  if (type.empty())
    throw fields.wrong(
        "model_type",
        fmt::format("is missing, and architectures names no known model; {}", kSupported));
  if (type != "llama" && type != "qwen2" && type != "qwen3") {
    throw fields.wrong("model_type",
                       fmt::format("{} is not supported; {}", shown_name(type), kSupported));
  }
  return type;
}

/// model-specs 2.1
double yarn_gain(double factor, double mscale) {
  return factor <= 1 ? 1 : 0.1 * mscale * std::log(factor) + 1;
}

void read_rope(const Fields& config, const std::string& path, std::int64_t max_positions,
               RopeConfig& rope) {
  rope.theta = config.number("rope_theta", rope.theta);
  const char* key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  if (!config.has(key)) return;
  if (!config.at(key).is_object()) throw config.wrong(key, "is no object");
  const Fields fields(config.at(key), path, std::string(key) + ".");
  rope.theta = fields.number("rope_theta", rope.theta);
  const std::string type = fields.text("rope_type", fields.text("type", "default"));
  if (type == "default") return;
  if (type != "linear" && type != "llama3" && type != "yarn") {
    throw Error(fmt::format(
        "{}: {}: rope type {} is not supported; known are default, linear, llama3 and yarn", path,
        key, shown_name(type)));
  }
  rope.factor = fields.number("factor", 0);
  rope.original_max_positions =
      fields.number("original_max_position_embeddings", static_cast<double>(max_positions));
  if (rope.factor == 0 && type == "yarn" && rope.original_max_positions > 0) {
    rope.factor = static_cast<double>(max_positions) / rope.original_max_positions;
  }
  if (!(rope.factor > 0) || !std::isfinite(rope.factor))
    throw fields.wrong("factor", "is missing or not above 0");
  if (type == "linear") {
    rope.scaling = RopeScaling::Linear;
    return;
  }
  if (!(rope.original_max_positions > 0))
    throw fields.wrong("original_max_position_embeddings", "is missing or not above 0");
  if (type == "llama3") {
    rope.scaling = RopeScaling::Llama3;
    rope.low_freq_factor = fields.number("low_freq_factor", rope.low_freq_factor);
    rope.high_freq_factor = fields.number("high_freq_factor", rope.high_freq_factor);
    if (!(rope.low_freq_factor > 0) || !(rope.high_freq_factor > rope.low_freq_factor)) {
      throw fields.wrong("high_freq_factor", "is not above low_freq_factor");
    }
    return;
  }
  rope.scaling = RopeScaling::Yarn;
  rope.beta_fast = fields.number("beta_fast", rope.beta_fast);
  rope.beta_slow = fields.number("beta_slow", rope.beta_slow);
  if (!(rope.beta_fast > 0) || !(rope.beta_slow > 0))
    throw fields.wrong("beta_fast", "or beta_slow is not above 0");
  rope.truncate = fields.boolean("truncate", true);
  const double mscale = fields.number("mscale", 0), mscale_all = fields.number("mscale_all_dim", 0);
  const double gain = mscale != 0 && mscale_all != 0
                          ? yarn_gain(rope.factor, mscale) / yarn_gain(rope.factor, mscale_all)
                          : yarn_gain(rope.factor, 1);
  rope.attention_factor = fields.number("attention_factor", gain);
}

/// Which layers see a window only (model-specs 1.3).
void read_windows(const Fields& fields, ModelConfig& config) {
  if (config.model_type == "llama" || !fields.boolean("use_sliding_window", false) ||
      !fields.has("sliding_window"))
    return;
  const std::int64_t window = fields.integer("sliding_window");
  if (window <= 0 || window > INT32_MAX)
    throw fields.wrong("sliding_window", fmt::format("{} is out of range", window));
  const std::int64_t first = fields.integer("max_window_layers", config.n_layers);
  const bool by_type = fields.has("layer_types");
  if (by_type && (!fields.at("layer_types").is_array() ||
                  fields.at("layer_types").size() != static_cast<std::size_t>(config.n_layers))) {
    throw fields.wrong("layer_types", "does not name one type a layer");
  }
  for (int i = 0; i < config.n_layers; ++i) {
    const bool is_windowed =
        by_type ? fields.at("layer_types")[static_cast<std::size_t>(i)] == "sliding_attention"
                : i >= first;
    config.windows.push_back(is_windowed ? static_cast<int>(window) : 0);
  }
}

void add_ids(const Fields& fields, const std::string& key, std::set<int>& ids) {
  if (!fields.has(key)) return;
  const Json& value = fields.at(key);
  for (const Json& id : value.is_array() ? value : Json::array({value})) {
    const std::int64_t number = fields.integer_of(key, id);
    if (number >= 0 && number <= INT32_MAX) ids.insert(static_cast<int>(number));
  }
}

int small(const Fields& fields, const std::string& key, std::int64_t value) {
  constexpr std::int64_t kLargest = 1 << 20;
  if (value < 1 || value > kLargest)
    throw fields.wrong(key, fmt::format("is {}, expected 1 to {}", value, kLargest));
  return static_cast<int>(value);
}

std::string_view own_word(std::string_view field) { return field; }

}  // namespace

ModelConfig read_json_config(const std::filesystem::path& folder) {
  ModelConfig config;
  const std::filesystem::path path = folder / "config.json";
  config.file = path.string();
  const Json object = read_object(path);
  const Fields fields(object, config.file);
  config.model_type = model_type_of(fields);
  if (fields.has("quantization_config")) {
    const Json& quantised = fields.at("quantization_config");
    const bool named = quantised.is_object() && quantised.contains("quant_method") &&
                       quantised["quant_method"].is_string();
    throw fields.wrong(
        "quantization_config.quant_method",
        fmt::format("{} is not supported; use a checkpoint in F32, F16 or BF16, or a GGUF file",
                    named ? shown_name(quantised["quant_method"].get<std::string>()) : "(none)"));
  }
  const std::string activation = fields.text("hidden_act", "silu");
  if (activation != "silu")
    throw fields.wrong("hidden_act",
                       fmt::format("{} is not supported; known is silu", shown_name(activation)));
  if (fields.number("partial_rotary_factor", 1) != 1)
    throw fields.wrong("partial_rotary_factor", "other than 1 is not supported");

  config.vocab_size = fields.integer("vocab_size");
  config.hidden_size = fields.integer("hidden_size");
  config.intermediate_size = fields.integer("intermediate_size");
  config.n_layers = small(fields, "num_hidden_layers", fields.integer("num_hidden_layers"));
  config.n_heads = small(fields, "num_attention_heads", fields.integer("num_attention_heads"));
  config.n_kv_heads =
      small(fields, "num_key_value_heads", fields.integer("num_key_value_heads", config.n_heads));
  const bool is_qwen3 = config.model_type == "qwen3";
  const std::int64_t head_dim =
      is_qwen3 && !object.contains("head_dim") ? 128 : config.hidden_size / config.n_heads;
  config.head_dim = small(fields, "head_dim", fields.integer("head_dim", head_dim));
  config.rms_norm_eps = fields.number("rms_norm_eps", 1e-6);
  config.max_positions = fields.integer("max_position_embeddings", 0);
  config.tie_word_embeddings = fields.boolean("tie_word_embeddings", false);
  const bool attention_bias = fields.boolean("attention_bias", false);
  config.qkv_bias = config.model_type == "qwen2" || attention_bias;
  config.o_bias = config.model_type != "qwen2" && attention_bias;
  config.mlp_bias = config.model_type == "llama" && fields.boolean("mlp_bias", false);
  config.qk_norm = is_qwen3;
  read_rope(fields, config.file, config.max_positions, config.rope);
  read_windows(fields, config);

  std::set<int> stops, starts;
  add_ids(fields, "eos_token_id", stops);
  add_ids(fields, "bos_token_id", starts);
  const std::filesystem::path generation = folder / "generation_config.json";
  if (std::filesystem::exists(generation)) {
    const Json more = read_object(generation);
    add_ids(Fields(more, generation.string()), "eos_token_id", stops);
  }
  config.eos_ids.assign(stops.begin(), stops.end());
  if (!starts.empty()) config.bos_id = *starts.begin();
  check_config(config, own_word);
  return config;
}

void check_config(const ModelConfig& config, std::string_view (*name)(std::string_view)) {
  const auto wrong = [&](std::string_view field, const std::string& what) {
    return Error(fmt::format("{}: {} {}", config.file, name(field), what));
  };
  const auto between = [&](std::string_view field, std::int64_t value, std::int64_t largest) {
    if (value < 1 || value > largest)
      throw wrong(field, fmt::format("is {}, expected 1 to {}", value, largest));
  };
  between("vocab_size", config.vocab_size, 1 << 24);
  between("hidden_size", config.hidden_size, 1 << 20);
  between("intermediate_size", config.intermediate_size, 1 << 24);
  between("num_hidden_layers", config.n_layers, 4096);
  between("num_attention_heads", config.n_heads, 1 << 16);
  between("num_key_value_heads", config.n_kv_heads, 1 << 16);
  between("head_dim", config.head_dim, 1 << 14);
  if (config.n_heads % config.n_kv_heads != 0) {
    throw wrong("num_attention_heads", fmt::format("{} is not a multiple of {} {}", config.n_heads,
                                                   name("num_key_value_heads"), config.n_kv_heads));
  }
  if (config.head_dim % 2 != 0) throw wrong("head_dim", fmt::format("{} is odd", config.head_dim));
  if (!(config.rms_norm_eps >= 0) || !std::isfinite(config.rms_norm_eps))
    throw wrong("rms_norm_eps", "is negative or not finite");
  if (!(config.rope.theta > 0) || !std::isfinite(config.rope.theta))
    throw wrong("rope_theta", "is not above 0");
  if (!std::isfinite(config.rope.attention_factor))
    throw wrong("rope_scaling", "gives an attention factor that is not finite");
  if (config.max_positions < 0) throw wrong("max_position_embeddings", "is negative");
}

}  // namespace leitai
