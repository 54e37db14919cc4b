#include "backends/engine/checkpoint/gguf.h"

#include <gtest/gtest.h>

#include <map>

#include "backends/engine/checkpoint/checkpoint.h"
#include "backends/engine/checkpoint/safetensors.h"
#include "backends/engine/tokenizer/tokenizer.h"
#include "harness/core/error.h"
#include "tests/engine/checkpoint_files.h"

namespace leitai {
namespace {

using test::GgufWriter;
using test::TempDir;

/// small_config as GGUF: matrices in Q8_0 where `quantised`, 256 tokens of one letter each.
std::string small_gguf(std::uint32_t version = 3, bool quantised = false) {
  static const std::map<std::string, std::string> kNames = {
      {"model.embed_tokens.weight", "token_embd.weight"},
      {"model.norm.weight", "output_norm.weight"},
      {"lm_head.weight", "output.weight"},
      {"model.layers.0.input_layernorm.weight", "blk.0.attn_norm.weight"},
      {"model.layers.0.post_attention_layernorm.weight", "blk.0.ffn_norm.weight"},
      {"model.layers.0.self_attn.q_proj.weight", "blk.0.attn_q.weight"},
      {"model.layers.0.self_attn.k_proj.weight", "blk.0.attn_k.weight"},
      {"model.layers.0.self_attn.v_proj.weight", "blk.0.attn_v.weight"},
      {"model.layers.0.self_attn.o_proj.weight", "blk.0.attn_output.weight"},
      {"model.layers.0.mlp.gate_proj.weight", "blk.0.ffn_gate.weight"},
      {"model.layers.0.mlp.up_proj.weight", "blk.0.ffn_up.weight"},
      {"model.layers.0.mlp.down_proj.weight", "blk.0.ffn_down.weight"}};
  GgufWriter out(version);
  out.text("general.architecture", "llama")
      .number("llama.block_count", 1)
      .number("llama.embedding_length", 32);
  out.number("llama.feed_forward_length", 64)
      .number("llama.attention.head_count", 4)
      .number("llama.attention.head_count_kv", 2);
  out.number("llama.vocab_size", 40)
      .number("llama.context_length", 64)
      .real("llama.rope.freq_base", 5000);
  out.real("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  out.text("tokenizer.ggml.model", "gpt2")
      .text("tokenizer.ggml.pre", "gpt-2")
      .text("tokenizer.chat_template", "{{ x }}");
  std::vector<std::string> tokens = {"<s>", "</s>", "a", "b", "ab", "\xC4\xA0"};
  while (tokens.size() < 40) tokens.push_back("pad" + std::to_string(tokens.size()));
  std::vector<std::int32_t> types(40, 5);
  for (std::size_t i = 0; i < 6; ++i) types[i] = i < 2 ? 3 : 1;
  out.texts("tokenizer.ggml.tokens", tokens)
      .numbers("tokenizer.ggml.token_type", types)
      .texts("tokenizer.ggml.merges", {"a b"});
  out.number("tokenizer.ggml.bos_token_id", 0)
      .number("tokenizer.ggml.eos_token_id", 1)
      .flag("tokenizer.ggml.add_bos_token", true);
  for (const auto& tensor : test::small_tensors()) {
    if (tensor.shape.size() < 2 || !quantised) {
      out.tensor(kNames.at(tensor.name), tensor.shape, 0, tensor.bytes);
      continue;
    }
    std::string blocks;
    for (std::size_t b = 0; b < tensor.bytes.size() / 128; ++b) {
      blocks += test::raw(std::uint16_t{0x3800});  // 0.5
      for (int i = 0; i < 32; ++i) blocks += static_cast<char>(i - 16);
    }
    out.tensor(kNames.at(tensor.name), tensor.shape, 8, blocks);
  }
  return out.bytes();
}

TEST(Gguf, ReadsConfigTensorsAndTokenizer) {
  const TempDir dir;
  for (const std::uint32_t version : {2u, 3u}) {
    test::write_text(dir / "m.gguf", small_gguf(version));
    const auto checkpoint = Checkpoint::open(dir / "m.gguf");
    const ModelConfig& config = checkpoint->config();
    EXPECT_EQ(config.model_type, "llama");
    EXPECT_EQ(config.head_dim, 8);
    EXPECT_TRUE(config.rope.interleaved);
    EXPECT_EQ(config.rope.theta, 5000);
    EXPECT_FALSE(config.tie_word_embeddings);
    EXPECT_EQ(config.eos_ids, (std::vector<int>{1}));
    EXPECT_EQ(checkpoint->chat_template(), "{{ x }}");
    const std::int64_t shape[] = {64, 32};
    EXPECT_EQ(to_f32(checkpoint->require("model.layers.0.mlp.up_proj.weight", shape))[64], 1.0F);
    const auto tokenizer = checkpoint->tokenizer();
    EXPECT_EQ(tokenizer->encode("ab ba</s>"), (std::vector<int>{0, 4, 5, 3, 2, 1}));
  }
}

TEST(Gguf, AFolderWithOneFileIsThatFile) {
  const TempDir dir;
  test::write_text(dir / "m.gguf", small_gguf());
  EXPECT_EQ(Checkpoint::open(dir.path())->config().n_layers, 1);
  EXPECT_EQ(load_tokenizer(dir.path())->size(), 40);
}

TEST(Gguf, DequantisesBlocks) {
  const TempDir dir;
  test::write_text(dir / "m.gguf", small_gguf(3, true));
  const auto checkpoint = Checkpoint::open(dir / "m.gguf");
  const std::int64_t shape[] = {32, 64};
  const TensorView down = checkpoint->require("model.layers.0.mlp.down_proj.weight", shape);
  EXPECT_EQ(down.dtype, DType::Q8_0);
  const auto values = to_f32(down);
  EXPECT_EQ(values[0], -8.0F);
  EXPECT_EQ(values[2047], 7.5F);
}

TEST(Gguf, ValuesAsTheReferenceDequantises) {
  LEITAI_NEEDS_SHARED("golden/models/gguf/quant_blocks.gguf");
  const auto folder = test::shared_dir() / "golden/models/gguf";
  const GgufFile file(folder / "quant_blocks.gguf");
  const MappedFile truth_file(folder / "quant_blocks.expected.safetensors");
  const SafetensorsHeader truth = read_safetensors(truth_file);
  const std::map<std::uint32_t, DType> types = {{0, DType::F32},  {1, DType::F16},
                                                {2, DType::Q4_0}, {3, DType::Q4_1},
                                                {8, DType::Q8_0}, {30, DType::BF16}};
  int compared = 0;
  for (const GgufTensorInfo& info : file.tensors()) {
    const auto type = types.find(info.type);
    if (type == types.end()) continue;
    TensorView view{.dtype = type->second};
    std::size_t n = 1;
    for (const std::uint64_t dim : info.dims) n *= dim;
    view.shape = {static_cast<std::int64_t>(n)};
    view.data = file.file().data() + file.data_begin() + info.offset;
    view.bytes = n * (type->second == DType::F32 ? 4 : 2);
    if (type->second == DType::Q8_0) view.bytes = n / 32 * 34;
    if (type->second == DType::Q4_0) view.bytes = n / 32 * 18;
    if (type->second == DType::Q4_1) view.bytes = n / 32 * 20;
    for (const SafetensorsEntry& entry : truth.entries) {
      if (entry.view.name != info.name) continue;
      const auto got = to_f32(view), want = to_f32(entry.view);
      ASSERT_EQ(got.size(), want.size());
      for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(got[i], want[i]) << info.name << " " << i;
      ++compared;
    }
  }
  EXPECT_GE(compared, 3);
  test::count_compared("dequantised tensors", compared);
}

TEST(Gguf, NamesWhatIsWrong) {
  const TempDir dir;
  const auto said = [&](const std::string& bytes) -> std::string {
    test::write_text(dir / "m.gguf", bytes);
    try {
      Checkpoint::open(dir / "m.gguf");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  const std::string good = small_gguf();
  EXPECT_EQ(said(good), "");
  std::string huge = good;
  huge.replace(8, 8, test::raw(std::uint64_t{1} << 60));
  EXPECT_NE(said(huge).find("tensor count 1152921504606846976 cannot fit"), std::string::npos);
  std::string other = good;
  other[0] = 'J';
  EXPECT_NE(said(other).find("m.gguf: does not start with GGUF"), std::string::npos);
  EXPECT_NE(said(good.substr(0, good.size() - 200))
                .find("tensor output.weight: its 5120 bytes at offset"),
            std::string::npos);
  GgufWriter kquant;
  kquant.text("general.architecture", "llama")
      .number("llama.block_count", 1)
      .number("llama.embedding_length", 32);
  kquant.number("llama.feed_forward_length", 64)
      .number("llama.attention.head_count", 4)
      .number("llama.vocab_size", 40);
  kquant.tensor("token_embd.weight", {40, 256}, 12, std::string(40 * 144, '\0'));
  EXPECT_NE(said(kquant.bytes()).find("tensor token_embd.weight: type Q4_K is not supported"),
            std::string::npos);
}

TEST(Gguf, RandomDamageIsAnErrorAtMost) {
  const TempDir dir;
  const std::string good = small_gguf();
  int refused = 0;
  constexpr int kRounds = 400;
  for (int round = 0; round < kRounds; ++round) {
    test::write_text(dir / "m.gguf", test::damaged(good, 1000 + static_cast<std::uint64_t>(round)));
    try {
      const auto checkpoint = Checkpoint::open(dir / "m.gguf");
      each_required_tensor(checkpoint->config(),
                           [&](const std::string& name, std::span<const std::int64_t> shape) {
                             to_f32(checkpoint->require(name, shape));
                           });
      checkpoint->tokenizer()->encode("ab ab</s>");
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("m.gguf"), std::string::npos) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, kRounds / 2);
}

}  // namespace
}  // namespace leitai
