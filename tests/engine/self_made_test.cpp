#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "backends/engine/engine.h"
#include "backends/engine/probe.h"
#include "tests/engine/tiny_model.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

/// Logits worked out by another program in another language (tests/golden/README.md).
TEST(EngineGolden, SelfMadeCheckpointsMatchTheLogitsOfAnotherProgram) {
  for (const nlohmann::json& row :
       test::read_jsonl(test::source_dir() / "tests/golden/engine.jsonl")) {
    test::TinyModel model;
    model.type = row["type"].get<std::string>();
    model.head_dim = row["head_dim"].get<int>();
    model.window = row["window"].get<int>();
    const test::TempDir folder;
    model.write(folder.path());
    Engine engine(folder.path(), {.threads = 1});
    const nlohmann::json reply = probe_line(engine, {{"ids", row["ids"]}}, {.top = model.vocab});
    ASSERT_FALSE(reply.contains("error")) << reply.dump();
    ASSERT_EQ(reply["top"].size(), row["logits"].size());
    double worst = 0;
    for (const nlohmann::json& one : reply["top"]) {
      worst = std::max(worst, std::abs(one[1].get<double>() -
                                       row["logits"][one[0].get<std::size_t>()].get<double>()));
    }
    EXPECT_LT(worst, 2e-4) << model.type;
    test::count_compared("engine: self-made checkpoints (tests/golden)",
                         static_cast<std::int64_t>(row["logits"].size()));
  }
}

}  // namespace
}  // namespace leitai
