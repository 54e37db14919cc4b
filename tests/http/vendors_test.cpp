// Every provider record against a server that speaks its vendor's wire: what is sent, what is read,
// what it costs, and what refusals and errors become.
#include "tests/support/vendors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ctime>
#include <set>

#include "backends/http/provider.h"
#include "harness/core/backend.h"
#include "harness/core/codec.h"
#include "tests/support/support.h"

namespace leitai {

extern constinit const BackendFactory http;

namespace {

using test::Counted;
using test::Said;
using test::VendorFacts;
using test::WireReply;
using test::WireRequest;
using test::WireServer;
using Json = nlohmann::json;

constexpr const char* kKey = "sk-vendor-canary-51";
const std::string kThought = "\u60f3\u4e00\u60f3: 2 + 2 \u662f 4";
const std::string kText = "\u7b54\u6848\u662f 4. \U0001F600";

/// Asks one question of a model at `url` by its provider's record.
Response ask(const std::string& id, const std::string& model, const std::string& url,
             const std::string& thinking, std::map<std::string, std::string> options = {}) {
  Channel<Answer> answers(4);
  Model one;
  one.id = "m";
  one.target = id + "/" + model;
  options["base_url"] = url;
  options["key_env"] = "VENDOR_CANARY";
  one.options = std::move(options);
  setenv("VENDOR_CANARY", kKey, 1);
  BackendContext context;
  context.attempts = 2;
  context.max_wait_s = 0.02;
  const auto backend = http.make_in(one, answers, context);
  Request request;
  request.prompt.messages = {message(Role::System, "Be brief."), message(Role::User, "2 + 2?")};
  request.wanted.temperature = 0;
  request.wanted.top_p = 0.5;
  request.wanted.top_k = 20;
  request.wanted.seed = 7;
  request.wanted.stop = {"###"};
  request.wanted.max_tokens = 64;
  request.wanted.thinking = thinking;
  backend->prepare(request);
  seal(request, backend->traits().identity);
  backend->submit(std::move(request));
  auto answer = answers.pop_for(std::chrono::seconds(20));
  return answer ? std::move(answer->response) : Response{};
}

/// "answered", "failed(auth)".
std::string words(const Response& response) {
  std::string out(to_text(response.outcome));
  return response.failure ? out + fmt::format("({})", to_text(response.failure->kind)) : out;
}

/// The body without what every request holds.
Json parameters(const WireRequest& request) {
  Json body = Json::parse(request.body);
  for (const char* name : {"model", "stream", "stream_options", "messages", "system", "contents",
                           "systemInstruction", "input"})
    body.erase(name);
  return body;
}

bool is_peak(const Json& hours, std::time_t at) {
  std::tm parts{};
  gmtime_r(&at, &parts);
  if (parts.tm_wday == 0 || parts.tm_wday == 6) return false;
  return std::any_of(hours.begin(), hours.end(), [&](const Json& pair) {
    return parts.tm_hour >= pair[0].get<int>() && parts.tm_hour < pair[1].get<int>();
  });
}

void check_price(const VendorFacts& vendor, const Response& got) {
  if (!vendor.contains("price")) {
    EXPECT_FALSE(got.price);
    return;
  }
  const Json& price = vendor["price"];
  const double amount = ((Counted::kPrompt - Counted::kCached) * price["input"].get<double>() +
                         Counted::kCached * price["cached"].get<double>() +
                         Counted::kCompletion * price["output"].get<double>()) /
                        1e6;
  const bool doubled = price.contains("peak_utc") && is_peak(price["peak_utc"], std::time(nullptr));
  ASSERT_TRUE(got.price);
  EXPECT_EQ(got.price->currency, price["currency"]);
  EXPECT_NEAR(got.price->amount, doubled ? 2 * amount : amount, 1e-12);
}

void check_answer(const VendorFacts& vendor, const Response& got, bool is_thinking) {
  EXPECT_EQ(words(got), "answered") << (got.failure ? got.failure->message : "");
  EXPECT_EQ(got.text, kText);
  const std::string form = vendor.value("reasoning", vendor.contains("wire") ? "own" : "");
  const bool is_shown = is_thinking && !form.empty() && form != "hidden";
  EXPECT_EQ(got.reasoning.value_or("none"), is_shown ? kThought : "none");
  EXPECT_EQ(got.finish_reason, FinishReason::Stop);
  EXPECT_EQ(got.usage.prompt_tokens, Counted::kPrompt);
  EXPECT_EQ(got.usage.completion_tokens, Counted::kCompletion);
  EXPECT_EQ(got.usage.cached_tokens, Counted::kCached);
  const bool is_counted = is_thinking && vendor.value("thought_count", true);
  EXPECT_EQ(got.usage.reasoning_tokens.value_or(0), is_counted ? Counted::kThought : 0);
  EXPECT_EQ(got.served_model, "served-" + vendor["model"].get<std::string>());
  EXPECT_EQ(got.attempts, 1);
  check_price(vendor, got);
}

void check_head(const VendorFacts& vendor, const WireRequest& seen, bool is_stream) {
  const std::string path = vendor.value("path", "/chat/completions");
  EXPECT_EQ(seen.target, "/base" + (is_stream ? path : vendor.value("whole_path", path)));
  EXPECT_EQ(seen.target.find(kKey), std::string::npos);
  const std::string auth = vendor.value("auth", "bearer");
  const bool is_bearer = auth == "bearer" || auth == "none";  // none: not needed, yet given here
  EXPECT_EQ(seen.headers.at(is_bearer ? "authorization" : auth),
            (is_bearer ? "Bearer " : "") + std::string(kKey));
  const Json body = Json::parse(seen.body);
  EXPECT_EQ(body.value("stream", is_stream), is_stream);
  const bool asks_usage = body.contains("stream_options");
  EXPECT_EQ(asks_usage,
            is_stream && !vendor.contains("wire") && !vendor.value("no_stream_options", false));
}

TEST(Vendors, EveryRecordHasAScenarioAndEveryScenarioARecord) {
  std::set<std::string> records, scenarios;
  for (const auto& [id, provider] : load_providers()) records.insert(id);
  for (const auto& [id, facts] : test::vendors()) scenarios.insert(id);
  EXPECT_EQ(records, scenarios) << "each record in backends/http/providers has its scenario in "
                                   "tests/support/vendors.json";
}

TEST(Vendors, ThinkingUsagePriceAndParametersAreRightOnEachWire) {
  int n = 0;
  for (const auto& [id, vendor] : test::vendors()) {
    SCOPED_TRACE(id);
    const std::string model = vendor["model"];
    for (const bool is_thinking : {false, true}) {
      for (const bool is_stream : {true, false}) {
        SCOPED_TRACE(fmt::format("thinking {}, {}", is_thinking ? "on" : "off",
                                 is_stream ? "stream" : "whole"));
        const Said said{kText, is_thinking ? kThought : "", ""};
        WireServer server([&, facts = vendor](const WireRequest&) {
          return is_stream ? test::in_pieces(test::vendor_stream(facts, said), 37)
                           : test::reply_of(200, test::vendor_whole(facts, said));
        });
        std::map<std::string, std::string> options;
        if (!is_stream) options["stream"] = "off";
        const Response got =
            ask(id, model, server.url() + "/base", is_thinking ? "on" : "off", options);
        check_answer(vendor, got, is_thinking);
        ASSERT_EQ(server.seen().size(), 1u);
        check_head(vendor, server.seen()[0], is_stream);
        EXPECT_EQ(parameters(server.seen()[0]), vendor[is_thinking ? "on" : "off"]);
        ++n;
      }
    }
  }
  test::count_compared("answers on vendors' wires", n);
}

TEST(Vendors, WhatAModelPinsIsVisiblyNotSent) {
  for (const auto& [id, vendor] : test::vendors()) {
    for (const Json& pin : vendor.value("pins", Json::array())) {
      SCOPED_TRACE(id + "/" + pin["model"].get<std::string>());
      WireServer server([&, facts = vendor](const WireRequest&) {
        return test::reply_of(200, test::vendor_stream(facts, {kText, "", ""}));
      });
      EXPECT_EQ(words(ask(id, pin["model"], server.url(), "off")), "answered");
      EXPECT_EQ(parameters(server.seen().at(0)), pin["off"]);
    }
  }
}

TEST(Vendors, LengthIsTruncationAlsoWhereThoughtAteTheBudget) {
  for (const auto& [id, vendor] : test::vendors()) {
    SCOPED_TRACE(id);
    for (const std::string& text : {kText, std::string()}) {
      const Said said{text, text.empty() ? kThought : "", vendor.value("length", "length")};
      WireServer server([&, facts = vendor](const WireRequest&) {
        return test::reply_of(200, test::vendor_stream(facts, said));
      });
      const Response got = ask(id, vendor["model"], server.url(), "on");
      EXPECT_EQ(words(got), "truncated");
      EXPECT_EQ(got.text, text);
      EXPECT_EQ(got.finish_reason, FinishReason::Length);
    }
  }
}

TEST(Vendors, RefusalsAreFilteredAndNeverRepeated) {
  int n = 0;
  for (const auto& [id, vendor] : test::vendors()) {
    for (const Json& refusal : vendor["refusals"]) {
      SCOPED_TRACE(id + " " + refusal.dump());
      WireServer server(
          [&, facts = vendor](const WireRequest&) { return test::vendor_event(facts, refusal); });
      const Response got = ask(id, vendor["model"], server.url(), "on");
      EXPECT_EQ(words(got), "filtered") << (got.failure ? got.failure->message : "");
      EXPECT_EQ(server.seen().size(), 1u);
      ++n;
    }
  }
  test::count_compared("refusals on vendors' wires", n);
}

TEST(Vendors, ErrorsAreOfTheirKindAndOnlyPassingOnesAreRepeated) {
  int n = 0;
  const std::set<std::string> passing{"rate_limit", "overload", "server",
                                      "timeout",    "protocol", "network"};
  for (const auto& [id, vendor] : test::vendors()) {
    for (const Json& error : vendor["errors"]) {
      SCOPED_TRACE(id + " " + error.dump());
      const std::string is = error["is"];
      WireServer server(
          [&, facts = vendor](const WireRequest&) { return test::vendor_event(facts, error); });
      const Response got = ask(id, vendor["model"], server.url(), "on");
      EXPECT_EQ(words(got), "failed(" + is + ")") << (got.failure ? got.failure->message : "");
      EXPECT_EQ(got.text, "");
      EXPECT_EQ(server.seen().size(), passing.contains(is) ? 2u : 1u);
      ++n;
    }
  }
  test::count_compared("errors on vendors' wires", n);
}

TEST(Vendors, ThoseThatRefuseWholeAnswersAreAlwaysStreamed) {
  const auto providers = load_providers();
  for (const auto& [id, vendor] : test::vendors()) {
    EXPECT_TRUE(providers.at(id).stream || !vendor.value("must_stream", false)) << id;
  }
  WireServer server([](const WireRequest& request) {
    const Json body = Json::parse(request.body);
    const VendorFacts& facts = test::vendors().at("dashscope");
    if (!body.value("stream", false)) return test::vendor_event(facts, facts["errors"].back());
    return test::reply_of(200, test::vendor_stream(facts, {kText, kThought, ""}));
  });
  EXPECT_EQ(words(ask("dashscope", "qwen3-32b", server.url(), "on")), "answered");
}

}  // namespace
}  // namespace leitai
