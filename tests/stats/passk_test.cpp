#include "harness/stats/passk.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Passk, AgreesWithIndependentTruth) { test::run_golden("passk.jsonl"); }

TEST(Passk, NotDefinedWithFewerSamplesThanAskedFor) {
  EXPECT_FALSE(pass_at_k(3, 1, 4));
  EXPECT_FALSE(pass_hat_k(3, 1, 4));
  EXPECT_NEAR(*pass_at_k(3, 1, 3), 1, 1e-15);
}

// Held against a walk over all subsets, silent samples included.
TEST(Passk, ExpectedMajorityIsThatOfAllSubsets) {
  const std::vector<std::optional<std::string>> votes = {"a", "b", std::nullopt, "a", "c",
                                                         "b", "d", std::nullopt, "c"};
  for (std::size_t k = 1; k <= votes.size(); ++k) {
    double sum = 0, subsets = 0;
    for (unsigned mask = 0; mask < 1u << votes.size(); ++mask) {
      if (static_cast<std::size_t>(std::popcount(mask)) != k) continue;
      std::map<std::string, int> counts;
      for (std::size_t i = 0; i < votes.size(); ++i)
        if ((mask >> i & 1) != 0 && votes[i]) ++counts[*votes[i]];
      int most = 0, winners = 0;
      for (const auto& [answer, count] : counts) most = std::max(most, count);
      for (const auto& [answer, count] : counts) winners += count == most;
      if (most > 0 && counts["a"] == most) sum += 1.0 / winners;
      ++subsets;
    }
    EXPECT_NEAR(expected_majority(votes, "a", k), sum / subsets, 1e-12) << k;
  }
  EXPECT_EQ(expected_majority(votes, "z", 3), 0);
}

TEST(Passk, NobodyVotes) {
  const std::vector<std::optional<std::string>> votes(3);
  EXPECT_FALSE(majority_of_first(votes, 3));
}

// Defect 26 of public graders: one right sample of two counted as pass@1 of 1.
TEST(Passk, OneOfTwoSamplesIsAHalf) { EXPECT_NEAR(*pass_at_k(2, 1, 1), 0.5, 1e-15); }

}  // namespace
}  // namespace leitai
