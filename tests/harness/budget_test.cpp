#include "harness/budget.h"

#include <gtest/gtest.h>

#include <thread>

#include "harness/core/error.h"
#include "harness/core/random.h"

namespace leitai {
namespace {

TEST(Budget, ReadsMoneyAndRates) {
  EXPECT_EQ(parse_money("20 CNY", "").amount, 20);
  EXPECT_EQ(parse_money("12.5USD", "").currency, "USD");
  EXPECT_EQ(parse_rate("CNY/USD=0.14", "").first, "CNY/USD");
  for (const char* wrong : {"20", "CNY", "twenty CNY", "20 yuan", "-3 CNY", "1e999 CNY"})
    EXPECT_THROW(parse_money(wrong, "--budget"), Error) << wrong;
  for (const char* wrong : {"CNY=0.14", "CNY/USD", "CNY/USD=0", "CNY/USD=x", "cny/usd=1"})
    EXPECT_THROW(parse_rate(wrong, "--rate"), Error) << wrong;
}

TEST(Budget, WhatIsSetAsideCountsUntilItIsSettled) {
  Budget budget({.money = Price{10, "CNY"}, .per_model = {}, .rates = {}});
  EXPECT_TRUE(budget.reserve("a", Price{6, "CNY"}));
  EXPECT_FALSE(budget.reserve("b", Price{5, "CNY"}));
  EXPECT_FALSE(budget.is_exhausted("b", Price{5, "CNY"})) << "what is in flight may come back";
  budget.settle("a", Price{6, "CNY"}, Price{2, "CNY"});
  EXPECT_TRUE(budget.reserve("b", Price{5, "CNY"}));
  budget.settle("b", Price{5, "CNY"}, Price{5, "CNY"});
  EXPECT_FALSE(budget.reserve("a", Price{4, "CNY"}));
  EXPECT_TRUE(budget.is_exhausted("a", Price{4, "CNY"}));
  EXPECT_NE(budget.why("a").find("budget of 10 CNY"), std::string::npos);
  EXPECT_TRUE(budget.reserve("a", std::nullopt)) << "a price that nobody knows";
}

TEST(Budget, EachModelHasItsOwnAndEarlierCallsCount) {
  Budget budget({.money = Price{100, "CNY"}, .per_model = {{"a", {3, "CNY"}}}, .rates = {}});
  budget.start("a", Price{2.5, "CNY"});
  EXPECT_FALSE(budget.reserve("a", Price{1, "CNY"}));
  EXPECT_TRUE(budget.reserve("b", Price{1, "CNY"}));
  EXPECT_NE(budget.why("a").find("for a"), std::string::npos);
}

TEST(Budget, CurrenciesNeedARate) {
  const BudgetLimits limits{.money = Price{10, "USD"}, .per_model = {}, .rates = {}};
  EXPECT_THROW(Budget(limits).check_currency("qwen", "CNY"), Error);
  BudgetLimits rated = limits;
  rated.rates["CNY/USD"] = 0.14;
  Budget budget(rated);
  budget.check_currency("qwen", "CNY");
  EXPECT_TRUE(budget.reserve("qwen", Price{70, "CNY"}));  // 9.80 USD
  EXPECT_FALSE(budget.reserve("qwen", Price{2, "CNY"}));  // 0.28 USD
  BudgetLimits turned{.money = Price{10, "CNY"}, .per_model = {}, .rates = {{"CNY/USD", 0.14}}};
  Budget other(turned);
  EXPECT_TRUE(other.reserve("gpt", Price{1.4, "USD"}));
  EXPECT_FALSE(other.reserve("gpt", Price{0.01, "USD"}));
}

TEST(Budget, IsNeverExceededFromManyThreads) {
  Budget budget({.money = Price{50, "CNY"}, .per_model = {}, .rates = {}});
  std::atomic<double> spent = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      SplitMix64 random(static_cast<std::uint64_t>(t));
      for (int i = 0; i < 2000; ++i) {
        const Price most{1, "CNY"};
        if (!budget.reserve("a", most)) continue;
        const double cost = random.u01();
        spent += cost;
        budget.settle("a", most, Price{cost, "CNY"});
      }
    });
  threads.clear();
  EXPECT_LE(spent, 50);
  EXPECT_GT(spent, 48);
}

}  // namespace
}  // namespace leitai
