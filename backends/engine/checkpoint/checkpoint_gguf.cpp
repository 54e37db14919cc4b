#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "backends/engine/checkpoint/config_reader.h"
#include "backends/engine/checkpoint/gguf.h"
#include "backends/engine/checkpoint/open.h"
#include "backends/engine/checkpoint/values.h"
#include "backends/engine/tokenizer/tokenizer.h"
#include "backends/engine/tokenizer/tokenizer_files.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {
namespace {

constexpr std::string_view kAgain = "; the file is damaged: obtain it again";
constexpr std::string_view kRead = "read here are F32, F16, BF16, Q8_0, Q4_0 and Q4_1";

struct Type {
  std::uint32_t id;
  std::string_view name;
  std::optional<DType> dtype;
};

// ggml, include/ggml.h
constexpr Type kTypes[] = {{0, "F32", DType::F32},
                           {1, "F16", DType::F16},
                           {2, "Q4_0", DType::Q4_0},
                           {3, "Q4_1", DType::Q4_1},
                           {6, "Q5_0", {}},
                           {7, "Q5_1", {}},
                           {8, "Q8_0", DType::Q8_0},
                           {9, "Q8_1", {}},
                           {10, "Q2_K", {}},
                           {11, "Q3_K", {}},
                           {12, "Q4_K", {}},
                           {13, "Q5_K", {}},
                           {14, "Q6_K", {}},
                           {15, "Q8_K", {}},
                           {16, "IQ2_XXS", {}},
                           {17, "IQ2_XS", {}},
                           {18, "IQ3_XXS", {}},
                           {19, "IQ1_S", {}},
                           {20, "IQ4_NL", {}},
                           {21, "IQ3_S", {}},
                           {22, "IQ2_S", {}},
                           {23, "IQ4_XS", {}},
                           {24, "I8", {}},
                           {25, "I16", {}},
                           {26, "I32", {}},
                           {27, "I64", {}},
                           {28, "F64", {}},
                           {29, "IQ1_M", {}},
                           {30, "BF16", DType::BF16},
                           {34, "TQ1_0", {}},
                           {35, "TQ2_0", {}},
                           {39, "MXFP4", {}},
                           {40, "NVFP4", {}},
                           {41, "Q1_0", {}}};

constexpr std::uint32_t kWithdrawn[] = {4, 5, 31, 32, 33, 36, 37, 38};

/// "model.layers.3.self_attn.q_proj.weight" -> "blk.3.attn_q.weight"; "" for a name that GGUF has
/// no word for.
std::string gguf_name(std::string_view name) {
  if (name == "model.embed_tokens.weight") return "token_embd.weight";
  if (name == "model.norm.weight") return "output_norm.weight";
  if (name == "lm_head.weight") return "output.weight";
  constexpr std::string_view kLayers = "model.layers.";
  if (!name.starts_with(kLayers)) return "";
  name.remove_prefix(kLayers.size());
  const std::size_t dot = name.find('.');
  const std::size_t last = name.rfind('.');
  if (dot == std::string_view::npos || last <= dot) return "";
  static constexpr std::pair<std::string_view, std::string_view> kParts[] = {
      {"input_layernorm", "attn_norm"},    {"post_attention_layernorm", "ffn_norm"},
      {"self_attn.q_proj", "attn_q"},      {"self_attn.k_proj", "attn_k"},
      {"self_attn.v_proj", "attn_v"},      {"self_attn.o_proj", "attn_output"},
      {"self_attn.q_norm", "attn_q_norm"}, {"self_attn.k_norm", "attn_k_norm"},
      {"mlp.gate_proj", "ffn_gate"},       {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"}};
  for (const auto& [ours, theirs] : kParts) {
    if (name.substr(dot + 1, last - dot - 1) == ours) {
      return fmt::format("blk.{}.{}{}", name.substr(0, dot), theirs, name.substr(last));
    }
  }
  return "";
}

class GgufCheckpoint final : public Checkpoint {
 public:
  explicit GgufCheckpoint(const std::filesystem::path& path)
      : file_(path), config_(read_gguf_config(file_)) {
    for (const GgufTensorInfo& info : file_.tensors()) add(info);
    check_overlaps();
    const auto has = [&](const char* name) { return tensors_.contains(name); };
    config_.tie_word_embeddings = !has("output.weight");
    config_.qkv_bias = config_.model_type == "qwen2" || has("blk.0.attn_q.bias");
    config_.o_bias = has("blk.0.attn_output.bias");
    config_.mlp_bias = has("blk.0.ffn_gate.bias");
    read_vocab_size();
    read_rope_divisors();
    Sha256 digest;
    digest.update(file_.file().bytes().substr(
        0, std::min<std::size_t>(file_.data_begin(), file_.file().size())));
    digest.update(std::to_string(file_.file().size()));
    for (const auto& [name, view] : tensors_) {
      constexpr std::size_t kSample =
          256;  // of the middle of each tensor: tells fine-tunings of one model apart
      const std::size_t size = std::min(kSample, view.bytes);
      digest.update({reinterpret_cast<const char*>(view.data) + (view.bytes - size) / 2, size});
    }
    identity_ = digest.finish().hex();
  }

  const ModelConfig& config() const override { return config_; }
  std::string identity() const override { return identity_; }
  std::string chat_template() const override {
    return std::string(file_.string("tokenizer.chat_template").value_or(""));
  }
  std::unique_ptr<Tokenizer> tokenizer() const override { return tokenizer_from_gguf(file_); }

  const TensorView* find(std::string_view name) const override {
    const auto at = tensors_.find(gguf_name(name));
    return at == tensors_.end() ? nullptr : &at->second;
  }

 protected:
  Place place_of(std::string_view name) const override { return {file_.path(), gguf_name(name)}; }

 private:
  void add(const GgufTensorInfo& info) {
    const auto wrong = [&](const std::string& what, std::string_view advice) {
      return Error(
          fmt::format("{}: tensor {}: {}{}", file_.path(), shown_name(info.name), what, advice));
    };
    const auto type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const Type& t) { return t.id == info.type; });
    if (type == std::end(kTypes)) {
      const bool withdrawn = std::find(std::begin(kWithdrawn), std::end(kWithdrawn), info.type) !=
                             std::end(kWithdrawn);
      throw wrong(
          withdrawn
              ? fmt::format("type {} was withdrawn from the format and is not supported", info.type)
              : fmt::format("unknown type {}", info.type),
          withdrawn ? "; quantise the model again" : kAgain);
    }
    if (!type->dtype)
      throw wrong(fmt::format("type {} is not supported", type->name), fmt::format("; {}", kRead));
    TensorView view{.name = std::string(info.name), .dtype = *type->dtype};
    view.file = file_.path();
    std::uint64_t count = 1;
    for (std::uint64_t dim : info.dims) {
      if (dim > INT64_MAX / 8 || __builtin_mul_overflow(count, dim, &count) ||
          count > INT64_MAX / 8) {
        throw wrong("the number of elements overflows", kAgain);
      }
      view.shape.insert(view.shape.begin(), static_cast<std::int64_t>(dim));
    }
    const bool is_block_type =
        *type->dtype == DType::Q8_0 || *type->dtype == DType::Q4_0 || *type->dtype == DType::Q4_1;
    const std::uint64_t row = info.dims.empty() ? 1 : info.dims[0];
    if (is_block_type && row % 32 != 0) {
      throw wrong(
          fmt::format("row length {} is not a multiple of the {} block of 32", row, type->name),
          kAgain);
    }
    if (info.offset % file_.alignment() != 0) {
      throw wrong(fmt::format("offset {} is not a multiple of the alignment {}", info.offset,
                              file_.alignment()),
                  kAgain);
    }
    view.bytes = stored_bytes(*type->dtype, count);
    const std::uint64_t size = file_.file().size();
    if (file_.data_begin() > size || info.offset > size - file_.data_begin() ||
        view.bytes > size - file_.data_begin() - info.offset) {
      throw wrong(fmt::format("its {} bytes at offset {} lie beyond the end of the file",
                              view.bytes, info.offset),
                  "; the file is cut off or damaged: obtain it again");
    }
    view.data = file_.file().data() + file_.data_begin() + info.offset;
    if (!tensors_.emplace(view.name, view).second) throw wrong("name occurs twice", kAgain);
  }

  void check_overlaps() const {
    std::vector<const TensorView*> by_place;
    for (const auto& [name, view] : tensors_) {
      if (view.bytes > 0) by_place.push_back(&view);
    }
    std::sort(by_place.begin(), by_place.end(),
              [](const auto* a, const auto* b) { return a->data < b->data; });
    for (std::size_t i = 1; i < by_place.size(); ++i) {
      if (by_place[i - 1]->data + by_place[i - 1]->bytes <= by_place[i]->data) continue;
      throw Error(fmt::format("{}: tensor {}: its data overlaps that of {}{}", file_.path(),
                              shown_name(by_place[i]->name), shown_name(by_place[i - 1]->name),
                              kAgain));
    }
  }

  /// Rows of the embedding are what the model computes with; metadata may count the tokens alone.
  void read_vocab_size() {
    const auto at = tensors_.find("token_embd.weight");
    if (at == tensors_.end() || at->second.shape.size() != 2) return;
    const std::int64_t rows = at->second.shape[0];
    if (!file_.find(config_.model_type + ".vocab_size") && rows > config_.vocab_size &&
        rows <= 1 << 24)
      config_.vocab_size = rows;
  }

  void read_rope_divisors() {
    const auto at = tensors_.find("rope_freqs.weight");
    if (at == tensors_.end()) return;
    const TensorView& view = at->second;
    const auto wrong = [&](std::string_view what) {
      return Error(fmt::format("{}: tensor rope_freqs.weight: {}{}", file_.path(), what, kAgain));
    };
    if (view.dtype != DType::F32 || view.shape != std::vector<std::int64_t>{config_.head_dim / 2}) {
      throw wrong("is not one F32 for each pair of a head");
    }
    config_.rope.divisors = to_f32(view);
    for (float divisor : config_.rope.divisors) {
      if (!(divisor > 0) || divisor > 1e6F) throw wrong("holds a value that is no divisor");
    }
  }

  GgufFile file_;
  ModelConfig config_;
  std::map<std::string, TensorView, std::less<>> tensors_;  // by the file's names
  std::string identity_;
};

}  // namespace

std::unique_ptr<Checkpoint> open_gguf(const std::filesystem::path& file) {
  return std::make_unique<GgufCheckpoint>(file);
}

}  // namespace leitai
