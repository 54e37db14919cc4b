#include <gtest/gtest.h>

#include <thread>

#include "harness/core/channel.h"
#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/json_depth.h"
#include "harness/core/random.h"
#include "harness/core/regex.h"

namespace leitai {
namespace {

TEST(Random, IsSplitMix64ToTheBit) {
  SplitMix64 a(1234567);
  EXPECT_EQ(a.next(), 6457827717110365317ull);
  EXPECT_EQ(a.next(), 3203168211198807973ull);
  SplitMix64 b(42);
  const std::uint64_t below[] = {7, 1, 2, 3, 0, 8, 2, 8, 3, 6, 2, 4};
  for (std::uint64_t want : below) EXPECT_EQ(b.below(10), want);
  EXPECT_EQ(SplitMix64::at(42, 2), 5139283748462763858ull);
}

TEST(Digest, IsSha256) {
  EXPECT_EQ(sha256("abc").hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_NE(hash64({"ab", "c"}), hash64({"a", "bc"}));  // parts do not run together
}

TEST(Codec, WordsComeBack) {
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(outcome_from(to_text(static_cast<Outcome>(i))), static_cast<Outcome>(i));
  for (int i = 0; i < 14; ++i)
    EXPECT_EQ(failure_kind_from(to_text(static_cast<FailureKind>(i))), static_cast<FailureKind>(i));
  for (int i = 0; i < 18; ++i)
    EXPECT_EQ(score_status_from(to_text(static_cast<ScoreStatus>(i))), static_cast<ScoreStatus>(i));
  EXPECT_EQ(finish_reason_from("end_turn"), FinishReason::Stop);
  EXPECT_EQ(finish_reason_from("MAX_TOKENS"), FinishReason::Length);
  EXPECT_EQ(finish_reason_from("insufficient_system_resource"), std::nullopt);
}

TEST(Codec, AResponseComesBackWhole) {
  Response in;
  in.outcome = Outcome::Failed;
  in.failure = Failure{FailureKind::RateLimit, "slow down", 429};
  in.text = "t\xC3\xA9xt";
  in.reasoning = "why";
  in.finish_reason = FinishReason::Length;
  in.usage = {91, 120, 7, 3};
  in.timing = {212.5, 1903.25, 1.5, 800, 1900, 20.5, 31, 64};
  in.price = Price{0.0125, "CNY"};
  in.retry_cost = 0.0025;
  in.blocked = Blocked::Output;
  in.service = {429, "req-1", "fp_1", "host", "1302", "busy", "ab", 1'700'000'000'000};
  in.served_model = "served";
  in.attempts = 4;
  in.logprobs = {{"a", -0.5}};
  in.continuation_logprobs = {-1.5, -2.5};
  in.continuation_greedy = {true, false};
  in.continuation_tokens = {1, 2};
  const Response out = response_from(to_json(in));
  EXPECT_EQ(dump(to_json(out)), dump(to_json(in)));
  EXPECT_EQ(out.failure->http_status, 429);
  EXPECT_EQ(out.continuation_greedy, in.continuation_greedy);
}

TEST(Codec, AbsentStaysAbsent) {
  const Response out = response_from(to_json(Response{}));
  EXPECT_FALSE(out.reasoning || out.usage.prompt_tokens || out.timing.ttft_ms || out.price ||
               out.finish_reason);
}

TEST(Codec, AnItemAndItsPromptComeBack) {
  Item in;
  in.suite = "s/en";
  in.id = "7";
  in.question = "q?";
  in.prompt.messages = {message(Role::System, "be brief"), message(Role::User, "q?")};
  in.grading = {"numeric", {"4", "four"}, R"({"pattern":"x"})"};
  in.language = "en";
  in.tags = {"level=1"};
  in.pair_key = "7";
  const Item out = item_from(to_json(in));
  EXPECT_EQ(out.prompt, in.prompt);
  EXPECT_EQ(out.grading, in.grading);
  EXPECT_EQ(out.tags, in.tags);
}

TEST(Codec, ADigestCoversEverythingThatIsSent) {
  Request request;
  request.prompt.messages = {message(Role::User, "a")};
  request.sent_json = "{}";
  seal(request, "identity");
  const Digest first = request.digest;
  Request other = request;
  other.sample = 1;
  seal(other, "identity");
  EXPECT_NE(other.digest, first);
  other = request;
  other.sent_json = R"({"temperature":0})";
  seal(other, "identity");
  EXPECT_NE(other.digest, first);
  other = request;
  other.prompt.messages[0].content[0].text = "b";
  seal(other, "identity");
  EXPECT_NE(other.digest, first);
  other = request;
  other.model = "another name";
  seal(other, "identity");
  EXPECT_EQ(other.digest, first);  // a name is not a configuration
}

TEST(Codec, NamesTheMemberThatDoesNotFit) {
  try {
    response_from(nlohmann::json{{"outcome", "answered"}, {"text", 5}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("text"), std::string::npos);
  }
}

TEST(Codec, RefusesJsonThatIsNestedTooDeep) {
  for (const std::string& one : {std::string("["), std::string("{\"a\":")}) {
    std::string deep;
    for (int i = 0; i < 200000; ++i) deep += one;
    try {
      parse_json(deep, "x");
      FAIL();
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "x: JSON nested more than 1000 deep");
    }
  }
  const std::string open(1000, '['), close(1000, ']');
  EXPECT_NO_THROW(parse_json(open + close, "x"));
  EXPECT_FALSE(is_too_deep("[\"" + open + open + "\\\"" + open + "\"]"));  // text is no nesting
}

TEST(Regex, IsBoundedAndSaysSo) {
  const Regex evil("(a+)+$");
  bool exhausted = false;
  EXPECT_FALSE(evil.search(std::string(40, 'a') + "b", 0, &exhausted));
  EXPECT_TRUE(exhausted);
}

TEST(Regex, FindsAllMatchesAndGroups) {
  const Regex pattern(R"((\d+)(x)?)");
  const std::string text = "12x 3";
  const auto found = pattern.all(text);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].group(text, 1), "12");
  EXPECT_EQ(found[0].group(text, 2), "x");
  EXPECT_EQ(found[1].group(text, 2), "");
  EXPECT_EQ(Regex("").all("\u00E9").size(), 2u);  // empty matches step by code points
  EXPECT_THROW(Regex("(a"), Error);
}

TEST(Channel, HoldsBackAndDrains) {
  Channel<int> channel(2);
  std::jthread producer([&] {
    for (int i = 0; i < 100; ++i) channel.push(i);
    channel.close();
  });
  int next = 0;
  while (const auto value = channel.pop()) EXPECT_EQ(*value, next++);
  EXPECT_EQ(next, 100);
  EXPECT_FALSE(channel.push(1));
}

}  // namespace
}  // namespace leitai
