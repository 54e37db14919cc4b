// The backend against a server on this machine: attempts, clocks, breaker, secrets.
#include "harness/core/backend.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "tests/support/support.h"
#include "tests/support/wire_server.h"

namespace leitai {

extern constinit const BackendFactory http;

namespace {

using test::reply_of;
using test::WireReply;
using test::WireRequest;
using test::WireServer;
using Json = nlohmann::json;

constexpr const char* kKey = "sk-canary-7f3a91";

std::string sse(const std::vector<Json>& events, bool done = true) {
  std::string out = ": keep-alive\n\n";
  for (const Json& one : events) out += "data: " + one.dump() + "\n\n";
  return out + (done ? "data: [DONE]\n\n" : "");
}

Json delta(const Json& members, const Json& finish = nullptr) {
  return {
      {"model", "served-m"},
      {"choices", Json::array({{{"index", 0}, {"delta", members}, {"finish_reason", finish}}})}};
}

std::string good_stream(const std::string& text = "It is 4.") {
  return sse({delta({{"role", "assistant"}, {"content", nullptr}}),
              delta({{"reasoning_content", "hm"}}),
              delta({{"content", text}}),
              delta({}, "stop"),
              {{"choices", Json::array()},
               {"usage",
                {{"prompt_tokens", 9},
                 {"completion_tokens", 8},
                 {"completion_tokens_details", {{"reasoning_tokens", 3}}},
                 {"prompt_tokens_details", {{"cached_tokens", 2}}}}}}});
}

/// Asks through the backend of `target` and waits for all answers, by item.
class Asker {
 public:
  explicit Asker(const std::string& target, std::map<std::string, std::string> options = {},
                 BackendContext context = {})
      : answers_(4096) {
    setenv("OPENAI_API_KEY", kKey, 1);
    Model model;
    model.id = "m";
    model.target = target;
    model.options = std::move(options);
    backend_ = http.make_in(model, answers_, context);
  }

  void ask(int n, std::optional<std::chrono::milliseconds> limit = std::nullopt,
           const std::string& more = "") {
    for (int i = 0; i < n; ++i) {
      Request request;
      request.id = ++last_;
      request.item = std::to_string(last_);
      request.prompt.messages = {message(Role::System, "Be brief."),
                                 message(Role::User, "Question " + request.item + more)};
      request.wanted.temperature = 0;
      request.wanted.max_tokens = 16;
      request.time_limit = limit;
      backend_->prepare(request);
      seal(request, backend_->traits().identity);
      backend_->submit(std::move(request));
    }
  }

  /// The next `n` answers by id; fewer where they do not come in time.
  std::map<std::int64_t, Response> take(int n) {
    std::map<std::int64_t, Response> out;
    for (int i = 0; i < n; ++i) {
      auto answer = answers_.pop_for(std::chrono::seconds(20));
      if (!answer) break;
      out[answer->request.id] = std::move(answer->response);
    }
    return out;
  }

  Response one() {
    ask(1);
    return take(1)[last_];
  }

  Backend& backend() { return *backend_; }

 private:
  Channel<Answer> answers_;
  std::unique_ptr<Backend> backend_;
  std::int64_t last_ = 0;
};

TEST(HttpBackend, AStreamBecomesAnAnswerWithEverythingItSaid) {
  WireServer server(
      [](const WireRequest&) { return reply_of(200, good_stream(), "X-Request-Id: trace-7\r\n"); });
  Asker asker("openai@" + server.url() + "/v1/org/name");
  const Response got = asker.one();
  EXPECT_EQ(got.outcome, Outcome::Answered) << (got.failure ? got.failure->message : "");
  EXPECT_EQ(got.text, "It is 4.");
  EXPECT_EQ(got.reasoning, "hm");
  EXPECT_EQ(got.finish_reason, FinishReason::Stop);
  EXPECT_EQ(got.usage.prompt_tokens, 9);
  EXPECT_EQ(got.usage.completion_tokens, 8);
  EXPECT_EQ(got.usage.reasoning_tokens, 3);
  EXPECT_EQ(got.usage.cached_tokens, 2);
  EXPECT_EQ(got.served_model, "served-m");
  EXPECT_TRUE(got.timing.ttft_ms && *got.timing.ttft_ms <= *got.timing.answer_ttft_ms &&
              *got.timing.answer_ttft_ms <= *got.timing.last_text_ms &&
              *got.timing.last_text_ms <= *got.timing.total_ms);
  EXPECT_EQ(got.timing.text_events, 2);
  EXPECT_EQ(got.service.http_status, 200);
  EXPECT_EQ(got.service.request_id, "trace-7");
  EXPECT_EQ(got.service.body_sha256, sha256(good_stream()).hex());
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  EXPECT_LT(std::abs(*got.service.sent_at_ms - now), 10'000);
  const WireRequest seen = server.seen().at(0);
  EXPECT_EQ(seen.target, "/v1/chat/completions");
  EXPECT_EQ(seen.headers.at("authorization"), std::string("Bearer ") + kKey);
  const Json body = Json::parse(seen.body);
  EXPECT_EQ(body["model"], "org/name");
  EXPECT_EQ(body["messages"][1]["content"], "Question 1");
  EXPECT_EQ(body["temperature"], 0);
  EXPECT_EQ(body["max_tokens"], 16);
  EXPECT_EQ(body["stream"], true);
}

TEST(HttpBackend, TheTimeToTheFirstTokenIsThatOfTheFirstTextNotOfAComment) {
  WireServer server([](const WireRequest&) {
    using std::chrono::milliseconds;
    const std::string all = good_stream();
    const std::size_t cut = all.rfind("data: ", all.find("reasoning_content"));
    return WireReply{200, "", {{all.substr(0, cut)}, {all.substr(cut), milliseconds(200)}}, false};
  });
  const Response got = Asker("openai@" + server.url() + "/v1/m").one();
  ASSERT_TRUE(got.timing.ttft_ms);
  EXPECT_GE(*got.timing.ttft_ms, 195);
  EXPECT_LE(*got.timing.ttft_ms, 400);
}

TEST(HttpBackend, WhatTheAnswersShowOfTheServiceIsACaution) {
  std::atomic<int> n{0};
  WireServer server([&](const WireRequest&) {
    Json end = delta({}, "stop");
    end["system_fingerprint"] = ++n == 1 ? "build-1" : "build-2";
    end["usage"] = {{"prompt_tokens", 40}, {"completion_tokens", 2}};
    return reply_of(200, sse({delta({{"content", "4"}}), end}));
  });
  Asker asker("openai@" + server.url() + "/v1/m");
  asker.ask(1, std::nullopt, std::string(4000, 'w'));
  asker.take(1);
  asker.ask(1);
  asker.take(1);
  const std::vector<std::string> cautions = asker.backend().cautions();
  ASSERT_EQ(cautions.size(), 2u);
  EXPECT_NE(cautions[0].find("m: in 1 answers the server counts far fewer prompt tokens"),
            std::string::npos)
      << cautions[0];
  EXPECT_NE(cautions[1].find("(build-1, build-2)"), std::string::npos) << cautions[1];
}

TEST(HttpBackend, WhatFailsFirstIsAskedAgainAndNothingIsAnsweredTwice) {
  std::mutex mutex;
  std::map<std::string, int> tries;
  WireServer server([&](const WireRequest& request) {
    const std::string item = Json::parse(request.body)["messages"][1]["content"];
    int attempt = 0;
    {
      std::lock_guard lock(mutex);
      attempt = ++tries[item];
    }
    if (attempt > 1) return reply_of(200, good_stream());
    switch (std::stoi(item.substr(9)) % 8) {
      case 0:
        return reply_of(429, R"({"error":{"message":"slow down"}})", "Retry-After: 0\r\n");
      case 1:
        return reply_of(503, "");
      case 2:
        return WireReply{200, "", {{good_stream().substr(0, 250)}}, true};
      case 3:
        return WireReply{200, "", {{sse({delta({{"content", "par"}})})}}, false};
      case 4:
        return reply_of(200, "\n\n\n");
      case 5:
        return WireReply{0, "", {}, true};
      case 6:
        return reply_of(200, sse({{{"error", {{"message", "boom"}, {"code", 500}}}}}));
      default:
        return reply_of(200, Json{{"choices", Json::array({{{"message", {{"content", "It is 4."}}},
                                                            {"finish_reason", "stop"}}})}}
                                 .dump());
    }
  });
  Asker asker("openai@" + server.url() + "/v1/m");
  asker.ask(80);
  const auto got = asker.take(80);
  ASSERT_EQ(got.size(), 80u);
  for (const auto& [id, response] : got) {
    EXPECT_EQ(response.outcome, Outcome::Answered)
        << id << (response.failure ? response.failure->message : "");
    EXPECT_EQ(response.text, "It is 4.") << id;
    EXPECT_LE(response.attempts, 2) << id;
  }
  // libcurl itself asks once more where a reused connection turns out to be closed already.
  EXPECT_GE(server.seen().size(), 150u);
  EXPECT_LE(server.seen().size(), 160u);
  EXPECT_LE(server.connections(), 80 + 40);
}

TEST(HttpBackend, AttemptsEndAndSayWhy) {
  WireServer server([](const WireRequest&) { return reply_of(500, R"({"error":"broken"})"); });
  BackendContext context;
  context.attempts = 2;
  Asker asker("openai@" + server.url() + "/v1/m", {}, context);
  const Response got = asker.one();
  EXPECT_EQ(got.outcome, Outcome::Failed);
  EXPECT_EQ(got.failure->kind, FailureKind::Server);
  EXPECT_EQ(got.failure->http_status, 500);
  EXPECT_NE(got.failure->message.find("broken"), std::string::npos);
  EXPECT_EQ(got.attempts, 2);
  EXPECT_EQ(got.text, "");
  EXPECT_EQ(server.seen().size(), 2u);
}

TEST(HttpBackend, TheNumberOfAttemptsAndALongWaitAreToldInWords) {
  WireServer server([](const WireRequest& request) {
    return request.target.starts_with("/v1")
               ? reply_of(500, R"({"error":"boom"})", "Retry-After: 0\r\n")
               : reply_of(429, R"({"error":"later"})", "Retry-After: 100000000\r\n");
  });
  BackendContext context;
  context.attempts = 3;
  Asker often("openai@" + server.url() + "/v1/m", {}, context);
  EXPECT_EQ(often.one().failure->message, "HTTP 500: boom (after 3 attempts)");
  Asker late("openai@" + server.url() + "/v2/m", {}, context);
  const std::string said = late.one().failure->message;
  EXPECT_NE(said.find("asks to wait 1,157 days"), std::string::npos) << said;
}

TEST(HttpBackend, AThinkingBudgetNeverVanishesWithoutAWord) {
  WireServer server([](const WireRequest&) { return reply_of(200, good_stream()); });
  Asker asker("openai@" + server.url() + "/v1/m");
  const auto prepared = [](const char* target, const char* thinking) {
    Model model;
    model.target = target;
    Channel<Answer> answers(1);
    BackendContext context;
    context.is_dry = true;
    Request request;
    request.wanted.thinking = thinking;
    http.make_in(model, answers, context)->prepare(request);
    return Json::parse(request.sent_json);
  };
  EXPECT_EQ(prepared("deepseek/deepseek-v4-pro", "2048")["thinking"]["type"], "enabled");
  EXPECT_FALSE(prepared("stepfun/step-3.7-flash", "off").contains("thinking"));
  const std::string said = test::message_of([&] { prepared("stepfun/step-3.7-flash", "2048"); });
  EXPECT_NE(said.find("leave thinking out"), std::string::npos) << said;
  Request request;
  request.wanted.thinking = "2048";
  request.prompt.messages = {message(Role::User, "Q")};
  asker.backend().prepare(request);
  asker.backend().submit(request);
  asker.take(1);
  const auto cautions = asker.backend().cautions();
  ASSERT_EQ(cautions.size(), 1u);
  EXPECT_NE(cautions[0].find("only switched on"), std::string::npos) << cautions[0];
}

TEST(HttpBackend, ALongerWaitThanAllowedFailsTheRequestInsteadOfShorteningIt) {
  WireServer server([](const WireRequest&) { return reply_of(429, "", "Retry-After: 3600\r\n"); });
  const Response got = Asker("openai@" + server.url() + "/v1/m").one();
  EXPECT_EQ(got.failure->kind, FailureKind::RateLimit);
  EXPECT_NE(got.failure->message.find("3600 s"), std::string::npos) << got.failure->message;
  EXPECT_EQ(server.seen().size(), 1u);
  Asker many("openai@" + server.url() + "/v1/m");  // the rest does not wait an hour either
  many.ask(100);
  EXPECT_EQ(many.take(100).size(), 100u);
  EXPECT_LT(server.seen().size(), 100u);
}

TEST(HttpBackend, AWrongKeyStopsTheQueueAndIsNeverShown) {
  WireServer server([](const WireRequest& request) {
    return reply_of(401,
                    Json{{"error",
                          {{"message", "wrong " + request.headers.at("authorization")},
                           {"code", "invalid_api_key"}}}}
                        .dump(),
                    "X-Echo: " + request.headers.at("authorization") + "\r\n");
  });
  Asker asker("openai@" + server.url() + "/v1/m");
  asker.ask(200);
  const auto got = asker.take(200);
  ASSERT_EQ(got.size(), 200u);
  for (const auto& [id, response] : got) {
    EXPECT_EQ(response.failure->kind, FailureKind::Auth);
    EXPECT_EQ(response.failure->message.find(kKey), std::string::npos);
  }
  EXPECT_LT(server.seen().size(), 200u);
  // A key in the text of an answer is taken out as well.
  WireServer echo([](const WireRequest& request) {
    return reply_of(200, good_stream("key " + request.headers.at("authorization")));
  });
  EXPECT_EQ(Asker("openai@" + echo.url() + "/v1/m").one().text, "key Bearer [key]");
}

TEST(HttpBackend, ClocksEndWhatHangsButCommentsDoNotHelpAnIdleStream) {
  WireServer server([](const WireRequest&) {
    WireReply reply;
    reply.pieces.push_back({sse({delta({{"content", "It"}})}, false)});
    for (int i = 0; i < 40; ++i)
      reply.pieces.push_back({": keep-alive\n\n", std::chrono::milliseconds(50)});
    return reply;
  });
  BackendContext context;
  context.attempts = 1;
  context.idle_timeout_s = 0.3;
  Response got = Asker("openai@" + server.url() + "/v1/m", {}, context).one();
  EXPECT_EQ(got.failure->kind, FailureKind::Timeout);
  EXPECT_NE(got.failure->message.find("0.3 s"), std::string::npos) << got.failure->message;
  EXPECT_LT(*got.timing.total_ms, 1500);
  WireServer silent([](const WireRequest&) {
    return WireReply{200, "", {{"data: {}\n\n", std::chrono::milliseconds(1000)}}, false};
  });
  context.first_byte_timeout_s = 0.2;
  got = Asker("openai@" + silent.url() + "/v1/m", {}, context).one();
  EXPECT_EQ(got.failure->kind, FailureKind::Timeout);
  Asker limited("openai@" + silent.url() + "/v1/m");
  limited.ask(1, std::chrono::milliseconds(150));
  EXPECT_EQ(limited.take(1)[1].failure->kind, FailureKind::Timeout);
}

TEST(HttpBackend, NoRedirectIsFollowed) {
  WireServer other([](const WireRequest&) { return reply_of(200, good_stream()); });
  WireServer server([&](const WireRequest&) {
    return reply_of(307, "", "Location: " + other.url() + "/v1/chat/completions\r\n");
  });
  const Response got = Asker("openai@" + server.url() + "/v1/m").one();
  EXPECT_EQ(got.failure->kind, FailureKind::Request);
  EXPECT_EQ(other.seen().size(), 0u);
}

TEST(HttpBackend, CancelEndsEverythingInFlight) {
  WireServer server([](const WireRequest&) {
    return WireReply{200, "", {{good_stream(), std::chrono::milliseconds(3000)}}, false};
  });
  Asker asker("openai@" + server.url() + "/v1/m");
  asker.ask(20);
  asker.backend().cancel();
  const auto got = asker.take(20);
  ASSERT_EQ(got.size(), 20u);
  for (const auto& [id, response] : got) {
    EXPECT_EQ(response.failure->kind, FailureKind::Network);
    EXPECT_EQ(response.failure->message, "cancelled");
  }
}

TEST(HttpBackend, WhatCannotBeAskedIsToldBeforehand) {
  Channel<Answer> answers(4);
  Model model;
  model.target = "deepseek/deepseek-flash";
  unsetenv("DEEPSEEK_API_KEY");
  EXPECT_THROW(http.make_in(model, answers, {}), Error);
  EXPECT_NO_THROW(http.make_in(model, answers, {.is_dry = true}));
  setenv("DEEPSEEK_API_KEY", "sk-123456789", 1);
  EXPECT_THROW(http.make_in(model, answers, {.offline_reason = "--offline"}), Error);
  const auto backend = http.make_in(model, answers, {});
  Request request;
  request.mode = Mode::Completion;
  EXPECT_THROW(backend->prepare(request), Error);
  unsetenv("DEEPSEEK_API_KEY");
}

TEST(HttpBackend, ManyAtOnceShareConnections) {
  std::atomic<int> served = 0;
  WireServer server([&](const WireRequest&) {
    ++served;
    return WireReply{200, "", {{good_stream(), std::chrono::milliseconds(10)}}, false};
  });
  Asker asker("openai@" + server.url() + "/v1/m", {{"stream", "off"}});
  asker.ask(1000);
  EXPECT_EQ(asker.take(1000).size(), 1000u);
  EXPECT_EQ(served, 1000);
  EXPECT_LT(server.connections(), 1000);
}

}  // namespace
}  // namespace leitai
