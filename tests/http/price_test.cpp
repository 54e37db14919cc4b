#include "backends/http/price.h"

#include <gtest/gtest.h>

namespace leitai {
namespace {

constexpr std::int64_t kFriday0200 = 1795744800;  // 2026-11-27 02:00 UTC, a Friday
constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;

Provider vendor() {
  Provider out;
  PriceRow old;
  old.models = {"flash*"};
  old.currency = "CNY";
  old.input = 2;
  old.output = 8;
  old.until = "2026-08-16T16:00:00Z";
  PriceRow now = old;
  now.until.reset();
  now.from = "2026-08-16T16:00:00Z";
  now.input = 1;
  now.cached = 0.1;
  now.output = 4;
  now.reasoning = 6;
  now.peak = nlohmann::json::parse(
      R"({"factor": 2, "days": "Mon-Fri",
          "hours_utc": [["01:00", "04:00"], ["06:00", "10:00"]]})");
  out.prices = {old, now};
  return out;
}

TEST(Price, ByMomentModelCacheAndThought) {
  const Provider provider = vendor();
  Usage usage;
  usage.prompt_tokens = 3'000'000;
  usage.cached_tokens = 1'000'000;
  usage.completion_tokens = 1'000'000;
  const auto cost = [&](std::int64_t when, bool thinks = false) {
    return price_of(provider, "flash-1", usage, thinks, when)->amount;
  };
  EXPECT_DOUBLE_EQ(cost(kFriday0200 + 3 * kHour), 2 + 0.1 + 4);
  EXPECT_DOUBLE_EQ(cost(kFriday0200 + 3 * kHour, true), 2 + 0.1 + 6);
  EXPECT_DOUBLE_EQ(cost(kFriday0200), 2 * (2 + 0.1 + 4)) << "peak";
  EXPECT_DOUBLE_EQ(cost(kFriday0200 + kDay), 2 + 0.1 + 4) << "no peak on a Saturday";
  EXPECT_DOUBLE_EQ(cost(kFriday0200 - 150 * kDay), 6 + 8) << "the row of that time";
  EXPECT_FALSE(price_of(provider, "pro", usage, false, kFriday0200));
  EXPECT_FALSE(price_of(provider, "flash-1", Usage{}, false, kFriday0200));
}

// DeepSeek's windows are 9:00 to 12:00 and 14:00 to 18:00 in Beijing, Monday to Friday there; they
// lie within one day of UTC, so the days are the same.
TEST(Price, PeakHoursBeginAndEndAtTheirBordersInTheVendorsTimeZone) {
  const auto all = load_providers();
  const Provider& deepseek = all.at("deepseek");
  Usage usage;
  usage.completion_tokens = 1'000'000;
  const auto cost = [&](std::int64_t when) {
    return price_of(deepseek, "deepseek-flash", usage, false, when)->amount;
  };
  constexpr std::int64_t kBeijing = 8 * kHour;
  const std::int64_t midnight = kFriday0200 - 2 * kHour - kBeijing;  // of Friday in Beijing
  const double usual = cost(midnight);
  const auto at = [&](int hour, int minute, int second = 0) {
    return cost(midnight + hour * kHour + minute * 60 + second);
  };
  EXPECT_DOUBLE_EQ(at(8, 59, 59), usual);
  EXPECT_DOUBLE_EQ(at(9, 0), 2 * usual);
  EXPECT_DOUBLE_EQ(at(11, 59, 59), 2 * usual);
  EXPECT_DOUBLE_EQ(at(12, 0), usual);
  EXPECT_DOUBLE_EQ(at(13, 59, 59), usual);
  EXPECT_DOUBLE_EQ(at(14, 0), 2 * usual);
  EXPECT_DOUBLE_EQ(at(17, 59, 59), 2 * usual);
  EXPECT_DOUBLE_EQ(at(18, 0), usual);
  for (const int days : {1, 2})
    EXPECT_DOUBLE_EQ(cost(midnight + days * kDay + 10 * kHour), usual) << "Saturday, Sunday";
  EXPECT_DOUBLE_EQ(cost(midnight + 3 * kDay + 9 * kHour), 2 * usual) << "Monday";
}

TEST(Price, AtMostBoundsWhatItWillCost) {
  const Provider provider = vendor();
  Request request;
  request.prompt.messages = {message(Role::User, std::string(4000, 'x'))};
  request.wanted.max_tokens = 500;
  const auto most = price_at_most(provider, "flash-1", request, kFriday0200 + 3 * kHour);
  ASSERT_TRUE(most);
  Usage usage;
  usage.prompt_tokens = 1000;
  usage.completion_tokens = 500;
  EXPECT_GE(most->amount,
            price_of(provider, "flash-1", usage, false, kFriday0200 + 3 * kHour)->amount);
  EXPECT_LT(most->amount, 0.01);
}

TEST(Price, EveryRecordsRowsHaveSourceAndDate) {
  int rows = 0;
  for (const auto& [id, provider] : load_providers()) {
    for (const PriceRow& row : provider.prices) {
      ++rows;
      EXPECT_EQ(row.currency.size(), 3u) << id;
      EXPECT_TRUE(row.as_of.size() == 10 || row.as_of.size() == 7) << id << row.as_of;
      EXPECT_FALSE(row.source.empty()) << id;
      EXPECT_GE(row.input, 0) << id;
      EXPECT_GE(row.output, row.input * 0.99) << id << ": output cheaper than input";
      EXPECT_LE(row.cached.value_or(0), row.input) << id;
    }
  }
  EXPECT_GT(rows, 20);
}

}  // namespace
}  // namespace leitai
