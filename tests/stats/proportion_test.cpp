#include "harness/stats/proportion.h"

#include <gtest/gtest.h>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Proportion, WilsonOfThePublishedTable) {
  const Interval some = wilson(17, 20), none = wilson(0, 20), all = wilson(20, 20);
  EXPECT_NEAR(some.low, 0.639581, 1e-6);
  EXPECT_NEAR(some.high, 0.947631, 1e-6);
  EXPECT_EQ(none.low, 0.0);
  EXPECT_NEAR(none.high, 0.161125, 1e-6);
  EXPECT_NEAR(all.low, 0.838875, 1e-6);
  EXPECT_EQ(all.high, 1.0);
}

TEST(Proportion, ExactIntervalHoldsItsLevel) {
  // Coverage by summing the binomial: never below 95 %.
  for (const double p : {0.03, 0.2, 0.5, 0.9}) {
    double covered = 0, mass = 1;
    for (int k = 0; k <= 25; ++k) {
      const double weight = std::tgamma(26) / (std::tgamma(k + 1) * std::tgamma(26 - k)) *
                            std::pow(p, k) * std::pow(1 - p, 25 - k);
      const Interval got = clopper_pearson(k, 25);
      if (got.low <= p && p <= got.high) covered += weight;
      mass -= weight;
    }
    EXPECT_GE(covered, 0.95);
    EXPECT_NEAR(mass, 0, 1e-12);
  }
}

TEST(Proportion, NormalQuantileInBothTails) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(0.025), -1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-12), -7.034483825301131, 1e-12);
}

TEST(Proportion, AgreesWithIndependentTruth) { test::run_golden("proportion.jsonl"); }

}  // namespace
}  // namespace leitai
