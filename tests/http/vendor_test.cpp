// What the models of one vendor share, against a server on this machine.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/core/backend.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "tests/support/support.h"
#include "tests/support/wire_server.h"

namespace leitai {

extern constinit const BackendFactory http;

namespace {

using std::chrono::milliseconds;
using test::reply_of;
using test::WireReply;
using test::WireRequest;
using test::WireServer;
using Clock = std::chrono::steady_clock;

std::string answer() {
  return R"({"model":"m","choices":[{"index":0,"message":{"content":"4"},"finish_reason":"stop"}],
             "usage":{"prompt_tokens":9,"completion_tokens":1}})";
}

/// An answer after a pause; `most` becomes the greatest number of requests that wait for theirs.
WireReply counted(std::atomic<int>& now, std::atomic<int>& most, milliseconds pause) {
  most = std::max<int>(most, ++now);
  WireReply out;
  out.pieces = {{"", pause, [&now] {
                   --now;
                   return answer();
                 }}};
  return out;
}

std::string model_of(const WireRequest& request) {
  return nlohmann::json::parse(request.body)["model"];
}

/// Models of the provider "acct", whose account has four places.
class Account : public ::testing::Test {
 protected:
  void SetUp() override {
    test::write_text(dir_ / "acct.json",
                     R"({"id":"acct","name":"Account","source":"s","as_of":"2026-11-15",
                         "regions":{"x":"https://example.org/v1"},"needs_key":false,
                         "limits":{"in_flight":4,"shared":true,"per_second":true},
                         "prices":[{"models":["*"],"currency":"CNY","input":0,"output":1000000,
                                    "as_of":"2026-11","source":"s"}]})");
    setenv("LEITAI_PROVIDERS", dir_.path().c_str(), 1);
  }
  void TearDown() override { unsetenv("LEITAI_PROVIDERS"); }

  std::unique_ptr<Backend> open(const WireServer& server, const std::string& name,
                                const BackendContext& context = {}) {
    Model model;
    model.id = name;
    model.target = "acct/" + name;
    model.options = {{"base_url", server.url() + "/v1"}};
    return http.make_in(model, answers_, context);
  }

  void ask(Backend& backend, const std::string& model, int n) {
    for (int i = 0; i < n; ++i) {
      Request request;
      request.id = ++last_;
      request.model = model;
      request.item = std::to_string(last_);
      request.prompt.messages = {message(Role::User, "Question " + request.item)};
      request.wanted.max_tokens = 16;
      backend.prepare(request);
      seal(request, backend.traits().identity);
      backend.submit(std::move(request));
    }
  }

  std::vector<Answer> take(int n) {
    std::vector<Answer> out;
    for (int i = 0; i < n; ++i) {
      auto one = answers_.pop_for(std::chrono::seconds(20));
      if (!one) break;
      out.push_back(std::move(*one));
    }
    return out;
  }

 private:
  test::TempDir dir_;
  Channel<Answer> answers_{4096};
  std::int64_t last_ = 0;
};

TEST_F(Account, ModelsShareItsPlacesAndASlowOneDoesNotStarveTheOther) {
  std::atomic<int> now = 0, most = 0;
  WireServer server([&](const WireRequest& request) {
    return counted(now, most, milliseconds(model_of(request) == "slow" ? 400 : 5));
  });
  const auto slow = open(server, "slow"), quick = open(server, "quick");
  ask(*slow, "slow", 12);  // more than there are places
  ask(*quick, "quick", 40);
  const std::vector<Answer> got = take(52);
  ASSERT_EQ(got.size(), 52u);
  int slow_before = 0, quick_left = 40;
  for (const Answer& one : got) {
    EXPECT_EQ(one.response.outcome, Outcome::Answered);
    if (one.request.model == "quick") --quick_left;
    if (one.request.model == "slow" && quick_left > 0) ++slow_before;
  }
  EXPECT_LE(most, 4);
  // All twelve would be first if places went by the order of asking.
  EXPECT_LE(slow_before, 8);
}

TEST_F(Account, AnAllowanceOfTheUserGoesOverTheRecord) {
  std::atomic<int> now = 0, most = 0;
  WireServer server([&](const WireRequest&) { return counted(now, most, milliseconds(100)); });
  BackendContext context;
  context.vendor_in_flight = 2;
  {
    const auto a = open(server, "a", context), b = open(server, "b", context);
    ask(*a, "a", 4);
    ask(*b, "b", 4);
    EXPECT_EQ(take(8).size(), 8u);
    EXPECT_LE(most, 2);
  }
  context.vendor_in_flight.reset();
  context.in_flight = 12;
  const auto a = open(server, "a", context);
  ask(*a, "a", 24);
  EXPECT_EQ(take(24).size(), 24u);
  EXPECT_GT(most, 4);
  EXPECT_LE(most, 12);
}

TEST_F(Account, ARateOfTheVendorIsOneForAllItsModels) {
  WireServer server([](const WireRequest&) { return reply_of(200, answer()); });
  BackendContext context;
  context.vendor_rpm = 1200;  // 20 a second
  context.vendor_in_flight = 64;
  const auto a = open(server, "a", context), b = open(server, "b", context);
  const auto begun = Clock::now();
  ask(*a, "a", 25);
  ask(*b, "b", 25);
  EXPECT_EQ(take(50).size(), 50u);
  EXPECT_GE(Clock::now() - begun, milliseconds(1450));  // 20 at once, 30 more at 20 a second
}

TEST_F(Account, ALongRetryAfterHoldsAllItsModels) {
  std::atomic<int> refusals = 1;
  WireServer server([&](const WireRequest& request) {
    if (model_of(request) == "a" && refusals-- > 0) return reply_of(429, "", "Retry-After: 1\r\n");
    return reply_of(200, answer());
  });
  const auto a = open(server, "a"), b = open(server, "b");
  const auto begun = Clock::now();
  ask(*a, "a", 1);
  while (server.seen().empty()) std::this_thread::sleep_for(milliseconds(5));
  std::this_thread::sleep_for(milliseconds(100));
  ask(*b, "b", 3);
  const auto got = take(4);
  ASSERT_EQ(got.size(), 4u);
  EXPECT_GE(Clock::now() - begun, milliseconds(990));
  for (const Answer& one : got) {
    EXPECT_EQ(one.response.outcome, Outcome::Answered);
    EXPECT_EQ(one.response.attempts, one.request.model == "a" ? 2 : 1) << "b was asked too early";
  }
}

TEST_F(Account, AnAttemptThatWasChargedAndThenRepeatedIsPartOfTheCost) {
  std::atomic<int> broken = 2;
  WireServer server([&](const WireRequest&) {
    if (broken-- <= 0) return reply_of(200, answer());
    const std::string cut =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,"
        "\"completion_tokens\":5}}\n\n";
    return WireReply{200, "", {{cut}}, true};
  });
  const auto a = open(server, "a");
  ask(*a, "a", 1);
  const auto got = take(1);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].response.outcome, Outcome::Answered);
  EXPECT_EQ(got[0].response.attempts, 3);
  EXPECT_EQ(got[0].response.usage.completion_tokens, 1);
  ASSERT_TRUE(got[0].response.price);
  EXPECT_DOUBLE_EQ(got[0].response.price->amount, 5 + 5 + 1);
}

TEST_F(Account, AWrongKeyEndsTheOtherModelsAtOnce) {
  WireServer server([&](const WireRequest& request) {
    if (model_of(request) == "b") return reply_of(500, "{}");  // is to be asked again, later
    return reply_of(401, R"({"error":{"message":"no such key","code":"invalid_api_key"}})");
  });
  BackendContext context;
  context.attempts = 100;
  const auto a = open(server, "a", context), b = open(server, "b", context);
  ask(*b, "b", 6);
  while (server.seen().size() < 8) std::this_thread::sleep_for(milliseconds(5));
  const auto begun = Clock::now();
  ask(*a, "a", 20);
  const auto got = take(26);
  ASSERT_EQ(got.size(), 26u);
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(5));
  int never_sent = 0;
  for (const Answer& one : got) {
    ASSERT_TRUE(one.response.failure);
    EXPECT_EQ(one.response.failure->kind, FailureKind::Auth) << one.request.model;
    never_sent += one.response.attempts == 0;
  }
  EXPECT_GE(never_sent, 10);
}

}  // namespace
}  // namespace leitai
