#include "harness/budget.h"

#include <gtest/gtest.h>

#include <atomic>
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

Spending money(double amount, const char* currency = "CNY") {
  return {.requests = 1, .tokens = 0, .money = Price{amount, currency}};
}

BudgetLimits limits_of_money(double amount, const char* currency = "CNY") {
  BudgetLimits out;
  out.run.money = Price{amount, currency};
  return out;
}

TEST(Budget, ReadsCountsOfTokens) {
  EXPECT_EQ(parse_token_count("2000000", ""), 2'000'000);
  EXPECT_EQ(parse_token_count("500k", ""), 500'000);
  EXPECT_EQ(parse_token_count("1.5M", ""), 1'500'000);
  for (const char* wrong : {"", "k", "many", "-1", "1G", "1e30M"})
    EXPECT_THROW(parse_token_count(wrong, "--max-total-tokens"), Error) << wrong;
}

TEST(Budget, WhatIsSetAsideCountsUntilItIsSettled) {
  Budget budget(limits_of_money(10));
  EXPECT_TRUE(budget.reserve("a", money(6)));
  EXPECT_FALSE(budget.reserve("b", money(5)));
  EXPECT_FALSE(budget.is_exhausted("b", money(5))) << "what is in flight may come back";
  budget.settle("a", money(6), money(2));
  EXPECT_TRUE(budget.reserve("b", money(5)));
  budget.settle("b", money(5), money(5));
  EXPECT_FALSE(budget.reserve("a", money(4)));
  EXPECT_TRUE(budget.is_exhausted("a", money(4)));
  EXPECT_NE(budget.why("a", money(4)).find("budget of 10 CNY is reached (7 spent"),
            std::string::npos)
      << budget.why("a", money(4));
  EXPECT_TRUE(budget.reserve("a", {.requests = 1, .tokens = 0, .money = {}}))
      << "a price that nobody knows";
}

TEST(Budget, EachModelHasItsOwnAndEarlierCallsCount) {
  BudgetLimits limits = limits_of_money(100);
  limits.per_model["a"].money = Price{3, "CNY"};
  Budget budget(limits);
  budget.start("a", money(2.5));
  EXPECT_FALSE(budget.reserve("a", money(1)));
  EXPECT_TRUE(budget.reserve("b", money(1)));
  EXPECT_NE(budget.why("a", money(1)).find("for a"), std::string::npos);
}

TEST(Budget, RequestsAndTokensHaveBoundsOfRunAndModel) {
  BudgetLimits limits;
  limits.run.requests = 4;
  limits.run.tokens = 1000;
  limits.per_model["a"].requests = 2;
  limits.per_model["b"].tokens = 150;
  Budget budget(limits);
  const Spending most{1, 100, {}};
  EXPECT_TRUE(budget.reserve("a", most));
  EXPECT_TRUE(budget.reserve("a", most));
  EXPECT_FALSE(budget.reserve("a", most));
  EXPECT_EQ(budget.why("a", most), "the budget of 2 requests for a is reached");
  EXPECT_TRUE(budget.reserve("b", most));
  EXPECT_FALSE(budget.reserve("b", most)) << "150 tokens are not 200";
  budget.settle("b", most, {1, 40, {}});
  EXPECT_TRUE(budget.reserve("b", most)) << "40 + 100";
  EXPECT_FALSE(budget.reserve("c", most));
  EXPECT_EQ(budget.why("c", most), "the budget of 4 requests is reached");
  EXPECT_FALSE(budget.is_exhausted("c", most)) << "something is in flight";
  EXPECT_TRUE(budget.reserve("c", {0, 0, {}})) << "a kept answer is free";
}

TEST(Budget, TimeOfEarlierCallsCounts) {
  BudgetLimits limits;
  limits.run.time_s = 100;
  limits.per_model["a"].time_s = 10;
  Budget budget(limits);
  EXPECT_EQ(budget.why_time("", 99), "");
  EXPECT_EQ(budget.why_time("a", 10), "the time of 10 s for a is over");
  EXPECT_EQ(budget.why_time("b", 99), "");
  budget.start_time("", 60);
  EXPECT_EQ(budget.why_time("", 40), "the time of 100 s is over (60 s of it by earlier calls)");
}

TEST(Budget, CurrenciesNeedARate) {
  const BudgetLimits limits = limits_of_money(10, "USD");
  EXPECT_THROW(Budget(limits).check_currency("qwen", "CNY"), Error);
  BudgetLimits rated = limits;
  rated.rates["CNY/USD"] = 0.14;
  Budget budget(rated);
  budget.check_currency("qwen", "CNY");
  EXPECT_TRUE(budget.reserve("qwen", money(70)));  // 9.80 USD
  EXPECT_FALSE(budget.reserve("qwen", money(2)));  // 0.28 USD
  BudgetLimits turned = limits_of_money(10);
  turned.rates["CNY/USD"] = 0.14;
  Budget other(turned);
  EXPECT_TRUE(other.reserve("gpt", money(1.4, "USD")));
  EXPECT_FALSE(other.reserve("gpt", money(0.01, "USD")));
}

TEST(Budget, IsNeverExceededFromManyThreads) {
  Budget budget(limits_of_money(50));
  std::atomic<double> spent = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      SplitMix64 random(static_cast<std::uint64_t>(t));
      for (int i = 0; i < 2000; ++i) {
        const Spending most = money(1);
        if (!budget.reserve("a", most)) continue;
        const double cost = random.u01();
        spent += cost;
        budget.settle("a", most, money(cost));
      }
    });
  threads.clear();
  EXPECT_LE(spent, 50);
  EXPECT_GT(spent, 48);
}

}  // namespace
}  // namespace leitai
