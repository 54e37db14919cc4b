#include "harness/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/store_db.h"
#include "tests/support/store_fixtures.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::Asked;
using test::asked;
using test::message_of;
using test::record;
using test::TempDir;

Asked full_answer() {
  Asked out = asked("qwen", "gsm8k", "17", 2, "How many?");
  out.request.prompt.messages.insert(out.request.prompt.messages.begin(), message(Role::System, "Be brief."));
  out.request.wanted = {.temperature = 0.6, .max_tokens = 96, .seed = 7, .thinking = "on", .stop = {"\n\n", "###"}};
  out.request.sent_json = R"({"temperature":0.6,"long":")" + std::string(2000, 'x') + R"("})";
  out.request.seed = 0xFEDCBA9876543210ull;
  Response& response = out.response;
  response.text = std::string("It is 42.\0 \xE6\x93\x82\n", 15);
  response.reasoning = std::string(5000, 'r');
  response.finish_reason = FinishReason::Stop;
  response.usage = {91, 120, 60, 0};
  response.timing = {212.25, 1903.5, std::nullopt};
  response.price = Price{0.0123, "CNY"};
  response.served_model = "qwen-max-2025-01-25";
  response.attempts = 3;
  response.logprobs = {{"It", -0.1234567890123}, {" is", -std::numeric_limits<double>::infinity()}};
  response.continuation_logprobs = {-1.5, -std::numeric_limits<double>::infinity()};
  response.continuation_greedy = {true, false};
  response.continuation_tokens = {1, 4};
  out.score = Score{"numeric@1", ScoreStatus::Correct, 1.0, "42", "T3", std::pair<std::size_t, std::size_t>{6, 8}, {"unit"}, "the last number is 42"};
  out.item.grading = {"numeric", {"42"}, ""};
  out.item.tags = {"level=1"};
  return out;
}

void expect_same(const Record& got, const Asked& want) {
  EXPECT_EQ(got.request.digest, want.request.digest);
  EXPECT_EQ(got.request.model, want.request.model);
  EXPECT_EQ(got.request.suite, want.request.suite);
  EXPECT_EQ(got.request.item, want.request.item);
  EXPECT_EQ(got.request.sample, want.request.sample);
  EXPECT_EQ(got.request.mode, want.request.mode);
  EXPECT_EQ(got.request.wanted, want.request.wanted);
  EXPECT_EQ(got.request.sent_json, want.request.sent_json);
  EXPECT_EQ(got.request.seed, want.request.seed);
  EXPECT_EQ(got.request.prompt, want.request.prompt);
  Response response = got.response;
  EXPECT_EQ(response.logprobs.size(), want.response.logprobs.size());
  for (std::size_t i = 0; i < response.logprobs.size(); ++i) {
    EXPECT_EQ(response.logprobs[i].token, want.response.logprobs[i].token);
    EXPECT_EQ(response.logprobs[i].logprob, want.response.logprobs[i].logprob);
  }
  EXPECT_EQ(response.continuation_logprobs, want.response.continuation_logprobs);
  EXPECT_EQ(to_json(response), to_json(want.response));
  ASSERT_EQ(got.score.has_value(), want.score.has_value());
  if (got.score) {
    EXPECT_EQ(to_json(*got.score), to_json(*want.score));
  }
}

TEST(Store, GivesBackWhatItWasGiven) {
  TempDir dir;
  const Asked rich = full_answer();
  Asked failed = asked("qwen", "gsm8k", "9", 0, "Why?");
  failed.response = {.outcome = Outcome::Failed, .failure = Failure{FailureKind::RateLimit, "slow down", 429}};
  Asked invalid = asked("v3", "own", "1", 0, "Bytes?");
  invalid.response.text = "\xFF\xFE broken";
  {
    Store store = Store::create_or_open(dir / "run", "0.1.0");
    EXPECT_EQ(record(store, {rich, failed, invalid}), 3);
    store.set_meta("config", "name: x\n");
    store.add_event("interrupted", {{"signal", 2}});
  }
  const Store store = Store::open_read(dir / "run");
  EXPECT_EQ(store.size(), 3);
  EXPECT_EQ(store.meta("config"), "name: x\n");
  EXPECT_EQ(store.meta("leitai_version"), "0.1.0");
  EXPECT_EQ(store.meta("nothing"), std::nullopt);
  ASSERT_EQ(store.events("interrupted").size(), 1u);
  EXPECT_EQ(store.events("interrupted")[0].json, R"({"signal":2})");

  ASSERT_EQ(store.find("gsm8k", "17", "qwen").size(), 1u);
  expect_same(store.find("gsm8k", "17", "qwen")[0], rich);
  ASSERT_EQ(store.find("gsm8k", "17").size(), 1u);  // of whichever model
  EXPECT_TRUE(store.find("gsm8k", "17", "v3").empty());
  std::vector<Record> all;
  store.each(true, [&](const Record& one) {
    all.push_back(one);
    return true;
  });
  ASSERT_EQ(all.size(), 3u);
  expect_same(all[0], rich);  // "17" sorts before "9"
  expect_same(all[1], failed);
  expect_same(all[2], invalid);
  expect_same(*store.find(all[2].request.id), invalid);
  EXPECT_EQ(to_json(*store.item("gsm8k", "17")), to_json(rich.item));
  EXPECT_FALSE(store.item("gsm8k", "18").has_value());
}

}  // namespace
}  // namespace leitai
