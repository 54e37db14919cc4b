#include <gtest/gtest.h>

#include "harness/stats/contamination.h"
#include "harness/stats/flaky.h"

namespace leitai {
namespace {

// Expected values: the worked examples of the scoring specification, B14 and B17.
TEST(Flaky, FisherAndFlakiness) {
  EXPECT_NEAR(flakiness(1, 5), 0.64, 1e-12);
  EXPECT_NEAR(flakiness(3, 5), 0.96, 1e-12);
  EXPECT_NEAR(fisher_exact(5, 5, 1, 5), 0.047619, 1e-6);
  EXPECT_NEAR(fisher_exact(8, 8, 3, 8), 0.025641, 1e-6);
  EXPECT_NEAR(jeffreys_mean(0, 5), 0.083333, 1e-6);
  EXPECT_NEAR(fisher_exact(2, 5, 2, 5), 1, 1e-12);
}

TEST(Flaky, OneChangedItemAmongManyIsNotRaised) {
  std::vector<std::int64_t> before(40, 4), after = before;
  after[7] = 0;
  EXPECT_TRUE(changed_items(before, after, 5, 5).empty());
  std::vector<std::int64_t> always(40, 20), broken = always;
  broken[7] = 0;
  const std::vector<ItemChange> changed = changed_items(always, broken, 20, 20);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].item, 7u);
}

TEST(Contamination, GapOverItsTwins) {
  const std::vector<double> original = {1, 1, 1, 0, 1, 1, 0, 1},
                            variants = {0.8, 0.6, 1, 0.2, 0.4, 0.9, 0.1, 0.7};
  const ContaminationGap got = contamination_gap(original, variants);
  EXPECT_NEAR(got.test.mean, 0.1625, 1e-12);
  EXPECT_NEAR(*got.test.se, 0.094373, 1e-6);
  EXPECT_NEAR(*got.test.t, 1.721892, 1e-6);
  EXPECT_NEAR(*got.test.p, 0.128762, 1e-6);
  EXPECT_EQ(got.flip.count, 44);
  EXPECT_EQ(got.flip.total, 256);
}

// Defect 34 of public graders: a fifth of four tokens is none, and the mean of none is no number.
TEST(Contamination, LowestTokensOfAShortText) {
  const std::vector<double> text = {-.1, -.2, -3.5, -.05, -1.2, -.4, -2.8, -.3, -.15, -.6};
  EXPECT_NEAR(min_k_logprob(text, 0.2), -3.15, 1e-12);
  EXPECT_NEAR(min_k_logprob(text, 0.3), -2.5, 1e-12);
  EXPECT_NEAR(min_k_logprob(std::vector<double>{-1, -4, -2, -3}, 0.2), -4, 1e-12);
}

}  // namespace
}  // namespace leitai
