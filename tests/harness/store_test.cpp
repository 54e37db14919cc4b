#include "harness/store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <limits>
#include <nlohmann/json.hpp>
#include <thread>

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
  out.request.prompt.messages.insert(out.request.prompt.messages.begin(),
                                     message(Role::System, "Be brief."));
  out.request.wanted = {
      .temperature = 0.6, .max_tokens = 96, .seed = 7, .thinking = "on", .stop = {"\n\n", "###"}};
  out.request.sent_json = R"({"temperature":0.6,"long":")" + std::string(2000, 'x') + R"("})";
  out.request.seed = 0xFEDCBA9876543210ull;
  Response& response = out.response;
  response.text = std::string("It is 42.\0 \xE6\x93\x82\n", 15);
  response.reasoning = std::string(5000, 'r');
  response.finish_reason = FinishReason::Stop;
  response.usage = {91, 120, 60, 0};
  response.timing = {212.25, 1903.5, std::nullopt, 800, 1900, 20.5, 31, 64};
  response.price = Price{0.0123, "CNY"};
  response.retry_cost = 0.0023;
  response.blocked = Blocked::Input;
  response.service = {200, "req-1", "fp_1", "host", "1301", "unsafe", "ab", 1'700'000'000'000};
  response.served_model = "qwen-max-2025-01-25";
  response.attempts = 3;
  response.logprobs = {{"It", -0.1234567890123}, {" is", -std::numeric_limits<double>::infinity()}};
  response.continuation_logprobs = {-1.5, -std::numeric_limits<double>::infinity()};
  response.continuation_greedy = {true, false};
  response.continuation_tokens = {1, 4};
  out.score = Score{"numeric@1", ScoreStatus::Correct,
                    1.0,         "42",
                    "T3",        std::pair<std::size_t, std::size_t>{6, 8},
                    {"unit"},    "the last number is 42"};
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
  failed.response = {.outcome = Outcome::Failed,
                     .failure = Failure{FailureKind::RateLimit, "slow down", 429}};
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
  store.each(Detail::Prompts, [&](const Record& one) {
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

std::vector<std::string> texts(const Store& store) {
  std::vector<std::string> out;
  store.each(Detail::Answers, [&](const Record& one) {
    out.push_back(one.response.text);
    return true;
  });
  return out;
}

TEST(Store, AFailureIsAskedAgainAndAFactStays) {
  TempDir dir;
  Store store = Store::create_or_open(dir / "run", "0.1.0");
  const Asked good = asked("m", "s", "1", 0, "q");
  Asked bad = good;
  bad.response = {.outcome = Outcome::Failed,
                  .failure = Failure{FailureKind::Timeout, "too slow", std::nullopt}};
  bad.score.reset();
  EXPECT_EQ(record(store, {bad}), 1);
  EXPECT_FALSE(store.load_done("m", "s").contains(good.request));
  EXPECT_EQ(record(store, {good}), 1);
  EXPECT_TRUE(store.load_done("m", "s").contains(good.request));
  ASSERT_EQ(store.events("failed_before").size(), 1u);
  EXPECT_NE(store.events("failed_before")[0].json.find("too slow"), std::string::npos);

  Asked other = good;
  other.response.text = "something else";
  EXPECT_EQ(record(store, {other, bad}), 0);
  EXPECT_EQ(texts(store), std::vector<std::string>{good.response.text});
  EXPECT_EQ(store.size(), 1);
  // Neither can another program rewrite it.
  Database raw(store.path(), Database::Access::Write);
  EXPECT_NE(
      message_of([&] { raw.execute("UPDATE responses SET text = 'x'"); }).find("never rewritten"),
      std::string::npos);
  EXPECT_NE(message_of([&] { raw.execute("DELETE FROM responses"); }).find("never removed"),
            std::string::npos);
}

TEST(Store, AChangedPromptIsANewRequestAndTheNewestIsShown) {
  TempDir dir;
  Store store = Store::create_or_open(dir / "run", "0.1.0");
  const Asked before = asked("m", "s", "1", 0, "old wording"),
              after = asked("m", "s", "1", 0, "new wording");
  record(store, {before, asked("m", "s", "2", 0, "q2")});
  record(store, {after});
  EXPECT_EQ(store.size(), 3);
  EXPECT_EQ(texts(store),
            (std::vector<std::string>{after.response.text, "The answer to \"q2\" is 2."}));
  EXPECT_EQ(store.find("s", "1").size(), 1u);
  EXPECT_EQ(store.item("s", "1")->question, "new wording");
  const DoneSet done = store.load_done("m", "s");
  EXPECT_EQ(done.size(), 3u);
  EXPECT_TRUE(done.contains(before.request.digest));
  EXPECT_TRUE(done.contains(after.request.digest));
  Item regraded = after.item;
  regraded.grading.gold = {"43"};
  store.put_items({&regraded, 1});
  EXPECT_EQ(store.item("s", "1")->grading.gold, std::vector<std::string>{"43"});
}

TEST(Store, LotsHoldTheNewestAnswersInTheOrderOfTheirRequests) {
  TempDir dir;
  Store store = Store::create_or_open(dir / "run", "0.1.0");
  for (const char* item : {"b", "c", "a"}) record(store, {asked("m", "s", item, 0, "first")});
  record(store, {asked("m", "s", "b", 0, "second")});
  std::string seen;
  int lots = 0;
  store.each_lot(
      Detail::Answers, [&](const Record& one) { seen += one.request.item; },
      [&] {
        ++lots;
        seen += '.';
      });
  EXPECT_EQ(seen, "cab.");
  EXPECT_EQ(lots, 1);
}

TEST(Store, EqualPromptsOfTwoItemsAreTwoRequests) {
  TempDir dir;
  Store store = Store::create_or_open(dir / "run", "0.1.0");
  const Asked first = asked("m", "s", "1", 0, "same"), second = asked("m", "s", "2", 0, "same"),
              elsewhere = asked("m", "t", "1", 0, "same");
  ASSERT_EQ(first.request.digest, second.request.digest);
  record(store, {first});
  EXPECT_TRUE(store.load_done("m", "s").contains(first.request));
  EXPECT_FALSE(store.load_done("m", "s").contains(second.request));
  EXPECT_FALSE(store.load_done("m", "t").contains(first.request));
  EXPECT_EQ(record(store, {second, elsewhere}), 2);
  EXPECT_EQ(texts(store).size(), 3u);
  Database raw(store.path(), Database::Access::Read);
  EXPECT_EQ(raw.query_int("SELECT count(*) FROM prompts"), 1);
}

TEST(Store, ScoresAreOpinions) {
  TempDir dir;
  Store store = Store::create_or_open(dir / "run", "0.1.0");
  record(store, {asked("m", "s", "1", 0, "q")});
  const std::int64_t id = store.find("s", "1").front().request.id;
  const auto give = [&](const char* scorer, ScoreStatus status) {
    const ScoredRequest one{id, {.scorer = scorer, .status = status}};
    store.put_scores({&one, 1});
    return *store.find(id)->score;
  };
  EXPECT_EQ(give("numeric@2", ScoreStatus::Incorrect).scorer, "numeric@2");
  EXPECT_FALSE(store.find(id)->score->score.has_value());
  usleep(2000);  // graded_at counts milliseconds
  EXPECT_EQ(give("exact@1", ScoreStatus::NoAnswer).status, ScoreStatus::NoAnswer);
  Database raw(store.path(), Database::Access::Read);
  EXPECT_EQ(raw.query_int("SELECT count(*) FROM scores"), 2);
}

TEST(Store, GradesThatComeLateFindTheirAnswers) {
  test::TempDir dir;
  Store store = Store::create_or_open(dir / "run", "1");
  std::vector<test::Asked> all;
  for (const char* item : {"1", "2", "3", "4"}) all.push_back(test::asked("m", "s", item, 0, item));
  for (test::Asked& one : all) one.score.reset();
  all[3].response = Response{};
  all[3].response.failure = Failure{FailureKind::Network, "gone", {}};
  test::record(store, all);
  const auto ungraded = [&](const char* suite) {
    std::vector<std::string> out;
    store.each_ungraded(suite, [&](const Record& record) {
      out.push_back(record.request.item);
      return true;
    });
    return out;
  };
  EXPECT_EQ(ungraded("s"), (std::vector<std::string>{"1", "2", "3"}));  // a failure has no grade
  EXPECT_TRUE(ungraded("t").empty());
  Score right{"code@2", ScoreStatus::Correct, 1.0, "", "", std::nullopt, {}, ""};
  Score broken{"code@2", ScoreStatus::InfraError, std::nullopt, "", "", std::nullopt, {}, "killed"};
  const test::Asked unknown = test::asked("m", "s", "9", 0, "never asked");
  store.put_late_scores(
      std::vector<AnswerView>{{&all[0].request, &all[0].response, &right, &all[0].item},
                              {&all[1].request, &all[1].response, &broken, &all[1].item},
                              {&unknown.request, &unknown.response, &right, &unknown.item}});
  EXPECT_EQ(ungraded("s"), (std::vector<std::string>{"2", "3"}));
}

TEST(Store, CountsModelsAndSuites) {
  TempDir dir;
  Store store = Store::create_or_open(dir / "run", "0.1.0");
  std::vector<Asked> all;
  for (int n = 0; n < 10; ++n) {
    Asked& one = all.emplace_back(
        asked(n % 2 ? "b" : "a", "s", std::to_string(n), 0, "q" + std::to_string(n)));
    if (n == 3) one.score.reset();
    if (n == 5)
      one.response.outcome = Outcome::Truncated, one.score->status = ScoreStatus::Incorrect;
  }
  record(store, all);
  std::vector<std::string> counted;
  for (const StoredCount& one : store.counts()) {
    counted.push_back(fmt::format("{} {} {} {} {}", one.model, one.suite, to_text(one.outcome),
                                  one.status ? to_text(*one.status) : "-", one.n));
  }
  EXPECT_EQ(counted,
            (std::vector<std::string>{"a s answered CORRECT 5", "b s answered - 1",
                                      "b s answered CORRECT 3", "b s truncated INCORRECT 1"}));
  store.put_models(
      std::vector<StoredModel>{{"z", "id z", "Z", "{}"}, {"b", "id b", "B", R"({"k":1})"}});
  std::vector<std::string> ids;
  for (const StoredModel& one : store.models()) ids.push_back(one.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"z", "b", "a"}));
  EXPECT_EQ(store.models()[1].config_json, R"({"k":1})");
  StoredSuite suite;
  suite.info = {.name = "s",
                .version = "3",
                .family = "reasoning",
                .kind = "number",
                .language = "zh",
                .licence = "MIT",
                .publish = "full",
                .mode = Mode::LogLikelihood,
                .params = {.max_tokens = 24, .stop = {"\n"}},
                .size = 10,
                .whole = 100,
                .floor = 0.25};
  suite.scorer = "numeric@1";
  suite.planned = 20;
  store.put_suites({&suite, 1});
  store.put_suites({&suite, 1});
  ASSERT_EQ(store.suites().size(), 1u);
  const StoredSuite got = store.suites()[0];
  EXPECT_EQ(got.info.version, "3");
  EXPECT_EQ(got.info.mode, Mode::LogLikelihood);
  EXPECT_EQ(got.info.params, suite.info.params);
  EXPECT_EQ(got.info.whole, 100);
  EXPECT_EQ(got.info.floor, 0.25);
  EXPECT_EQ(got.planned, 20);
  std::vector<std::string> items;
  store.each_item("s", [&](const Item& one) {
    items.push_back(one.id);
    return items.size() < 3;
  });
  EXPECT_EQ(items, (std::vector<std::string>{"0", "1", "2"}));
}

TEST(Store, PlannerAndWriterShareIt) {
  TempDir dir;
  Store store = Store::create_or_open(dir / "run", "0.1.0");
  std::atomic<bool> is_over = false;
  std::jthread writer([&] {
    for (int n = 0; n < 40; ++n)
      record(store, {asked("m", "s", std::to_string(n), 0, "q" + std::to_string(n))});
    is_over = true;
  });
  std::size_t last = 0;
  while (!is_over) {
    const std::size_t now = store.load_done("m", "s").size();
    EXPECT_GE(now, last);
    last = now;
    store.each(Detail::Answers, [&](const Record& one) {
      return store.item(one.request.suite, one.request.item).has_value();
    });
  }
  EXPECT_EQ(store.load_done("m", "s").size(), 40u);
}

}  // namespace
}  // namespace leitai
