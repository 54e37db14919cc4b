#include "harness/stats/agreement.h"

#include <gtest/gtest.h>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Agreement, AgreesWithIndependentTruth) { test::run_golden("agreement.jsonl"); }

TEST(Agreement, NotDefinedWithoutVariation) {
  const std::vector<std::vector<std::optional<double>>> units = {{2, 2}, {2, 2}, {std::nullopt, 5}};
  EXPECT_FALSE(krippendorff_alpha(units, AlphaMetric::Nominal));
  const std::vector<int> right = {1, 1, 1};
  EXPECT_FALSE(error_consistency(right, right).value);
}

TEST(Agreement, OneHotProbabilitiesAreDiscreteCapa) {
  const std::vector<int> gold = {0, 1, 2, 0}, a = {0, 1, 1, 2}, b = {0, 2, 1, 2};
  const std::vector<int> options(4, 3);
  const auto one_hot = [](const std::vector<int>& answers) {
    std::vector<std::vector<double>> rows;
    for (const int answer : answers)
      rows.emplace_back(3, 0.0)[static_cast<std::size_t>(answer)] = 1;
    return rows;
  };
  const ChanceCorrected soft = capa_probabilistic(gold, one_hot(a), one_hot(b));
  const CapaDiscrete hard = capa_discrete(gold, a, b, options);
  EXPECT_NEAR(*soft.value, *hard.answers.value, 1e-15);
  EXPECT_EQ(hard.both_wrong, 2);
  EXPECT_EQ(hard.same_wrong, 2);
  EXPECT_NEAR(*hard.p_same_wrong, 0.25, 1e-15);
}

}  // namespace
}  // namespace leitai
