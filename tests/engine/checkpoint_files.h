#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "backends/engine/checkpoint/required_tensors.h"
#include "harness/core/random.h"
#include "tests/support/support.h"

/// Small checkpoints that tests write, byte by byte, without the code that reads them.
namespace leitai::test {

template <typename T>
std::string raw(T value) {
  std::string out(sizeof value, '\0');
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

struct StoredTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::string dtype = "F32";
  std::string bytes;
};

inline nlohmann::json small_config() {
  return {{"model_type", "llama"},    {"vocab_size", 40},       {"hidden_size", 32},
          {"intermediate_size", 64},  {"num_hidden_layers", 1}, {"num_attention_heads", 4},
          {"num_key_value_heads", 2}, {"rope_theta", 5000.0},   {"rms_norm_eps", 1e-5},
          {"eos_token_id", {2, 3}},   {"bos_token_id", 1},      {"max_position_embeddings", 64}};
}

/// The tensors of small_config in F32, value i of each i / 64.
inline std::vector<StoredTensor> small_tensors() {
  ModelConfig config;
  config.vocab_size = 40;
  config.hidden_size = 32;
  config.intermediate_size = 64;
  config.n_layers = 1;
  config.n_heads = 4;
  config.n_kv_heads = 2;
  config.head_dim = 8;
  std::vector<StoredTensor> out;
  each_required_tensor(config, [&](const std::string& name, std::span<const std::int64_t> shape) {
    StoredTensor tensor{.name = name, .shape = {shape.begin(), shape.end()}};
    std::int64_t n = 1;
    for (const std::int64_t dim : shape) n *= dim;
    for (std::int64_t i = 0; i < n; ++i) tensor.bytes += raw(static_cast<float>(i) / 64);
    out.push_back(std::move(tensor));
  });
  return out;
}

inline std::string safetensors_bytes(const std::vector<StoredTensor>& tensors) {
  nlohmann::json header = nlohmann::json::object();
  std::string data;
  for (const StoredTensor& tensor : tensors) {
    const std::size_t begin = data.size();
    data += tensor.bytes;
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  return raw(static_cast<std::uint64_t>(text.size())) + text + data;
}

inline void write_small_folder(const std::filesystem::path& folder,
                               const std::vector<StoredTensor>& tensors = small_tensors()) {
  std::filesystem::create_directories(folder);
  write_text(folder / "config.json", small_config().dump());
  write_text(folder / "model.safetensors", safetensors_bytes(tensors));
}

/// A GGUF file put together entry by entry.
class GgufWriter {
 public:
  explicit GgufWriter(std::uint32_t version = 3) : version_(version) {}

  GgufWriter& text(const std::string& key, const std::string& value) {
    return entry(key, 8, string(value));
  }
  GgufWriter& number(const std::string& key, std::uint32_t value) {
    return entry(key, 4, raw(value));
  }
  GgufWriter& real(const std::string& key, float value) { return entry(key, 6, raw(value)); }
  GgufWriter& flag(const std::string& key, bool value) {
    return entry(key, 7, std::string(1, value ? '\1' : '\0'));
  }
  GgufWriter& texts(const std::string& key, const std::vector<std::string>& values) {
    std::string bytes = raw(std::uint32_t{8}) + raw(static_cast<std::uint64_t>(values.size()));
    for (const std::string& value : values) bytes += string(value);
    return entry(key, 9, bytes);
  }
  GgufWriter& numbers(const std::string& key, const std::vector<std::int32_t>& values) {
    std::string bytes = raw(std::uint32_t{5}) + raw(static_cast<std::uint64_t>(values.size()));
    for (const std::int32_t value : values) bytes += raw(value);
    return entry(key, 9, bytes);
  }
  /// `shape` outermost first, as in safetensors.
  GgufWriter& tensor(const std::string& name, const std::vector<std::int64_t>& shape,
                     std::uint32_t type, const std::string& bytes) {
    infos_ += string(name) + raw(static_cast<std::uint32_t>(shape.size()));
    for (auto dim = shape.rbegin(); dim != shape.rend(); ++dim) infos_ += raw(*dim);
    infos_ += raw(type) + raw(static_cast<std::uint64_t>(data_.size()));
    data_ += bytes;
    data_.resize((data_.size() + 31) / 32 * 32);
    ++n_tensors_;
    return *this;
  }

  std::string bytes() const {
    std::string out =
        "GGUF" + raw(version_) + raw(n_tensors_) + raw(n_entries_) + entries_ + infos_;
    if (n_tensors_ > 0) out.resize((out.size() + 31) / 32 * 32);
    return out + data_;
  }

 private:
  static std::string string(const std::string& value) {
    return raw(static_cast<std::uint64_t>(value.size())) + value;
  }
  GgufWriter& entry(const std::string& key, std::uint32_t type, const std::string& value) {
    entries_ += string(key) + raw(type) + value;
    ++n_entries_;
    return *this;
  }

  std::uint32_t version_;
  std::uint64_t n_tensors_ = 0, n_entries_ = 0;
  std::string entries_, infos_, data_;
};

/// A copy cut short or with a few bytes changed, most often near the start.
inline std::string damaged(const std::string& bytes, std::uint64_t seed) {
  SplitMix64 dice(seed);
  std::string out = bytes;
  if (dice.below(10) < 3) {
    out.resize(dice.below(bytes.size()));
    return out;
  }
  const std::uint64_t n = 1 + dice.below(8);
  for (std::uint64_t i = 0; i < n; ++i) {
    const std::uint64_t place =
        dice.below(dice.below(4) == 0 ? out.size() : std::min<std::uint64_t>(out.size(), 2000));
    const std::uint64_t kind = dice.below(4);
    out[place] = static_cast<char>(kind == 0   ? 0
                                   : kind == 1 ? 0xFF
                                   : kind == 2 ? 0x7F
                                               : dice.below(256));
  }
  return out;
}

}  // namespace leitai::test
