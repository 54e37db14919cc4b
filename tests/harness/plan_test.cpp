#include "harness/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "harness/core/codec.h"
#include "tests/support/fakes.h"

namespace leitai {
namespace {

using test::FakeBackend;
using test::FakeSuite;

/// Two items with equal prompts have equal digests; with the item's name they differ.
std::string key(const Request& r) { return r.suite + "/" + r.item + " " + r.digest.hex(); }

IsDone nothing(const std::string&, const std::string&) {
  return [](const Request&) { return false; };
}

struct Fixture {
  Channel<Answer> answers{16};
  FakeBackend backend{answers, [](const Request&) { return test::answered("x"); }};
  Model model;
  RunConfig config;
  std::vector<std::unique_ptr<Suite>> suites;
  Fixture() {
    model.id = "m";
    suites.push_back(std::make_unique<FakeSuite>("a", 7));
    suites.push_back(std::make_unique<FakeSuite>("b", 3));
  }
  std::vector<Request> all(DoneLookup done, ItemOrder order = ItemOrder::Seeded) {
    PlanCursor cursor(config, model, backend, suites, std::move(done), order);
    std::vector<Request> out;
    while (auto planned = cursor.next()) out.push_back(std::move(planned->request));
    return out;
  }
};

TEST(Permuted, IsABijectionOfEveryRange) {
  for (std::int64_t n : {1, 2, 3, 7, 64, 65, 1000}) {
    std::set<std::int64_t> seen;
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t at = permuted(i, n, 12345);
      EXPECT_TRUE(at >= 0 && at < n);
      seen.insert(at);
    }
    EXPECT_EQ(static_cast<std::int64_t>(seen.size()), n);
  }
}

TEST(Plan, HoldsEverySampleOfEveryItemOnce) {
  Fixture f;
  f.config.samples = 2;
  std::set<std::string> digests;
  const auto all = f.all(nothing);
  for (const Request& one : all) digests.insert(key(one));
  EXPECT_EQ(all.size(), 20u);
  EXPECT_EQ(digests.size(), 20u);
  EXPECT_EQ(plan_size(f.config, f.suites), 20);
}

TEST(Plan, OrderIsRandomButFixedBySeedAndSeedsOfItemsAreNot) {
  Fixture f;
  const auto first = f.all(nothing), again = f.all(nothing),
             natural = f.all(nothing, ItemOrder::Natural);
  const auto ids = [](const std::vector<Request>& list) {
    std::vector<std::string> out;
    for (const Request& one : list) out.push_back(one.suite + one.item);
    return out;
  };
  EXPECT_EQ(ids(first), ids(again));
  EXPECT_NE(ids(first), ids(natural));
  f.config.seed = 43;
  EXPECT_NE(ids(first), ids(f.all(nothing)));
}

TEST(Plan, IsASetDifference) {
  Fixture f;
  const auto all = f.all(nothing);
  std::set<std::string> done;
  for (std::size_t i = 0; i < all.size(); i += 2) done.insert(key(all[i]));
  const auto rest = f.all([&](const std::string&, const std::string&) {
    return [&](const Request& r) { return done.contains(key(r)); };
  });
  EXPECT_EQ(rest.size() + done.size(), all.size());
  for (const Request& one : rest) EXPECT_FALSE(done.contains(key(one)));
}

TEST(Plan, SmallerLimitIsASubsetOfALargerOne) {
  Fixture f;
  std::set<std::string> large;
  for (const Request& one : f.all(nothing)) large.insert(key(one));
  f.suites[0] = std::make_unique<FakeSuite>("a", 4);
  for (const Request& one : f.all(nothing)) EXPECT_TRUE(large.contains(key(one)));
}

TEST(Plan, TheModelsParametersWinOverTheSuites) {
  Fixture f;
  EXPECT_EQ(f.all(nothing)[0].wanted.max_tokens, 8);
  f.model.params.max_tokens = 99;
  f.model.system = "be brief";
  const Request one = f.all(nothing)[0];
  EXPECT_EQ(one.wanted.max_tokens, 99);
  EXPECT_EQ(one.prompt.messages[0].role, Role::System);
  f.config.mode = Mode::Completion;
  const Request text = f.all(nothing)[0];
  EXPECT_TRUE(text.prompt.messages.empty());
  EXPECT_TRUE(text.prompt.text->starts_with("be brief\n\nWhat is"));
}

TEST(Plan, ScoringContinuationsNeedsContinuations) {
  Fixture f;
  f.config.mode = Mode::LogLikelihood;
  EXPECT_THROW(f.all(nothing), std::runtime_error);
}

}  // namespace
}  // namespace leitai
