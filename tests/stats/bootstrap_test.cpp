#include "harness/stats/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Bootstrap, AgreesWithIndependentTruth) { test::run_golden("bootstrap.jsonl"); }

// One value only: nothing varies, so nothing of BCa is defined.
TEST(Bootstrap, ConstantScoresHaveNoBca) {
  const std::vector<double> values(7, 3.0);
  const BootstrapMean result = bootstrap_mean(values, 10, {.seed = 1, .replicates = 50});
  EXPECT_DOUBLE_EQ(result.mean, 0.3);
  EXPECT_EQ(result.bca.equal, 50);
  EXPECT_FALSE(result.bca.acceleration);
  EXPECT_FALSE(result.bca.interval);
  EXPECT_DOUBLE_EQ(result.percentile.low, result.percentile.high);
}

// Known by theory: sd of the mean of n draws is sqrt(variance / n), whatever the replicates'
// number.
TEST(Bootstrap, StandardErrorDoesNotShrinkWithReplicates) {
  std::vector<double> values;
  for (int i = 0; i < 100; ++i) values.push_back(i % 4 == 0);
  const double theory = std::sqrt(0.25 * 0.75 / 100);
  for (const int replicates : {1000, 16000})
    EXPECT_NEAR(*bootstrap_mean(values, 1, {.seed = 5, .replicates = replicates}).se, theory,
                0.05 * theory);
}

TEST(Bootstrap, NoDifferenceHasPOfOneAtMost) {
  const std::vector<double> differences(20, 0.0);
  EXPECT_EQ(bootstrap_paired_difference(differences, {.replicates = 100}).p_two_sided, 1);
}

}  // namespace
}  // namespace leitai
