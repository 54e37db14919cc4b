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

// Defect 33 of public graders: A and B change places when others take part. Means do not.
TEST(Aggregate, WinRatesChangePlacesWithWhoTakesPart) {
  const std::vector<double> a = {.9, .9, .5}, b = {.8, .8, .6}, other = {.1, .1, .55};
  const auto two = mean_win_rate(std::vector{a, b}),
             four = mean_win_rate(std::vector{a, b, other, other});
  EXPECT_GT(two[0], two[1]);
  EXPECT_LT(four[0], four[1]);
  const auto mean = [](const std::vector<double>& scores) {
    std::vector<SuiteScore> suites;
    for (const double score : scores) suites.push_back({.accuracy = score, .n = 100});
    return suite_means(suites).macro;
  };
  EXPECT_GT(mean(a), mean(b));
}

}  // namespace
}  // namespace leitai
