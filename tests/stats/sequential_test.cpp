#include "harness/stats/sequential.h"

#include <gtest/gtest.h>

#include "harness/core/random.h"
#include "harness/stats/betting.h"
#include "harness/stats/finite_suite.h"
#include "harness/stats/paired_binary.h"
#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Sequential, AgreesWithIndependentTruth) { test::run_golden("sequential.jsonl"); }

// a = 1 in closed form: 2^d / ((d + 1) C(d, w)).
TEST(Sequential, BetaMixtureAgreesWithFractions) {
  EXPECT_NEAR(beta_mixture(18, 5, 1), 1048576.0 / 100947, 1e-12);
  EXPECT_EQ(beta_mixture(0, 0, 10), 1);
  EXPECT_EQ(mcnemar_exact(4, 4), 1);
  EXPECT_NEAR(mcnemar_exact(0, 6), 0.03125, 1e-15);
}

// Under no difference the path may ever cross alpha in at most that share of runs.
TEST(Sequential, FalseAlarmsStayBelowAlpha) {
  SplitMix64 random(11);
  int alarms = 0;
  constexpr int kRuns = 2000;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<int> differences;
    for (int i = 0; i < 300; ++i) differences.push_back(random.below(2) == 0 ? 1 : -1);
    alarms += anytime_p_path(differences, 1, 0.05).stop_at.has_value();
  }
  EXPECT_LE(alarms, 0.05 * kRuns);
  EXPECT_GT(alarms, 0);
}

TEST(Sequential, StopCountsItemsFromOne) {
  const std::vector<int> differences(20, 1);
  const AnytimePath path = anytime_p_path(differences, 1, 0.05);
  ASSERT_TRUE(path.stop_at);
  EXPECT_EQ(*path.stop_at, 8);  // 2^8 / 9 > 20 > 2^7 / 8
  EXPECT_NEAR(path.p[7], 9.0 / 256, 1e-15);
}

TEST(Sequential, IntervalsOfNoDataAndOfOneSideReachTheEnds) {
  const Interval none = betting_mixture_interval({}, 0.05);
  EXPECT_EQ(none.low, -1);
  EXPECT_EQ(none.high, 1);
  const Interval wins = betting_mixture_interval({.wins = 40}, 0.05);
  EXPECT_EQ(wins.high, 1);
  EXPECT_GT(wins.low, 0);
  const Interval losses = betting_mixture_interval({.losses = 40}, 0.05);
  EXPECT_NEAR(losses.high, -wins.low, 1e-9);
}

TEST(Sequential, FiniteSuiteLeaderIsThatOfTheFullScan) {
  SplitMix64 random(3);
  int decided = 0;
  for (int i = 0; i < 300; ++i) {
    const auto n = static_cast<std::int64_t>(5 + random.below(40));
    PairCounts seen;
    for (std::int64_t left = static_cast<std::int64_t>(random.below(n + 1)); left > 0; --left)
      ++(random.below(3) != 0 ? seen.wins : random.below(2) != 0 ? seen.zeros : seen.losses);
    const CountRange range = finite_suite_paired_range(n, seen, 0.05);
    const auto leader = finite_suite_leader(n, seen, 0.05);
    EXPECT_EQ(leader == Leader::A, range.low > 0) << n << ' ' << seen.wins << ' ' << seen.losses;
    EXPECT_EQ(leader == Leader::B, range.high < 0);
    decided += leader.has_value();
  }
  EXPECT_GT(decided, 20);
}

TEST(Sequential, FullSuiteIsCertain) {
  const CountRange all = finite_suite_range(300, 300, 123, 0.05);
  EXPECT_EQ(all.low, 123);
  EXPECT_EQ(all.high, 123);
}

}  // namespace
}  // namespace leitai
