#include "harness/stats/proportion.h"

#include <gtest/gtest.h>

#include "tests/support/support.h"

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

TEST(Proportion, NormalQuantileInBothTails) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(0.025), -1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-12), -7.034483825301131, 1e-12);
}

TEST(Proportion, AgreesWithIndependentTruth) {
  LEITAI_NEEDS_SHARED("golden/stats/proportion.jsonl");
  int compared = 0;
  for (const nlohmann::json& row :
       test::read_jsonl(test::shared_dir() / "golden/stats/proportion.jsonl")) {
    if (row["fn"] != "proportion_interval") continue;
    const double k = row["input"]["k"], n = row["input"]["n"], alpha = row["input"]["alpha"],
                 tolerance = row["tol"];
    const auto hold = [&](const char* name, const Interval& got) {
      if (!row["expected"].contains(name) || row["expected"][name].is_null()) return;
      EXPECT_NEAR(got.low, row["expected"][name][0].get<double>(), tolerance)
          << row["id"] << ' ' << name;
      EXPECT_NEAR(got.high, row["expected"][name][1].get<double>(), tolerance)
          << row["id"] << ' ' << name;
      ++compared;
    };
    hold("wilson", wilson(k, n, alpha));
    hold("wilson_continuity", wilson_continuity(k, n, alpha));
  }
  EXPECT_GT(compared, 20);
  test::count_compared("stats: Wilson intervals", compared);
}

}  // namespace
}  // namespace leitai
