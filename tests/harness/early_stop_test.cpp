#include "harness/early_stop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "harness/plan.h"
#include "harness/runner.h"
#include "tests/harness/stop_setup.h"

namespace leitai {
namespace {

using test::one_suite;
using test::scored;
using test::two_models;

TEST(EarlyStop, ArrivalOrderChangesNothing) {
  const auto suites = one_suite(400);
  const RunConfig config = two_models(StopRule::Kind::Sequential);
  EarlyStop in_order(config, suites), shuffled(config, suites);
  SplitMix64 random(5);
  std::vector<std::array<double, 2>> scores;
  for (int i = 0; i < 400; ++i)
    scores.push_back({random.u01() < 0.8 ? 1.0 : 0.0, random.u01() < 0.5 ? 1.0 : 0.0});
  for (int i = 0; i < 400; ++i)
    for (std::size_t m = 0; m < 2; ++m)
      in_order.place(m, "s", i, scored(scores[static_cast<std::size_t>(i)][m]));
  std::vector<int> arrival(800);
  std::iota(arrival.begin(), arrival.end(), 0);
  for (std::size_t i = arrival.size(); i > 1; --i)
    std::swap(arrival[i - 1], arrival[random.below(i)]);
  for (const int at : arrival)
    shuffled.place(
        static_cast<std::size_t>(at % 2), "s", at / 2,
        scored(scores[static_cast<std::size_t>(at / 2)][static_cast<std::size_t>(at % 2)]));
  const StopState one = in_order.states()[0], other = shuffled.states()[0];
  ASSERT_TRUE(one.leader);
  EXPECT_EQ(*one.leader, 0);
  EXPECT_LT(one.seen, 200);
  EXPECT_EQ(one.seen, other.seen);
  EXPECT_EQ(one.counts.wins, other.counts.wins);
  EXPECT_EQ(one.e_value, other.e_value);
}

TEST(EarlyStop, WaitsForTheGapAndPassesOverWhatIsMissing) {
  const auto suites = one_suite(100);
  EarlyStop stop(two_models(StopRule::Kind::Sequential), suites);
  for (int i = 1; i < 60; ++i) {
    stop.place(0, "s", i, scored(1));
    stop.place(1, "s", i, scored(0));
  }
  EXPECT_FALSE(stop.is_decided("s")) << "the first item is still on its way";
  EXPECT_EQ(stop.frontier("s"), 0);
  stop.place(0, "s", 0, scored(1));
  stop.place(1, "s", 0, ItemOutcome{.samples = 1, .failed = 1});
  EXPECT_TRUE(stop.is_decided("s"));
  EXPECT_EQ(stop.states()[0].counts.losses, 0);
  EXPECT_EQ(stop.frontier("s"), 60);
}

TEST(EarlyStop, FiniteRuleNamesWhoEndsAhead) {
  // 30 wins and 10 losses in all: whatever the order, who is certified is the one.
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<int> items;
    for (int i = 0; i < 100; ++i) items.push_back(i < 30 ? 1 : i < 40 ? -1 : 0);
    SplitMix64 random(seed);
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
    const auto suites = one_suite(100);
    EarlyStop stop(two_models(StopRule::Kind::Finite), suites);
    for (int i = 0; i < 100; ++i) {
      stop.place(0, "s", i, scored(items[static_cast<std::size_t>(i)] > 0 ? 1 : 0));
      stop.place(1, "s", i, scored(items[static_cast<std::size_t>(i)] < 0 ? 1 : 0));
    }
    const StopState state = stop.states()[0];
    ASSERT_TRUE(state.leader) << seed;
    EXPECT_EQ(*state.leader, 0) << seed;
  }
}

TEST(EarlyStop, WantsTwoModels) {
  RunConfig config = two_models(StopRule::Kind::Sequential);
  config.models.pop_back();
  const auto suites = one_suite(10);
  EXPECT_THROW(EarlyStop(config, suites), Error);
}

TEST(EarlyStop, TheRunnerLeavesTheRestUnasked) {
  const auto suites = one_suite(2000);
  const RunConfig config = two_models(StopRule::Kind::Sequential);
  EarlyStop stop(config, suites);
  Channel<Answer> answers(1024);
  test::FakeBackend right(answers, [](const Request&) { return test::answered("right"); });
  test::FakeBackend wrong(answers, [](const Request&) { return test::answered("wrong"); });
  RunParts parts;
  parts.config = &config;
  parts.suites = suites;
  parts.answers = &answers;
  parts.competitors = {{&config.models[0].model, &right}, {&config.models[1].model, &wrong}};
  parts.done = [](const std::string&, const std::string&) -> IsDone {
    return [](const Request&) { return false; };
  };
  parts.grade = [](const Item&, const Response& response) {
    Score score;
    score.scorer = "fake@1";
    score.status = response.text == "right" ? ScoreStatus::Correct : ScoreStatus::Incorrect;
    score.score = response.text == "right" ? 1 : 0;
    return std::optional<Score>(score);
  };
  parts.record = [](std::span<const Recorded>) {};
  parts.stop = &stop;
  const RunResult result = run(parts);
  EXPECT_TRUE(stop.is_decided("s"));
  EXPECT_LT(result.asked, 1500) << "of 4,000";
  EXPECT_TRUE(result.stopped_because.empty());
}

}  // namespace
}  // namespace leitai
