#include "backends/engine/checkpoint/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "backends/engine/tokenizer/tokenizer.h"
#include "harness/core/error.h"
#include "tests/engine/checkpoint_files.h"

namespace leitai {
namespace {

using test::StoredTensor;
using test::TempDir;

/// What opening a checkpoint and reading all that its architecture needs says; "" if it goes well.
std::string refusal(const std::filesystem::path& path) {
  try {
    const auto checkpoint = Checkpoint::open(path);
    each_required_tensor(checkpoint->config(),
                         [&](const std::string& name, std::span<const std::int64_t> shape) {
                           checkpoint->require(name, shape);
                         });
    checkpoint->identity();
    checkpoint->chat_template();
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

StoredTensor& named(std::vector<StoredTensor>& tensors, const std::string& name) {
  for (StoredTensor& tensor : tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::out_of_range(name);
}

TEST(Checkpoint, ReadsSafetensorsAndConfig) {
  const TempDir dir;
  auto tensors = test::small_tensors();
  StoredTensor& norm = named(tensors, "model.norm.weight");
  norm.dtype = "BF16";
  norm.bytes.clear();
  for (int i = 0; i < 32; ++i) norm.bytes += test::raw(std::uint16_t{0x3FC0});  // 1.5
  StoredTensor& input = named(tensors, "model.layers.0.input_layernorm.weight");
  input.dtype = "F16";
  input.bytes.clear();
  for (int i = 0; i < 32; ++i)
    input.bytes += test::raw(static_cast<std::uint16_t>(i == 0 ? 0x0001 : 0xC500));  // 2^-24, -5
  test::write_small_folder(dir.path(), tensors);
  test::write_text(dir / "generation_config.json", R"({"eos_token_id": 7})");
  test::write_text(
      dir / "tokenizer_config.json",
      R"({"chat_template": [{"name": "tool", "template": "t"}, {"name": "default", "template": "d"}]})");

  const auto checkpoint = Checkpoint::open(dir.path());
  EXPECT_EQ(checkpoint->config().head_dim, 8);
  EXPECT_EQ(checkpoint->config().rope.theta, 5000);
  EXPECT_EQ(checkpoint->config().eos_ids, (std::vector<int>{2, 3, 7}));
  EXPECT_EQ(checkpoint->config().bos_id, 1);
  EXPECT_EQ(checkpoint->chat_template(), "d");
  const std::int64_t shape[] = {40, 32};
  const auto embedding = to_f32(checkpoint->require("model.embed_tokens.weight", shape));
  ASSERT_EQ(embedding.size(), 1280u);
  EXPECT_EQ(embedding[64], 1.0F);
  const std::int64_t row[] = {32};
  EXPECT_EQ(to_f32(checkpoint->require("model.norm.weight", row))[31], 1.5F);
  const auto halves = to_f32(checkpoint->require("model.layers.0.input_layernorm.weight", row));
  EXPECT_EQ(halves[0], std::ldexp(1.0F, -24));
  EXPECT_EQ(halves[1], -5.0F);
  EXPECT_EQ(checkpoint->find("model.layers.0.self_attn.q_proj.bias"), nullptr);
}

TEST(Checkpoint, IdentityTellsWeightsApart) {
  const TempDir dir;
  auto tensors = test::small_tensors();
  test::write_small_folder(dir / "a", tensors);
  test::write_small_folder(dir / "b", tensors);
  named(tensors, "lm_head.weight").bytes[2562] ^=
      1;  // in the middle, where a fine-tuning differs too
  test::write_small_folder(dir / "c", tensors);
  EXPECT_EQ(Checkpoint::open(dir / "a")->identity(), Checkpoint::open(dir / "b")->identity());
  EXPECT_NE(Checkpoint::open(dir / "a")->identity(), Checkpoint::open(dir / "c")->identity());
}

TEST(Checkpoint, ReadsShards) {
  const TempDir dir;
  test::write_text(dir / "config.json", test::small_config().dump());
  auto tensors = test::small_tensors();
  const std::vector<StoredTensor> first(tensors.begin(), tensors.begin() + 3),
      rest(tensors.begin() + 3, tensors.end());
  test::write_text(dir / "one.safetensors", test::safetensors_bytes(first));
  test::write_text(dir / "two.safetensors", test::safetensors_bytes(rest));
  nlohmann::json map;
  for (const auto& tensor : first) map[tensor.name] = "one.safetensors";
  for (const auto& tensor : rest) map[tensor.name] = "two.safetensors";
  test::write_text(dir / "model.safetensors.index.json",
                   nlohmann::json{{"weight_map", map}}.dump());
  EXPECT_EQ(refusal(dir.path()), "");
  map[rest[0].name] = "one.safetensors";
  test::write_text(dir / "model.safetensors.index.json",
                   nlohmann::json{{"weight_map", map}}.dump());
  const std::string said = refusal(dir.path());
  EXPECT_NE(said.find("one.safetensors: tensor " + rest[0].name), std::string::npos) << said;
  map[rest[0].name] = "../two.safetensors";
  test::write_text(dir / "model.safetensors.index.json",
                   nlohmann::json{{"weight_map", map}}.dump());
  EXPECT_NE(refusal(dir.path()).find("is no file of this folder"), std::string::npos);
}

TEST(Checkpoint, NamesFileAndTensorOfWhatIsWrong) {
  const TempDir dir;
  const auto expect = [&](const std::vector<StoredTensor>& tensors, const std::string& said) {
    test::write_small_folder(dir.path(), tensors);
    const std::string got = refusal(dir.path());
    EXPECT_EQ(got.rfind((dir / "model.safetensors").string() + ": tensor " + said, 0), 0u)
        << got << "\nexpected: " << said;
  };
  const std::string q = "model.layers.0.self_attn.q_proj.weight";
  auto tensors = test::small_tensors();
  std::erase_if(tensors, [&](const StoredTensor& tensor) { return tensor.name == q; });
  expect(tensors, q + ": is missing");
  tensors = test::small_tensors();
  named(tensors, q).shape = {64, 16};
  expect(tensors, q + ": shape is [64,16]");
  tensors = test::small_tensors();
  named(tensors, q).dtype = "I32";
  expect(tensors, q + ": dtype I32");
  tensors = test::small_tensors();
  named(tensors, q).dtype = "F7";
  expect(tensors, q + ": unknown dtype F7");
  for (const float value : {NAN, INFINITY, -INFINITY}) {
    tensors = test::small_tensors();
    named(tensors, q).bytes.replace(400, 4, test::raw(value));
    expect(tensors, q + ": holds a NaN or an infinity");
  }
}

TEST(Checkpoint, RefusesConfigsItCannotCompute) {
  const TempDir dir;
  test::write_small_folder(dir.path());
  const auto said = [&](const nlohmann::json& change) {
    nlohmann::json config = test::small_config();
    config.merge_patch(change);
    test::write_text(dir / "config.json", config.dump());
    return refusal(dir.path());
  };
  EXPECT_EQ(said(nlohmann::json::object()), "");
  for (const auto& [change, word] : std::vector<std::pair<nlohmann::json, std::string>>{
           {{{"hidden_act", "gelu"}}, "hidden_act gelu"},
           {{{"model_type", "mamba"}}, "model_type mamba"},
           {{{"rope_scaling", {{"type", "su2"}}}}, "rope type su2"},
           {{{"quantization_config", {{"quant_method", "awq"}}}},
            "quantization_config.quant_method awq"},
           {{{"num_key_value_heads", 3}},
            "num_attention_heads 4 is not a multiple of num_key_value_heads 3"},
           {{{"num_hidden_layers", 1e18}}, "num_hidden_layers"},
           {{{"vocab_size", nullptr}}, "vocab_size is missing"},
           {{{"hidden_size", "32"}}, "hidden_size is a text"}}) {
    const std::string got = said(change);
    EXPECT_NE(got.find("config.json: "), std::string::npos) << got;
    EXPECT_NE(got.find(word), std::string::npos) << got << "\nexpected: " << word;
  }
}

TEST(Checkpoint, ReadsRopeScalings) {
  const TempDir dir;
  test::write_small_folder(dir.path());
  const auto rope = [&](const nlohmann::json& change) {
    nlohmann::json config = test::small_config();
    config.merge_patch(change);
    test::write_text(dir / "config.json", config.dump());
    return Checkpoint::open(dir.path())->config().rope;
  };
  const RopeConfig yarn = rope({{"rope_parameters",
                                 {{"rope_type", "yarn"},
                                  {"rope_theta", 1e6},
                                  {"factor", 4.0},
                                  {"original_max_position_embeddings", 32}}}});
  EXPECT_EQ(yarn.scaling, RopeScaling::Yarn);
  EXPECT_EQ(yarn.theta, 1e6);
  EXPECT_NEAR(yarn.attention_factor, 1.138629, 1e-6);  // model-specs 2.1
  const RopeConfig both =
      rope({{"rope_scaling",
             {{"type", "yarn"}, {"factor", 40}, {"mscale", 0.707}, {"mscale_all_dim", 0.707}}}});
  EXPECT_EQ(both.attention_factor, 1);
  EXPECT_EQ(both.original_max_positions, 64);
  const RopeConfig linear = rope({{"rope_scaling", {{"type", "linear"}, {"factor", 4}}}});
  EXPECT_EQ(linear.scaling, RopeScaling::Linear);
  EXPECT_EQ(linear.factor, 4);
  const RopeConfig llama3 = rope({{"rope_scaling",
                                   {{"rope_type", "llama3"},
                                    {"factor", 8},
                                    {"low_freq_factor", 1},
                                    {"high_freq_factor", 4},
                                    {"original_max_position_embeddings", 16}}}});
  EXPECT_EQ(llama3.scaling, RopeScaling::Llama3);
  EXPECT_EQ(llama3.original_max_positions, 16);
}

TEST(Checkpoint, RandomDamageIsAnErrorAtMost) {
  const TempDir dir;
  test::write_small_folder(dir / "good");
  const std::string weights = test::read_text(dir / "good/model.safetensors"),
                    config = test::small_config().dump(1);
  int refused = 0;
  constexpr int kRounds = 300;
  for (int round = 0; round < kRounds; ++round) {
    const bool in_config = round % 3 == 0;
    test::write_text(dir / "good/config.json", in_config ? test::damaged(config, round) : config);
    test::write_text(dir / "good/model.safetensors",
                     in_config ? weights : test::damaged(weights, round));
    const std::string said = refusal(dir / "good");
    EXPECT_EQ(said.find('\n'), std::string::npos) << said;
    refused += said.empty() ? 0 : 1;
  }
  EXPECT_GT(refused, kRounds / 2);
}

TEST(Checkpoint, BrokenOnesAreRefusedByName) {
  LEITAI_NEEDS_SHARED("golden/models/broken");
  const auto folder = test::shared_dir() / "golden/models/broken";
  const auto cases = nlohmann::json::parse(test::read_text(folder / "expected.json"))["cases"];
  for (const auto& [name, want] : cases.items()) {
    const auto path = std::filesystem::exists(folder / name / "model.gguf")
                          ? folder / name / "model.gguf"
                          : folder / name;
    std::string said = refusal(path);
    if (want.value("phase", "") == "tokenizer") {
      EXPECT_EQ(said, "");
      try {
        Checkpoint::open(path)->tokenizer();
      } catch (const Error& error) {
        said = error.what();
      }
    }
    if (want["outcome"] == "loads") {
      EXPECT_EQ(said, "") << name;
      continue;
    }
    EXPECT_NE(said.find(want["file"].get<std::string>()), std::string::npos)
        << name << ": " << said;
    bool told = want["tensor"].is_null();
    for (const auto& tensor :
         want["tensor"].is_array() ? want["tensor"] : nlohmann::json::array({want["tensor"]})) {
      told =
          told || (tensor.is_string() && said.find(tensor.get<std::string>()) != std::string::npos);
    }
    EXPECT_TRUE(told) << name << ": " << said;
  }
  test::count_compared("broken checkpoints", static_cast<std::int64_t>(cases.size()));
}

}  // namespace
}  // namespace leitai
