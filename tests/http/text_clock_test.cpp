// When text arrives: thought and answer apart, at any split of the tags.
#include "backends/http/text_clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace leitai {
namespace {

using std::chrono::milliseconds;

constexpr EngineClock::time_point kSent{};

/// The pieces arrive 10, 20, 30 ... ms after the request.
Timing timed(const std::vector<std::string>& pieces) {
  TextClock clock;
  std::string text;
  EngineClock::time_point now = kSent;
  for (const std::string& piece : pieces) {
    text += piece;
    clock.tick(now += milliseconds(10), text);
  }
  Timing out;
  clock.fill(out, kSent);
  return out;
}

TEST(TextClock, TheAnswerBeginsBehindTheThought) {
  const auto answer_at = [](const std::vector<std::string>& pieces) {
    return timed(pieces).answer_ttft_ms.value_or(-1);
  };
  EXPECT_EQ(answer_at({"It", " is"}), 10);
  EXPECT_EQ(answer_at({"", "\n", "It", " is"}), 30);  // reasoning came apart
  EXPECT_EQ(answer_at({"<think>", "hm", "</think>", "\n\n", "It"}), 50);
  EXPECT_EQ(answer_at({"<th", "ink>hm</th", "ink>It", " is"}), 30);
  EXPECT_EQ(answer_at({"hm", "</think>", "It", " is"}), 30);  // no opening tag
  EXPECT_EQ(answer_at({"<", "b>It"}), 10);                    // only looked like one
  EXPECT_EQ(answer_at({"<think>", "hm"}), -1);
}

TEST(TextClock, GapsAreKnownWithinTheWidthOfTheirClass) {
  TextClock clock;
  EngineClock::time_point now = kSent;
  for (int i = 0; i < 1000; ++i) {
    now += i % 50 == 49 ? milliseconds(300) : milliseconds(20);
    clock.tick(now, "");
  }
  Timing out;
  clock.fill(out, kSent);
  EXPECT_NEAR(*out.gap_p50_ms, 20, 1);
  EXPECT_NEAR(*out.gap_p99_ms, 300, 15);
  EXPECT_EQ(out.text_events, 1000);
  EXPECT_EQ(out.ttft_ms, 20);
  EXPECT_FALSE(out.answer_ttft_ms);
}

}  // namespace
}  // namespace leitai
