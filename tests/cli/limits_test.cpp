// Budgets, prices, cache and doctor as a user meets them, against a server on this machine.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/program.h"
#include "tests/support/support.h"
#include "tests/support/wire_server.h"

namespace leitai {
namespace {

using std::chrono::milliseconds;
using test::call;
using test::Ran;
using test::reply_of;
using test::WireReply;
using test::WireRequest;
using test::WireServer;
using Json = nlohmann::json;

constexpr int kQuestions = 12;

Json usage(int prompt, int completion) {
  return {{"prompt_tokens", prompt}, {"completion_tokens", completion}};
}

std::string answer(int completion = 10) {
  return Json{
      {"model", "m-1"},
      {"choices",
       Json::array({{{"index", 0}, {"message", {{"content", "4"}}}, {"finish_reason", "stop"}}})},
      {"usage", usage(20, completion)}}
      .dump();
}

/// The vendor "mint" charges 0.1 CNY for each new token and nothing for prompts; "mintusd" the same
/// in USD.
class Limits : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder / "providers");
    std::filesystem::create_directories(folder / "home/providers");
    std::string questions;
    for (int i = 0; i < kQuestions; ++i)
      questions +=
          "{\"question\": \"What is 2 + 2, asked " + std::to_string(i) + "?\", \"answer\": 4}\n";
    test::write_text(folder / "q.jsonl", questions);
    for (const std::string currency : {"CNY", "USD"}) {
      const std::string id = currency == "CNY" ? "mint" : "mintusd";
      const Json record{{"id", id},
                        {"name", "Mint"},
                        {"source", "s"},
                        {"as_of", "2026-11-15"},
                        {"regions", {{"x", "https://example.org/v1"}}},
                        {"key_env", {"MINT_API_KEY"}},
                        {"limits", {{"in_flight", 4}, {"shared", true}}},
                        {"prices", Json::array({{{"models", {"m*"}},
                                                 {"currency", currency},
                                                 {"input", 0},
                                                 {"output", 100000},
                                                 {"as_of", "2026-10-02"},
                                                 {"source", "https://example.org/" + id}}})}};
      test::write_text(folder / "providers" / (id + ".json"), record.dump());
    }
  }
  Ran here(std::vector<std::string> args) {
    return call(args, {.folder = folder.path(),
                       .input = {},
                       .environment = {{"LEITAI_HOME", (folder / "home").string()},
                                       {"MINT_API_KEY", "sk-canary-mint"},
                                       {"no_proxy", "127.0.0.1"}}});
  }
  std::vector<std::string> run_of(const WireServer& server, std::vector<std::string> more = {}) {
    std::vector<std::string> out{
        "run", "-m",          "mint/m,base_url=" + server.url() + "/v1,max_tokens=10",
        "-s",  "q.jsonl",     "--name",
        "r",   "--providers", "providers"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  test::TempDir folder;
};

TEST_F(Limits, MoneyIsNeverExceededAndALargerBudgetGoesOn) {
  WireServer server([](const WireRequest&) { return reply_of(200, answer()); });
  const Ran small = here(run_of(server, {"--budget", "3.5 CNY"}));
  EXPECT_EQ(small.code, 2) << small.err;
  EXPECT_EQ(server.seen().size(), 3u) << "each costs 1 CNY";
  EXPECT_NE(
      small.err.find("the budget of 3.5 CNY is reached (3 spent; the next request may cost 1)"),
      std::string::npos)
      << small.err;
  EXPECT_NE(small.out.find("Prices as of 2026-10-02 (https://example.org/mint)"), std::string::npos)
      << small.out;
  EXPECT_EQ(here(run_of(server, {"--budget", "3.5 CNY"})).code, 2) << "what was spent counts";
  EXPECT_EQ(server.seen().size(), 3u);
  EXPECT_EQ(here(run_of(server, {"--budget", "5 CNY"})).code, 2);
  EXPECT_EQ(server.seen().size(), 5u);
  EXPECT_EQ(here(run_of(server, {"--budget", "100 CNY"})).code, 0);
  EXPECT_EQ(server.seen().size(), static_cast<std::size_t>(kQuestions));
}

TEST_F(Limits, RequestsAreCountedOverAllCallsOfTheRun) {
  WireServer server([](const WireRequest&) { return reply_of(200, answer()); });
  const Ran small = here(run_of(server, {"--max-requests", "5"}));
  EXPECT_EQ(small.code, 2);
  EXPECT_NE(small.err.find("the budget of 5 requests is reached"), std::string::npos) << small.err;
  EXPECT_EQ(here(run_of(server, {"--max-requests", "7"})).code, 2);
  EXPECT_EQ(server.seen().size(), 7u);
  EXPECT_EQ(here(run_of(server, {"--max-requests", "12"})).code, 0);
}

TEST_F(Limits, TokensAreCountedWithPromptsAndWhatIsInFlight) {
  WireServer server([](const WireRequest&) {
    return WireReply{200, "", {{answer(5), milliseconds(20)}}, false};
  });
  const Ran small = here(run_of(server, {"--max-total-tokens", "120", "--in-flight", "8"}));
  EXPECT_EQ(small.code, 2);
  EXPECT_NE(small.err.find("the budget of 120 tokens is reached"), std::string::npos) << small.err;
  const std::size_t asked = server.seen().size();
  EXPECT_LE(asked, 4u) << "25 each";
  EXPECT_GE(asked, 2u);
  EXPECT_EQ(here(run_of(server, {"--max-total-tokens", "1k"})).code, 0);
  EXPECT_EQ(server.seen().size(), static_cast<std::size_t>(kQuestions));
}

TEST_F(Limits, TimeOfEarlierCallsCounts) {
  WireServer server([](const WireRequest&) {
    return WireReply{200, "", {{answer(), milliseconds(120)}}, false};
  });
  const Ran small = here(run_of(server, {"--time", "300ms", "--in-flight", "1"}));
  EXPECT_EQ(small.code, 2);
  EXPECT_NE(small.err.find("the time of 0.3 s is over"), std::string::npos) << small.err;
  const std::size_t asked = server.seen().size();
  EXPECT_LT(asked, static_cast<std::size_t>(kQuestions));
  const Ran again = here(run_of(server, {"--time", "300ms", "--in-flight", "1"}));
  EXPECT_EQ(again.code, 2);
  EXPECT_NE(again.err.find("of it by earlier calls"), std::string::npos) << again.err;
  EXPECT_EQ(server.seen().size(), asked);
  EXPECT_EQ(here(run_of(server, {"--time", "1h"})).code, 0);
}

TEST_F(Limits, OneModelsBudgetLeavesTheOthersAlone) {
  WireServer server([](const WireRequest&) { return reply_of(200, answer()); });
  test::write_text(
      folder / "eval.yaml",
      "name: r\nmodels:\n  - a: {model: 'mint/m-a,base_url=" + server.url() +
          "/v1', params: {max_tokens: 10}}\n  - b: {model: 'mintusd/m-b,base_url=" + server.url() +
          "/v1', params: {max_tokens: 10}}\nsuites: [q.jsonl]\n"
          "budget: {per_model: {a: {requests: 3, money: 9 CNY}, b: 8 USD}}\n");
  const Ran ran = here({"run", "eval.yaml", "--providers", "providers"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(server.seen().size(), 3u + 8u);
  EXPECT_NE(ran.err.find("3 requests for a"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("8 USD for b"), std::string::npos) << ran.err;
  // Two currencies stand side by side, each with its list.
  EXPECT_NE(ran.out.find("https://example.org/mintusd"), std::string::npos) << ran.out;
  const Json board = Json::parse(here({"report", "runs/r", "--json"}).out);
  EXPECT_EQ(board["prices"].size(), 2u);
  const Ran compared = here({"compare", "a", "b", "--run", "runs/r"});
  EXPECT_NE(compared.out.find(" CNY against "), std::string::npos) << compared.out;
  EXPECT_NE(compared.out.find("Prices as of 2026-10-02"), std::string::npos) << compared.out;
}

TEST_F(Limits, WhatFailedAfterItWasChargedCounts) {
  std::atomic<bool> is_well = false;
  // The stream ends without a finish reason, behind the line that tells the usage.
  const std::string broken =
      "data: " +
      Json{{"choices", Json::array({{{"index", 0}, {"delta", {{"content", "4"}}}}})}}.dump() +
      "\n\ndata: " + Json{{"choices", Json::array()}, {"usage", usage(20, 10)}}.dump() + "\n\n";
  WireServer server([&](const WireRequest&) {
    return is_well ? reply_of(200, answer()) : WireReply{200, "", {{broken}}, true};
  });
  test::write_text(folder / "eval.yaml",
                   "name: r\nmodels:\n  - a: {model: 'mint/m-a,base_url=" + server.url() +
                       "/v1', params: {max_tokens: 10}}\nsuites: [q.jsonl]\n"
                       "retry: {attempts: 1}\nbudget: {money: 4 CNY}\n");
  const std::vector<std::string> run{"run", "eval.yaml", "--providers", "providers"};
  const Ran first = here(run);
  EXPECT_EQ(first.code, 2);
  EXPECT_EQ(server.seen().size(), 4u) << first.err;
  is_well = true;
  EXPECT_EQ(here(run).code, 2);
  EXPECT_EQ(server.seen().size(), 4u);
  std::vector<std::string> more = run;
  more.insert(more.end(), {"--budget", "9 CNY"});
  EXPECT_EQ(here(more).code, 2);
  EXPECT_EQ(server.seen().size(), 9u);
  // A failed answer that a newer one replaced was paid all the same.
  EXPECT_EQ(here(more).code, 2);
  EXPECT_EQ(server.seen().size(), 9u);
}

TEST_F(Limits, KeptAnswersCostNothingAndAreCounted) {
  WireServer server([](const WireRequest&) { return reply_of(200, answer()); });
  const Ran first = here(run_of(server, {"--cache", "--limit", "8", "--samples", "2"}));
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(server.seen().size(), 16u) << "a second sample is another answer";
  EXPECT_NE(first.err.find("Cache: 0 of 16 answers were kept from earlier runs"), std::string::npos)
      << first.err;
  auto again = run_of(server, {"--cache", "--samples", "2", "--max-requests", "8"});
  *std::find(again.begin(), again.end(), "r") = "other";
  const Ran second = here(again);
  EXPECT_EQ(second.code, 0) << second.err << "kept answers need no budget";
  EXPECT_EQ(server.seen().size(), 24u);
  EXPECT_NE(second.err.find("Cache: 16 of 24 answers were kept"), std::string::npos) << second.err;
  EXPECT_NE(here({"ls", "cache"}).out.find("24"), std::string::npos);
  EXPECT_NE(here({"ls", "cache", "--older-than", "0"}).err.find("24 answers removed"),
            std::string::npos);
}

TEST_F(Limits, APlanSaysWhatTheRunThenCosts) {
  WireServer server([](const WireRequest&) { return reply_of(200, answer()); });
  auto plan = run_of(server, {"--json"});
  plan[0] = "plan";
  const Json one = Json::parse(here(plan).out)["models"][0];
  EXPECT_DOUBLE_EQ(one["cost_at_most"]["CNY"], 12);
  EXPECT_EQ(one["prices"]["as_of"], "2026-10-02");
  EXPECT_GT(one["prompt_tokens"], 0);
  EXPECT_EQ(server.seen().size(), 0u);
  ASSERT_EQ(here(run_of(server)).code, 0);
  const Json board = Json::parse(here({"report", "runs/r", "--json"}).out);
  EXPECT_LE(board["models"][0]["all"]["cost"]["CNY"], one["cost_at_most"]["CNY"]);
  plan[2] = "openai@http://127.0.0.1:9/v1/m";
  plan.pop_back();
  const Ran unknown = here(plan);
  EXPECT_NE(unknown.out.find("what it costs is not known"), std::string::npos) << unknown.out;
  plan[2] = "mint/m,base_url=http://127.0.0.1:9/v1,max_tokens=10";
  test::write_text(folder / "eval.yaml",
                   "models:\n  - a: {model: 'mint/m-a', params: {max_tokens: 10}}\n"
                   "suites: [q.jsonl]\nlimits: {per_model: {a: {rpm: 6}}}\n");
  const Ran timed = here({"plan", "eval.yaml", "--providers", "providers"});
  EXPECT_NE(timed.out.find("takes at least 2 min at 6 requests a minute"), std::string::npos)
      << timed.out;
}

TEST_F(Limits, DoctorReachesOnlyWhenAskedAndSaysWhatIsWrong) {
  std::atomic<bool> is_late = false;
  WireServer server([&](const WireRequest&) {
    return reply_of(404, "{}", is_late ? "Date: Fri, 27 Nov 2020 10:00:00 GMT\r\n" : "");
  });
  const Json record{{"id", "near"},
                    {"name", "Near"},
                    {"source", "s"},
                    {"as_of", "2026-11-15"},
                    {"regions", {{"x", server.url() + "/v1"}}},
                    {"key_env", {"MINT_API_KEY"}}};
  test::write_text(folder / "home/providers/near.json", record.dump());
  const Ran offline = here({"doctor"});
  EXPECT_EQ(offline.code, 0);
  EXPECT_EQ(server.seen().size(), 0u);
  EXPECT_NE(offline.out.find("MINT_API_KEY"), std::string::npos);
  EXPECT_EQ(offline.out.find("sk-canary-mint"), std::string::npos);
  const Ran well = here({"doctor", "--reach"});
  EXPECT_EQ(well.code, 0) << well.out << well.err;
  EXPECT_NE(well.out.find("/v1: answers (HTTP 404"), std::string::npos) << well.out;
  ASSERT_EQ(server.seen().size(), 1u);
  EXPECT_FALSE(server.seen()[0].headers.contains("authorization"));
  is_late = true;
  const Ran late = here({"doctor", "--reach", "near"});
  EXPECT_EQ(late.code, 1);
  EXPECT_NE(late.out.find("s ahead of its own; set the clock"), std::string::npos) << late.out;
  Json gone = record;
  gone["regions"]["x"] = "http://127.0.0.1:9/v1";
  test::write_text(folder / "home/providers/near.json", gone.dump());
  const Ran dead = here({"doctor", "--reach", "near"});
  EXPECT_EQ(dead.code, 1);
  EXPECT_NE(dead.out.find("cannot be reached"), std::string::npos) << dead.out;
  EXPECT_NE(here({"doctor", "--reach", "neer"}).err.find("near"), std::string::npos);
  EXPECT_EQ(here({"doctor", "near"}).code, 1);
}

TEST_F(Limits, DoctorHidesProxyPasswordsAndSeesAMissingBundle) {
  const Ran ran = call({"doctor"}, {.folder = folder.path(),
                                    .input = {},
                                    .environment = {{"LEITAI_HOME", (folder / "home").string()},
                                                    {"https_proxy", "http://me:geheim@proxy:3128"},
                                                    {"SSL_CERT_FILE", "none.pem"},
                                                    {"OPENAI_API_KEY", "\"sk-quoted\""}}});
  EXPECT_EQ(ran.out.find("geheim"), std::string::npos);
  EXPECT_NE(ran.out.find("proxy:3128 (name and password hidden)"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("none.pem: no such file (SSL_CERT_FILE)"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("OPENAI_API_KEY holds a blank, a quote"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("sk-quoted"), std::string::npos);
}

TEST_F(Limits, WhatTheServiceChargesUnforeseenStopsTheRunAsSoonAsItIsKnown) {
  Json record = Json::parse(test::read_text(folder / "providers/mint.json"));
  record["id"] = "teller";
  record["prices"] = Json::array();
  record["tells_cost"] = "USD";
  test::write_text(folder / "providers/teller.json", record.dump());
  WireServer server([](const WireRequest&) {
    Json body = Json::parse(answer());
    body["usage"]["cost"] = 0.02;
    return reply_of(200, body.dump());
  });
  const std::vector<std::string> run{
      "run",       "-m",          "teller/m,base_url=" + server.url() + "/v1",
      "-s",        "q.jsonl",     "--providers",
      "providers", "--in-flight", "1",
      "--budget",  "0.05 USD"};
  const Ran first = here(run);
  EXPECT_EQ(first.code, 2) << first.err;
  EXPECT_EQ(server.seen().size(), 2u) << "the third would pass the limit, as the first two tell";
  EXPECT_EQ(here(run).code, 2);
  EXPECT_LE(server.seen().size(), 3u) << "nothing is known before the first answer of a call";
}

TEST_F(Limits, ABudgetOfMoneyIsRefusedWhereNoPriceIsKnown) {
  WireServer server([](const WireRequest&) { return reply_of(200, answer()); });
  std::vector<std::string> run = run_of(server, {"--budget", "5 CNY"});
  run[2] = "mint/unpriced,base_url=" + server.url() + "/v1";
  const Ran ran = here(run);
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("budget: no price is known for unpriced"), std::string::npos) << ran.err;
  EXPECT_TRUE(server.seen().empty());
}

TEST_F(Limits, WithoutUsageWhatWasSetAsideCountsInLaterCallsToo) {
  WireServer server([](const WireRequest&) {
    Json body = Json::parse(answer());
    body.erase("usage");
    return reply_of(200, body.dump());
  });
  EXPECT_EQ(here(run_of(server, {"--budget", "3.5 CNY"})).code, 2);
  EXPECT_EQ(server.seen().size(), 3u);
  EXPECT_EQ(here(run_of(server, {"--budget", "3.5 CNY"})).code, 2);
  EXPECT_EQ(server.seen().size(), 3u);
}

TEST_F(Limits, AChargedAttemptIsRepeatedOnlyWithinTheBudget) {
  WireServer server([](const WireRequest&) {
    Json body = Json::parse(answer());
    body["choices"][0]["finish_reason"] = "network_error";
    return reply_of(200, body.dump());
  });
  test::write_text(folder / "eval.yaml",
                   "models: [{m: {model: \"mint/m,base_url=" + server.url() +
                       "/v1,max_tokens=10\"}}]\nsuites: [q.jsonl]\nname: r\n"
                       "retry: {attempts: 5, max_wait: 1s}\nbudget: {money: 3.5 CNY}\n");
  const Ran ran = here({"run", "eval.yaml", "--providers", "providers"});
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_LE(server.seen().size(), 3u) << "each attempt costs 1 CNY";
}

TEST_F(Limits, WhenTimeIsOverNothingMoreIsSent) {
  WireServer server([](const WireRequest&) { return reply_of(200, answer()); });
  test::write_text(folder / "eval.yaml", "models: [{m: {model: \"mint/m,base_url=" + server.url() +
                                             "/v1,max_tokens=10\"}}]\nsuites: [q.jsonl]\nname: r\n"
                                             "limits: {per_model: {m: {rpm: 60}}}\n");
  const auto begun = std::chrono::steady_clock::now();
  const Ran ran = here({"run", "eval.yaml", "--providers", "providers", "--time", "500ms"});
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_LE(server.seen().size(), 8u) << "60 a minute, a few of them at once";
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
  const std::string items = here({"ls", "items", "runs/r", "--json"}).out;
  EXPECT_EQ(items.find("failed"), std::string::npos) << "what was never sent is not there" << items;
}

TEST_F(Limits, NoModelTakesAllPlacesOfTheRun) {
  std::mutex mutex;
  std::map<std::string, int> seen;
  WireServer server([&](const WireRequest& request) {
    std::lock_guard lock(mutex);
    ++seen[Json::parse(request.body)["model"]];
    WireReply out;
    out.pieces = {{answer(), milliseconds(100), nullptr}};
    return out;
  });
  const std::string at = ",base_url=" + server.url() + "/v1,max_tokens=10";
  const Ran ran = here({"run", "-m", "mint/m1" + at, "-m", "mint/m2" + at, "-s", "q.jsonl",
                        "--providers", "providers", "--in-flight", "4", "--max-requests", "8"});
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_NEAR(seen["m1"], 4, 1);
  EXPECT_NEAR(seen["m2"], 4, 1);
}

}  // namespace
}  // namespace leitai
