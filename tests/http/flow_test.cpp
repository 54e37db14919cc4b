#include "backends/http/flow.h"

#include <gtest/gtest.h>

namespace leitai {
namespace {

using std::chrono::milliseconds;

const EngineClock::time_point kStart{std::chrono::hours(1)};

Verdict pushback() {
  Verdict out;
  out.kind = FailureKind::RateLimit;
  out.advice = Advice::Repeat;
  return out;
}

Verdict success() {
  Verdict out;
  out.outcome = Outcome::Answered;
  return out;
}

/// A service of `capacity` requests at once, each of 100 ms, for `ms` milliseconds. Gives the
/// gate's limit at the end.
int limit_after(Gate& gate, int capacity, int ms, EngineClock::time_point& now) {
  for (int t = 0; t < ms; t += 100) {
    const int sent = std::min(gate.limit(), 4000);
    for (int i = 0; i < sent; ++i) gate.begin(now);
    now += milliseconds(100);
    for (int i = 0; i < sent; ++i) gate.end(i < capacity ? success() : pushback(), now);
  }
  return gate.limit();
}

TEST(Gate, RisesToWhatTheServiceTakesFallsAndRecovers) {
  Gate gate(8);
  auto now = kStart;
  EXPECT_EQ(gate.limit(), 8);
  const int high = limit_after(gate, 100, 20'000, now);
  EXPECT_GE(high, 60);
  EXPECT_LE(high, 260);
  EXPECT_LE(limit_after(gate, 0, 10'000, now), 2);
  EXPECT_GE(limit_after(gate, 100, 20'000, now), 60);
}

TEST(Gate, DemandsForASlowerRampSlowIt) {
  Gate quick(8), slow(8);
  Verdict burst = pushback();
  burst.advice = Advice::RepeatSlower;
  auto now = kStart, later = kStart;
  for (Gate* gate : {&quick, &slow}) {
    for (int i = 0; i < 8; ++i) gate->begin(now);
    for (int i = 0; i < 8; ++i)
      gate->end(i % 2 ? success() : gate == &slow ? burst : pushback(), now + milliseconds(600));
  }
  now += milliseconds(600);
  later = now;
  EXPECT_GT(limit_after(quick, 1000, 5000, now), limit_after(slow, 1000, 5000, later));
}

TEST(Gate, TheFirstRequestsAreSpread) {
  Gate gate(std::nullopt);
  auto now = kStart;
  int begun = 0;
  for (; begun < 2000; ++begun) {
    const auto when = gate.ready_at(now);
    EXPECT_TRUE(begun >= 4 || when == kStart);
    now = std::max(now, when);
    gate.begin(now);
  }
  EXPECT_GT(now - kStart, milliseconds(200));
  EXPECT_LT(now - kStart, milliseconds(300));
}

TEST(Bucket, KeepsToItsRateOverAMinute) {
  Bucket bucket(600);  // ten a second
  auto now = kStart;
  for (int i = 0; i < 650; ++i) {
    now = std::max(now, bucket.ready_at(1, now));
    bucket.take(1, now);
  }
  EXPECT_GE(now - kStart, std::chrono::seconds(59));
  EXPECT_LE(now - kStart, std::chrono::seconds(61));
  Bucket open(std::nullopt);
  EXPECT_EQ(open.ready_at(1e9, now), now);
}

TEST(Bucket, WhereAVendorCountsBySecondsNoneIsExceeded) {
  Bucket bucket(600, 1);  // 10 a second
  auto now = kStart;
  std::vector<EngineClock::time_point> sent;
  for (int i = 0; i < 60; ++i) {
    now = std::max(now, bucket.ready_at(1, now));
    bucket.take(1, now);
    sent.push_back(now);
  }
  for (std::size_t i = 20; i < sent.size(); ++i)  // behind the first store
    EXPECT_GE(sent[i] - sent[i - 10], milliseconds(999)) << i;
  EXPECT_LE(sent[9] - sent[0], milliseconds(0));
}

TEST(Retry, HonoursRetryAfterAndItsBounds) {
  const RetryPolicy policy{.attempts = 3, .max_wait = milliseconds(10'000)};
  Verdict verdict = pushback();
  EXPECT_EQ(pause_before_retry(policy, verdict, 1, 0), milliseconds(0));
  EXPECT_LE(*pause_before_retry(policy, verdict, 2, 0.999), milliseconds(1000));
  EXPECT_EQ(pause_before_retry(policy, verdict, 3, 0), std::nullopt);
  verdict.retry_after = milliseconds(7000);
  EXPECT_GE(*pause_before_retry(policy, verdict, 1, 0.5), milliseconds(7000));
  verdict.retry_after = milliseconds(11'000);  // never shortened: the attempt fails
  EXPECT_EQ(pause_before_retry(policy, verdict, 1, 0.5), std::nullopt);
  EXPECT_EQ(pause_before_retry(policy, success(), 1, 0.5), std::nullopt);
}

}  // namespace
}  // namespace leitai
