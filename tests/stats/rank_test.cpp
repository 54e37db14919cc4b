#include "harness/stats/rank.h"

#include <gtest/gtest.h>

#include "harness/core/random.h"
#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Rank, AgreesWithIndependentTruth) { test::run_golden("rank.jsonl"); }

// Two models that move together are told apart although each varies much; a third is not.
TEST(Rank, MaxTUsesPairing) {
  SplitMix64 random(9);
  const std::vector<double> means = {0.60, 0.55, 0.56};
  std::vector<std::vector<double>> replicates;
  for (int b = 0; b < 2000; ++b) {
    const double shared = 0.2 * (random.u01() - 0.5);
    replicates.push_back({0.60 + shared + 0.01 * (random.u01() - 0.5),
                          0.55 + shared + 0.01 * (random.u01() - 0.5),
                          0.56 + 0.2 * (random.u01() - 0.5)});
  }
  const MaxTRanks out = rank_sets_max_t(means, replicates, 0.05);
  EXPECT_EQ(out.sets[0].low, 1);
  EXPECT_EQ(out.sets[0].high, 2);
  EXPECT_EQ(out.sets[1].low, 2);
  EXPECT_EQ(out.sets[1].high, 3);
  EXPECT_EQ(out.sets[2].low, 1);
  EXPECT_EQ(out.sets[2].high, 3);
  EXPECT_NEAR(out.p_best[0] + out.p_best[1] + out.p_best[2], 1, 1e-9);
  EXPECT_EQ(out.p_best[1], 0);
}

TEST(Rank, ConstantListsHaveNoCorrelation) {
  const std::vector<double> x = {1, 1, 1}, y = {1, 2, 3};
  const Correlations out = correlations(x, y);
  EXPECT_FALSE(out.kendall_tau_b);
  EXPECT_FALSE(out.kendall_tau_c);
  EXPECT_FALSE(out.spearman);
  EXPECT_FALSE(out.pearson);
}

}  // namespace
}  // namespace leitai
