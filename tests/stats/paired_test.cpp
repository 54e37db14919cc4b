#include <gtest/gtest.h>

#include "harness/stats/cluster.h"
#include "harness/stats/paired_binary.h"
#include "harness/stats/paired_graded.h"
#include "harness/stats/proportion.h"
#include "harness/stats/repeats.h"
#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(PairedBinary, AgreesWithIndependentTruth) { test::run_golden("paired-binary.jsonl"); }
TEST(PairedGraded, AgreesWithIndependentTruth) { test::run_golden("paired-graded.jsonl"); }
TEST(Clusters, AgreesWithIndependentTruth) { test::run_golden("cluster.jsonl"); }
TEST(Repeats, AgreesWithIndependentTruth) { test::run_golden("repeats.jsonl"); }

TEST(PairedBinary, ExactTestIsTheSignFlipTest) {
  // Seven wins and two losses among twelve items: the same sum over the same coin tosses.
  const std::vector<double> d = {1, 1, 1, 0, 1, -1, 1, 0, 1, 1, -1, 0};
  EXPECT_NEAR(mcnemar_exact(7, 2), sign_flip(d).p, 1e-15);
  EXPECT_EQ(mcnemar_exact(3, 3), 1);
  EXPECT_EQ(mcnemar_midp(0, 0), 1);
  EXPECT_NEAR(mcnemar_midp(5, 0), 1.0 / 32, 1e-15);
}

TEST(PairedBinary, TangoTurnsWithTheModels) {
  for (const auto& [n, b, c] : {std::tuple{40, 9, 2}, {12, 12, 0}, {500, 0, 0}, {7, 1, 3}}) {
    const Interval ahead = tango(n, b, c), behind = tango(n, c, b);
    EXPECT_NEAR(ahead.low, -behind.high, 1e-12);
    EXPECT_NEAR(ahead.high, -behind.low, 1e-12);
    EXPECT_LE(ahead.low, static_cast<double>(b - c) / n);
    EXPECT_GE(ahead.high, static_cast<double>(b - c) / n);
    // At its ends the statistic is the normal quantile.
    if (ahead.low == -1) continue;
    EXPECT_NEAR(tango_statistic(n, b, c, ahead.low), normal_quantile(0.975), 1e-8);
  }
}

TEST(PairedGraded, RandomFlipsComeNearTheExactOnes) {
  std::vector<double> d = {4, -2, 6, 0, 8, 2, -4, 10, 1, 3, -7, 5, 2, 2, -1, 6, 3, -2, 1, 4};
  const SignFlip exact = sign_flip(d);
  ASSERT_TRUE(exact.is_exact);
  d.push_back(0);  // one more than is enumerated, without changing the distribution
  const SignFlip drawn = sign_flip(d, {.seed = 3, .flips = 40000});
  ASSERT_FALSE(drawn.is_exact);
  EXPECT_NEAR(drawn.p, exact.p, 4 * std::sqrt(exact.p / 40000));
  EXPECT_EQ(sign_flip(d, {.seed = 3, .flips = 40000}).count, drawn.count);
}

TEST(Clusters, OneOfEachIsNoClustering) {
  const std::vector<double> x = {0.2, 0.9, 0.4, 0.4};
  const std::vector<std::int64_t> own = {8, 1, 5, 4}, one = {1, 1, 1, 1};
  const ClusteredMean got = clustered_mean(x, own);
  EXPECT_NEAR(*got.se_cluster, *got.se_naive, 1e-15);
  EXPECT_FALSE(got.msw);
  EXPECT_FALSE(clustered_mean(x, one).se_cluster);
}

TEST(Repeats, SampleNoiseIsTakenOff) {
  // Identical samples: no noise within, and more samples would not help.
  const std::vector<std::vector<double>> same = {{1, 1, 1}, {0, 0, 0}, {1, 1, 1}};
  const VarianceComponents got = variance_components(same);
  EXPECT_EQ(*got.sigma_w2, 0);
  EXPECT_NEAR(*got.se_predicted(100), *got.se_items, 1e-15);
  EXPECT_FALSE(beta_binomial_moments(std::vector<std::int64_t>{3, 3}, 3).alpha);
}

// Defect 32 of public graders: a game, its swapped repetition and the weights of both were taken
// for six independent games.
TEST(Clusters, SwappedAndWeightedGamesAreOnePrompt) {
  std::vector<double> once, repeated;
  std::vector<std::int64_t> prompt, prompts;
  for (std::int64_t i = 0; i < 30; ++i) {
    once.push_back(static_cast<double>(i * 7 % 5) / 4);
    prompt.push_back(i);
    for (int game = 0; game < 6; ++game) {
      repeated.push_back(once.back());
      prompts.push_back(i);
    }
  }
  const ClusteredMean single = clustered_mean(once, prompt),
                      games = clustered_mean(repeated, prompts);
  EXPECT_NEAR(*games.se_cluster, *single.se_cluster, 1e-12);
  EXPECT_LT(*games.se_naive, 0.5 * *games.se_cluster);
}

}  // namespace
}  // namespace leitai
