#include "harness/stats/common_bootstrap.h"

#include <gtest/gtest.h>

#include "harness/stats/bootstrap.h"
#include "harness/stats/quantile.h"

namespace leitai {
namespace {

TEST(CommonBootstrap, OneModelOfOneSuiteIsTheMeanBootstrap) {
  const std::vector<double> y = {18, 8, 14, 20, 4, 16, 12, 19, 6, 15};
  Stratum stratum{.seed = 42, .factor = 1.0 / 200, .models = 1};
  for (const double value : y) stratum.values.push_back(static_cast<float>(value));
  const BootstrapMean want = bootstrap_mean(y, 20, {.seed = 42, .replicates = 10000});
  const auto got = common_replicates(std::span(&stratum, 1), 10000);
  for (std::size_t b = 0; b < got.size(); ++b)
    ASSERT_NEAR(got[b][0], want.sums[b] / 200, 1e-12) << b;
  const Interval interval = common_interval(std::span(&stratum, 1), 0, got);
  EXPECT_NEAR(interval.low, want.bca.interval->low, 1e-9);
  EXPECT_NEAR(interval.high, want.bca.interval->high, 1e-9);
}

TEST(CommonBootstrap, ModelsShareTheirDraws) {
  // Twenty models that are the same: the same replicates, whatever the lane.
  Stratum stratum{.seed = 7, .factor = 0.01, .models = 20};
  for (int unit = 0; unit < 100; ++unit)
    for (int model = 0; model < 20; ++model) stratum.values.push_back(unit % 3 == 0 ? 1 : 0);
  const std::vector<Stratum> strata = {stratum, stratum};
  for (const auto& row : common_replicates(strata, 50))
    for (const double value : row) EXPECT_EQ(value, row[0]);
  EXPECT_NEAR(common_means(strata)[19], 0.68, 1e-12);
}

TEST(CommonBootstrap, SpreadIsThatOfTheStratifiedMean) {
  Stratum first{.seed = 1, .factor = 0.5 / 50, .models = 1},
      second{.seed = 2, .factor = 0.5 / 30, .models = 1};
  std::vector<double> x, y;
  for (int i = 0; i < 50; ++i) x.push_back(i % 5 == 0 ? 1 : 0);
  for (int i = 0; i < 30; ++i) y.push_back(i % 2);
  first.values.assign(x.begin(), x.end());
  second.values.assign(y.begin(), y.end());
  const std::vector<Stratum> strata = {first, second};
  std::vector<double> values;
  for (const auto& row : common_replicates(strata, 20000)) values.push_back(row[0]);
  // Of n drawn out of n, the variance is that with n, not n - 1.
  const double want = std::sqrt(0.25 * (0.2 * 0.8 / 50 + 0.5 * 0.5 / 30));
  EXPECT_NEAR(*sample_sd(values) / want, 1, 0.02);
}

}  // namespace
}  // namespace leitai
