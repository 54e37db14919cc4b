#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/core/random.h"
#include "harness/core/text.h"
#include "tests/support/support.h"

namespace leitai::test {

/// A random checkpoint that a test writes: a byte-level tokenizer, a chat template and weights
/// large enough that its logits are spread out. Also holds the weights, and computes logits in
/// double by the formulas, to check the engine against.
struct TinyModel {
  std::string type = "llama";  // llama, qwen2, qwen3
  int vocab = 264;             // 256 bytes, specials, a few rows of padding
  int hidden = 48;
  int wide = 80;
  int layers = 2;
  int heads = 4;
  int kv_heads = 2;
  int head_dim = 12;
  double eps = 1e-4;
  double theta = 5000;
  int window = 0;  // of every layer (qwen2)
  int max_positions = 512;
  std::uint64_t seed = 1;
  std::string chat_template =
      "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] "
      "}}<|im_end|>\n{% endfor %}"
      "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
  std::map<std::string, std::vector<float>> weights;
  std::map<std::string, std::vector<int>> shapes;

  static constexpr int kBos = 256;
  static constexpr int kStart = 257;
  static constexpr int kEnd = 258;

  void add(const std::string& name, std::vector<int> shape, double scale, double mean = 0) {
    std::size_t n = 1;
    for (const int one : shape) n *= static_cast<std::size_t>(one);
    SplitMix64 dice(seed * 1000 + weights.size());
    std::vector<float> values(n);
    for (float& value : values) value = static_cast<float>(mean + scale * (2 * dice.u01() - 1));
    weights[name] = std::move(values);
    shapes[name] = std::move(shape);
  }

  void make_weights() {
    const int q = heads * head_dim;
    const int kv = kv_heads * head_dim;
    add("model.embed_tokens.weight", {vocab, hidden}, 1.5);
    add("lm_head.weight", {vocab, hidden}, 0.8);
    add("model.norm.weight", {hidden}, 0.5, 1);
    for (int i = 0; i < layers; ++i) {
      const std::string at = fmt::format("model.layers.{}.", i);
      add(at + "input_layernorm.weight", {hidden}, 0.5, 1);
      add(at + "post_attention_layernorm.weight", {hidden}, 0.5, 1);
      add(at + "self_attn.q_proj.weight", {q, hidden}, 0.4);
      add(at + "self_attn.k_proj.weight", {kv, hidden}, 0.4);
      add(at + "self_attn.v_proj.weight", {kv, hidden}, 0.4);
      add(at + "self_attn.o_proj.weight", {hidden, q}, 0.4);
      add(at + "mlp.gate_proj.weight", {wide, hidden}, 0.4);
      add(at + "mlp.up_proj.weight", {wide, hidden}, 0.4);
      add(at + "mlp.down_proj.weight", {hidden, wide}, 0.4);
      if (type == "qwen2") {
        add(at + "self_attn.q_proj.bias", {q}, 1);
        add(at + "self_attn.k_proj.bias", {kv}, 1);
        add(at + "self_attn.v_proj.bias", {kv}, 1);
      }
      if (type == "qwen3") {
        add(at + "self_attn.q_norm.weight", {head_dim}, 0.5, 1);
        add(at + "self_attn.k_norm.weight", {head_dim}, 0.5, 1);
      }
    }
  }

  void write(const std::filesystem::path& folder) {
    if (weights.empty()) make_weights();
    std::filesystem::create_directories(folder);
    nlohmann::json config{{"model_type", type},
                          {"architectures",
                           {type == "llama"   ? "LlamaForCausalLM"
                            : type == "qwen2" ? "Qwen2ForCausalLM"
                                              : "Qwen3ForCausalLM"}},
                          {"vocab_size", vocab},
                          {"hidden_size", hidden},
                          {"intermediate_size", wide},
                          {"num_hidden_layers", layers},
                          {"num_attention_heads", heads},
                          {"num_key_value_heads", kv_heads},
                          {"head_dim", head_dim},
                          {"rms_norm_eps", eps},
                          {"rope_theta", theta},
                          {"hidden_act", "silu"},
                          {"tie_word_embeddings", false},
                          {"torch_dtype", "float32"},
                          {"max_position_embeddings", max_positions},
                          {"bos_token_id", kBos},
                          {"eos_token_id", kEnd}};
    if (window > 0)
      config.update(
          {{"use_sliding_window", true}, {"sliding_window", window}, {"max_window_layers", 0}});
    write_text(folder / "config.json", config.dump());
    write_text(folder / "tokenizer.json", tokenizer().dump());
    nlohmann::json tokenizer_config{{"bos_token", "<s>"}, {"eos_token", "<|im_end|>"}};
    if (!chat_template.empty()) tokenizer_config["chat_template"] = chat_template;
    write_text(folder / "tokenizer_config.json", tokenizer_config.dump());
    nlohmann::json header;
    std::string data;
    for (const auto& [name, values] : weights) {
      const std::size_t begin = data.size();
      data.append(reinterpret_cast<const char*>(values.data()), values.size() * 4);
      header[name] = {
          {"dtype", "F32"}, {"shape", shapes[name]}, {"data_offsets", {begin, data.size()}}};
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    std::uint64_t n = text.size();
    write_text(folder / "model.safetensors",
               std::string(reinterpret_cast<const char*>(&n), 8) + text + data);
  }

  /// Byte-level, without merges: a token a byte.
  static nlohmann::json tokenizer() {
    nlohmann::json vocabulary;
    int beyond = 256;
    for (int byte = 0; byte < 256; ++byte) {
      // GPT-2's alphabet: printable bytes stand for themselves, the others for code points from 256
      // on.
      const bool is_printable =
          (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      std::string name;
      append_utf8(name, static_cast<char32_t>(is_printable ? byte : beyond++));
      vocabulary[name] = byte;
    }
    nlohmann::json added = nlohmann::json::array();
    int id = 256;
    for (const char* name : {"<s>", "<|im_start|>", "<|im_end|>"}) {
      added.push_back({{"id", id++},
                       {"content", name},
                       {"single_word", false},
                       {"lstrip", false},
                       {"rstrip", false},
                       {"normalized", false},
                       {"special", true}});
    }
    return {{"version", "1.0"},
            {"truncation", nullptr},
            {"padding", nullptr},
            {"added_tokens", added},
            {"normalizer", nullptr},
            {"pre_tokenizer",
             {{"type", "ByteLevel"},
              {"add_prefix_space", false},
              {"trim_offsets", true},
              {"use_regex", true}}},
            {"post_processor", nullptr},
            {"decoder",
             {{"type", "ByteLevel"},
              {"add_prefix_space", true},
              {"trim_offsets", true},
              {"use_regex", true}}},
            {"model",
             {{"type", "BPE"},
              {"dropout", nullptr},
              {"unk_token", nullptr},
              {"continuing_subword_prefix", nullptr},
              {"end_of_word_suffix", nullptr},
              {"fuse_unk", false},
              {"byte_fallback", false},
              {"vocab", vocabulary},
              {"merges", nlohmann::json::array()}}}};
  }

  using Row = std::vector<double>;

  Row multiply(const std::string& name, const Row& x) const {
    const std::vector<float>& w = weights.at(name + ".weight");
    Row out(w.size() / x.size());
    for (std::size_t n = 0; n < out.size(); ++n) {
      for (std::size_t k = 0; k < x.size(); ++k)
        out[n] += static_cast<double>(w[n * x.size() + k]) * x[k];
      if (const auto bias = weights.find(name + ".bias"); bias != weights.end())
        out[n] += bias->second[n];
    }
    return out;
  }

  Row norm(const std::string& name, const Row& x) const {
    double squares = 0;
    for (const double value : x) squares += value * value;
    Row out(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      out[i] =
          x[i] / std::sqrt(squares / static_cast<double>(x.size()) + eps) * weights.at(name)[i];
    return out;
  }

  /// Per head: norm (qwen3), then rotation by halves.
  Row turned(const std::string& norm_name, const Row& x, int position) const {
    Row out;
    const auto d = static_cast<std::size_t>(head_dim);
    for (std::size_t at = 0; at < x.size(); at += d) {
      Row head(x.begin() + static_cast<std::ptrdiff_t>(at),
               x.begin() + static_cast<std::ptrdiff_t>(at + d));
      if (type == "qwen3") head = norm(norm_name, head);
      Row turned_head(d);
      for (std::size_t i = 0; i < d / 2; ++i) {
        const double angle =
            position * std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(d));
        turned_head[i] = head[i] * std::cos(angle) - head[i + d / 2] * std::sin(angle);
        turned_head[i + d / 2] = head[i + d / 2] * std::cos(angle) + head[i] * std::sin(angle);
      }
      out.insert(out.end(), turned_head.begin(), turned_head.end());
    }
    return out;
  }

  /// Logits of every position, in double.
  std::vector<Row> logits(const std::vector<int>& ids) const {
    std::vector<Row> x;
    for (const int id : ids) {
      const float* row = weights.at("model.embed_tokens.weight").data() + id * hidden;
      x.emplace_back(row, row + hidden);
    }
    const auto d = static_cast<std::size_t>(head_dim);
    for (int layer = 0; layer < layers; ++layer) {
      const std::string at = fmt::format("model.layers.{}.", layer);
      std::vector<Row> q, k, v;
      for (std::size_t t = 0; t < x.size(); ++t) {
        const Row normed = norm(at + "input_layernorm.weight", x[t]);
        q.push_back(turned(at + "self_attn.q_norm.weight",
                           multiply(at + "self_attn.q_proj", normed), static_cast<int>(t)));
        k.push_back(turned(at + "self_attn.k_norm.weight",
                           multiply(at + "self_attn.k_proj", normed), static_cast<int>(t)));
        v.push_back(multiply(at + "self_attn.v_proj", normed));
      }
      for (std::size_t t = 0; t < x.size(); ++t) {
        Row mixed(q[t].size());
        for (std::size_t h = 0; h < static_cast<std::size_t>(heads); ++h) {
          const std::size_t own = h / static_cast<std::size_t>(heads / kv_heads) * d;
          double total = 0;
          for (std::size_t s = window > 0 && t + 1 > static_cast<std::size_t>(window)
                                   ? t + 1 - static_cast<std::size_t>(window)
                                   : 0;
               s <= t; ++s) {
            double dot = 0;
            for (std::size_t i = 0; i < d; ++i) dot += q[t][h * d + i] * k[s][own + i];
            const double p = std::exp(dot / std::sqrt(head_dim));
            total += p;
            for (std::size_t i = 0; i < d; ++i) mixed[h * d + i] += p * v[s][own + i];
          }
          for (std::size_t i = 0; i < d; ++i) mixed[h * d + i] /= total;
        }
        const Row branch = multiply(at + "self_attn.o_proj", mixed);
        for (std::size_t i = 0; i < branch.size(); ++i) x[t][i] += branch[i];
        const Row normed = norm(at + "post_attention_layernorm.weight", x[t]);
        Row gate = multiply(at + "mlp.gate_proj", normed);
        const Row up = multiply(at + "mlp.up_proj", normed);
        for (std::size_t i = 0; i < gate.size(); ++i)
          gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
        const Row down = multiply(at + "mlp.down_proj", gate);
        for (std::size_t i = 0; i < down.size(); ++i) x[t][i] += down[i];
      }
    }
    std::vector<Row> out;
    for (const Row& row : x) out.push_back(multiply("lm_head", norm("model.norm.weight", row)));
    return out;
  }
};

}  // namespace leitai::test
