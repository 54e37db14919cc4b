#include "harness/stats/aggregate.h"

#include <gtest/gtest.h>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Aggregate, AgreesWithIndependentTruth) { test::run_golden("aggregate.jsonl"); }

TEST(Aggregate, SuiteOfOneItemHasNoError) {
  const std::vector<SuiteScore> suites = {{.accuracy = 1, .n = 1}, {.accuracy = 0, .n = 50}};
  const SuiteMeans out = suite_means(suites);
  EXPECT_FALSE(out.se_macro);
  EXPECT_DOUBLE_EQ(out.macro, 0.5);
  EXPECT_DOUBLE_EQ(out.micro, 1.0 / 51);
  EXPECT_EQ(out.geometric, 0);
  EXPECT_EQ(out.harmonic, 0);
}

TEST(Aggregate, ChanceAdjustmentIsNotClipped) {
  const std::vector<SuiteScore> suites = {{.accuracy = 0.1, .n = 20, .baseline = 0.25}};
  const SuiteMeans out = suite_means(suites);
  EXPECT_NEAR(out.mean_adjusted, -0.2, 1e-15);
  EXPECT_EQ(out.clipped_mean, 0);
}

}  // namespace
}  // namespace leitai
