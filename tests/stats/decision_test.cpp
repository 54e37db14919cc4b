#include <gtest/gtest.h>

#include "harness/stats/multiplicity.h"
#include "harness/stats/noninferiority.h"
#include "harness/stats/power.h"
#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Power, AgreesWithIndependentTruth) { test::run_golden("power.jsonl"); }
TEST(Gate, AgreesWithIndependentTruth) { test::run_golden("gate.jsonl"); }
TEST(Multiplicity, AgreesWithIndependentTruth) { test::run_golden("multiplicity.jsonl"); }

TEST(Power, ItemsAndDetectableDifferenceAreInverse) {
  for (const double p_d : {0.03, 0.1, 0.3}) {
    for (const double n : {200.0, 1319.0, 12032.0}) {
      const Detectable got = detectable_paired_binary(n, p_d);
      if (!got.feasible) continue;
      EXPECT_NEAR(items_for_paired_binary(p_d, got.delta) / n, 1, 1e-9);
    }
  }
  EXPECT_EQ(whole_items(1960.0000000001), 1960);
  EXPECT_EQ(whole_items(1960.1), 1961);
  EXPECT_NEAR(items_for_margin(0.1, smallest_margin(500, 0.1)), 500, 1e-9);
}

TEST(Power, ExactPowerByBruteForce) {
  // n = 2 discordant tosses at most: no test of 5 % can reject.
  EXPECT_EQ(exact_power_mcnemar(2, 0.5, 0.3).exact, 0);
  // Six items, all discordant: the exact test rejects 6:0 and 0:6 alone.
  const McNemarPower got = exact_power_mcnemar(6, 0.7, 0.3);
  EXPECT_NEAR(got.exact, std::pow(0.7, 6) + std::pow(0.3, 6), 1e-12);
}

TEST(Gate, OrderOfTheRules) {
  EXPECT_EQ(gate_verdict(-0.004, {-0.009, -0.001}, 0.01), GateVerdict::Pass);
  EXPECT_EQ(gate_verdict(-0.008, {-0.014, -0.002}, 0.01), GateVerdict::Regression);
  EXPECT_EQ(gate_verdict(-0.004, {-0.012, -0.001}, 0.01), GateVerdict::Inconclusive);
  EXPECT_EQ(gate_verdict(0.0, {-0.02, 0.02}, 0.01), GateVerdict::Inconclusive);
}

TEST(Multiplicity, KeepsTheOrderGiven) {
  const std::vector<double> p = {0.04, 0.001, 0.2};
  EXPECT_EQ(holm_adjusted(p), (std::vector<double>{0.08, 0.003, 0.2}));
  EXPECT_TRUE(holm_adjusted({}).empty());
}

}  // namespace
}  // namespace leitai
