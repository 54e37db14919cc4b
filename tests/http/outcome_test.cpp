// Every row of the tables of providers.md section 7, with the rulings of 7.3.
#include "backends/http/outcome.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "backends/http/attempt_reader.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"

namespace leitai {
namespace {

const std::map<std::string, Provider>& providers() {
  static const std::map<std::string, Provider> kAll = load_providers();
  return kAll;
}

std::string words(const Verdict& verdict) {
  std::string out(to_text(verdict.outcome));
  if (verdict.kind) out += fmt::format("({})", to_text(*verdict.kind));
  if (verdict.blocked) out += fmt::format(" {}", to_text(*verdict.blocked));
  switch (verdict.advice) {
    case Advice::Keep:
      break;
    case Advice::Repeat:
      out += " repeat";
      break;
    case Advice::RepeatSlower:
      out += " slower";
      break;
    case Advice::StopQueue:
      out += " stop";
      break;
  }
  return out;
}

/// Reads `body` as the provider's wire would and judges it.
Verdict judged(const std::string& provider_id, int status, const std::string& body,
               CallEnd end = CallEnd::Complete, HeaderList headers = {}) {
  const Provider& provider = providers().at(provider_id);
  Endpoint endpoint{provider, provider.wire, "http://127.0.0.1", "m", true};
  Request request;
  AttemptReader reader(find_dialect(provider.wire)->reader(endpoint, request));
  for (const char c : body) reader.take(std::string_view(&c, 1), {});
  reader.finish();
  Attempt attempt;
  attempt.end = end;
  attempt.status = status;
  attempt.headers = std::move(headers);
  attempt.parsed = reader.parsed();
  attempt.has_body = reader.has_body();
  attempt.body_start = reader.start();
  attempt.why = "why";
  attempt.now_unix = 1'700'000'000;
  return judge(provider, attempt);
}

std::string error(const std::string& code, const std::string& message = "no",
                  const std::string& type = "") {
  return fmt::format(R"({{"error":{{"code":"{}","message":"{}","type":"{}"}}}})", code, message,
                     type);
}

std::string whole(const std::string& finish, const std::string& text = "4") {
  return fmt::format(R"({{"choices":[{{"message":{{"content":"{}"}},"finish_reason":"{}"}}]}})",
                     text, finish);
}

std::string stream(const std::string& finish, const std::string& text = "4") {
  return fmt::format(
      "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n"
      "data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"{}\"}}]}}\n\n",
      text, finish);
}

struct Row {
  const char* provider;
  int status;
  std::string body;
  const char* expected;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows)
    EXPECT_EQ(words(judged(row.provider, row.status, row.body)), row.expected)
        << row.provider << " " << row.status << " " << row.body;
}

TEST(Outcome, RefusalsOfEveryVendorAreFilteredAndTellTheSideThatWasBlocked) {
  check({
      {"dashscope", 400, error("data_inspection_failed"), "filtered input"},
      {"dashscope", 400, error("DataInspectionFailed"), "filtered input"},
      {"dashscope", 400, error("x", "InternalError.Algo.DataInspectionFailed: bad"),
       "filtered input"},
      {"dashscope", 200, "data: " + error("data_inspection_failed") + "\n\n", "filtered"},
      {"moonshot", 400, error("", "rejected because it was considered high risk"),
       "filtered input"},
      {"moonshot", 400, error("", "no", "content_filter"), "filtered input"},
      {"zhipu", 400, error("1301"), "filtered input"},
      {"zhipu", 200, error("1301"), "filtered"},
      {"zhipu", 200, stream("sensitive"), "filtered output"},
      {"qianfan", 403, error("x", "no", "unsafe_request"), "filtered input"},
      {"qianfan", 400, error("prompt_unsafe"), "filtered input"},
      {"qianfan", 200,
       R"({"choices":[{"message":{"content":""},"finish_reason":"stop","flag":1}]})",
       "filtered output"},
      {"ark", 400, error("InputTextSensitiveContentDetected.PolicyViolation"), "filtered input"},
      {"ark", 400, error("OutputTextRiskDetection"), "filtered output"},
      {"ark", 400, error("ContentFilter"), "filtered input"},
      {"ark", 200, stream("content_filter"), "filtered output"},
      {"minimax", 200, R"({"base_resp":{"status_code":1026,"status_msg":"input"}})",
       "filtered input"},
      {"minimax", 400, R"({"base_resp":{"status_code":1027,"status_msg":"output"}})",
       "filtered output"},
      {"stepfun", 451, error("x"), "filtered input"},
      {"stepfun", 451, "", "filtered input"},
      {"spark", 200, R"({"code":10013,"message":"in","sid":"s"})", "filtered input"},
      {"spark", 200, R"({"code":10014,"message":"out","choices":[]})", "filtered output"},
      {"openrouter", 403, R"({"error":{"code":403,"message":"m","metadata":{"reasons":["x"]}}})",
       "filtered input"},
      {"openrouter", 200,
       R"(data: {"error":{"code":403,"message":"m","metadata":{"flagged_input":"x"}}})"
       "\n\n",
       "filtered input"},
      {"deepseek", 200, stream("content_filter"), "filtered output"},
      {"deepseek", 400, error("invalid_request_error", "Content Exists Risk"), "filtered input"},
      {"openai", 400, error("content_policy_violation"), "filtered input"},
      {"openai", 400, error("invalid_prompt"), "filtered input"},
      {"openai", 400, error("cyber_policy"), "filtered input"},
      {"openai", 200,
       R"({"choices":[{"message":{"content":null,"refusal":"I cannot"},)"
       R"("finish_reason":"stop"}]})",
       "filtered output"},
      {"anthropic", 200, R"({"content":[],"stop_reason":"refusal"})", "filtered output"},
      {"anthropic", 400,
       error("", "Output blocked by content filtering policy", "invalid_request_error"),
       "filtered output"},
      {"gemini", 200, R"({"candidates":[{"finishReason":"PROHIBITED_CONTENT"}]})",
       "filtered output"},
      {"gemini", 200, R"({"promptFeedback":{"blockReason":"SAFETY"}})", "filtered input"},
  });
}

TEST(Outcome, WhatPassesIsRepeated) {
  check({
      {"compatible", 408, "", "failed(timeout) repeat"},
      {"compatible", 429, "", "failed(rate_limit) repeat"},
      {"compatible", 500, "", "failed(server) repeat"},
      {"compatible", 502, "<html>bad gateway</html>", "failed(server) repeat"},
      {"compatible", 503, error("x"), "failed(overload) repeat"},
      {"compatible", 504, "", "failed(server) repeat"},
      {"compatible", 529, "", "failed(overload) repeat"},
      {"deepseek", 200, "", "failed(protocol) repeat"},
      {"deepseek", 200, "\n\n\n", "failed(protocol) repeat"},
      {"deepseek", 200, "<html>", "failed(protocol) repeat"},
      {"deepseek", 200, "data: {\"choices\":[{\"delta\":{\"content\":\"4\"}}]}\n\ndata: [DONE]\n\n",
       "failed(protocol) repeat"},
      {"deepseek", 200, "data: {\"choices\":[{\"delta\":{\"content\":\"\xE4\"}}]}\n\n",
       "failed(protocol) repeat"},
      {"deepseek", 200, stream("insufficient_system_resource"), "failed(overload) repeat"},
      {"deepseek", 200, stream("aborted"), "failed(server) repeat"},
      {"zhipu", 200, stream("network_error"), "failed(server) repeat"},
      {"openrouter", 200, stream("error"), "failed(server) repeat"},
      {"zhipu", 429, error("1302"), "failed(rate_limit) repeat"},
      {"zhipu", 429, error("1303"), "failed(rate_limit) repeat"},
      {"zhipu", 429, error("1305"), "failed(overload) repeat"},
      {"zhipu", 429, error("1312"), "failed(overload) repeat"},
      {"minimax", 200, R"({"base_resp":{"status_code":1000}})", "failed(server) repeat"},
      {"minimax", 200, R"({"base_resp":{"status_code":1001}})", "failed(timeout) repeat"},
      {"minimax", 200, R"({"base_resp":{"status_code":1002}})", "failed(rate_limit) repeat"},
      {"minimax", 200, R"({"base_resp":{"status_code":1024}})", "failed(server) repeat"},
      {"minimax", 200, R"({"base_resp":{"status_code":1033}})", "failed(server) repeat"},
      {"spark", 200, R"({"code":11202,"message":"qps"})", "failed(rate_limit) repeat"},
      {"moonshot", 429, error("", "busy", "engine_overloaded_error"), "failed(overload) repeat"},
      {"dashscope", 429, error("limit_burst_rate"), "failed(rate_limit) slower"},
      {"dashscope", 429, error("x", "Request rate increased too quickly"),
       "failed(rate_limit) slower"},
      {"dashscope", 429, error("x", "Allocated quota exceeded"), "failed(rate_limit) repeat"},
      {"ark", 429, error("RequestBurstTooFast"), "failed(rate_limit) slower"},
      {"ark", 429, error("RateLimitExceeded.EndpointTPMExceeded"), "failed(rate_limit) repeat"},
      {"openrouter", 200, stream("stop", ""), "empty repeat"},
      {"compatible", 200, R"({"error":{"message":"something new"}})", "failed(server) repeat"},
      {"compatible", 200,
       R"(data: {"object":"error","message":"m","code":500})"
       "\n\n",
       "failed(server) repeat"},
      {"anthropic", 200,
       "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
       "failed(overload) repeat"},
      {"gemini", 429, R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}})",
       "failed(rate_limit) repeat"},
  });
}

TEST(Outcome, WhatNoRepetitionHelpsStopsTheQueue) {
  check({
      {"compatible", 401, "", "failed(auth) stop"},
      {"compatible", 402, "", "failed(balance) stop"},
      {"siliconflow", 403, R"({"code":30001,"message":"account balance is insufficient"})",
       "failed(balance) stop"},
      {"dashscope", 400, error("Arrearage"), "failed(balance) stop"},
      {"zhipu", 429, error("1113"), "failed(balance) stop"},
      {"zhipu", 429, error("1304"), "failed(quota) stop"},
      {"zhipu", 429, error("1308"), "failed(quota) stop"},
      {"zhipu", 429, error("1310"), "failed(quota) stop"},
      {"zhipu", 429, error("1313"), "failed(quota) stop"},
      {"ark", 403, error("AccountOverdueError"), "failed(balance) stop"},
      {"ark", 429, error("QuotaExceeded"), "failed(quota) stop"},
      {"ark", 429, error("SetLimitExceeded"), "failed(quota) stop"},
      {"minimax", 200, R"({"base_resp":{"status_code":1004}})", "failed(auth) stop"},
      {"minimax", 200, R"({"base_resp":{"status_code":1008}})", "failed(balance) stop"},
      {"anthropic", 429,
       R"({"error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}})",
       "failed(quota) stop"},
      {"anthropic", 429, error("", "no", "enforced_spend_limit_reached"), "failed(quota) stop"},
      {"openai", 429, error("insufficient_quota"), "failed(quota) stop"},
      {"moonshot", 429, error("", "no", "exceeded_current_quota_error"), "failed(quota) stop"},
      {"spark", 200, R"({"code":11200,"message":"m"})", "failed(quota) stop"},
      {"spark", 200, R"({"code":11203,"message":"m"})", "failed(quota) stop"},
      {"gemini", 400,
       R"({"error":{"code":400,"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}})",
       "failed(auth) stop"},
      {"openrouter", 200,
       R"(data: {"error":{"code":402,"message":"credits"}})"
       "\n\n",
       "failed(balance) stop"},
  });
}

TEST(Outcome, MistakesOfTheRequestAreNotRepeated) {
  check({
      {"compatible", 400, error("x"), "failed(request)"},
      {"compatible", 404, "", "failed(request)"},
      {"compatible", 422, "", "failed(request)"},
      {"compatible", 302, "", "failed(request)"},
      {"zhipu", 400, error("1210"), "failed(request)"},
      {"minimax", 200, R"({"base_resp":{"status_code":2013}})", "failed(request)"},
      {"moonshot", 400, error("", "invalid temperature: only 1 is allowed for this model"),
       "failed(request)"},
      {"dashscope", 400, error("x", "This model only support stream mode"), "failed(request)"},
      {"compatible", 403, error("x"), "failed(permission)"},
      {"openai", 403, error("", "You have insufficient permissions. Missing scopes: model.request"),
       "failed(permission)"},
      {"compatible", 403, "<html><title>Insufficient balance</title> load balancer</html>",
       "failed(permission)"},
      {"compatible", 403, error("x", "Insufficient Balance"), "failed(balance) stop"},
      {"compatible", 403, error("x", "insufficient credits"), "failed(balance) stop"},
      {"compatible", 200, "<html><h1>Log in</h1></html>", "failed(protocol) repeat"},
      {"compatible", 200, "\xEF\xBB\xBF" + whole("stop"), "answered"},
      {"compatible", 451, "", "failed(permission)"},
      {"openrouter", 403, R"({"error":{"code":403,"message":"m"}})", "failed(permission)"},
      {"compatible", 413, "", "failed(context)"},
      {"compatible", 400, error("context_length_exceeded"), "failed(context)"},
      {"deepseek", 400, error("x", "This model's maximum context length is 9"), "failed(context)"},
      {"moonshot", 400, error("", "Your request exceeded model token limit: 8192"),
       "failed(context)"},
      {"zhipu", 400, error("1261"), "failed(context)"},
      {"qianfan", 400, error("tokens_too_long"), "failed(context)"},
      {"ark", 400, error("OutofContextError"), "failed(context)"},
      {"minimax", 200, R"({"base_resp":{"status_code":1039}})", "failed(context)"},
      {"dashscope", 400, error("x", "Range of input length should be [1, 6000]"),
       "failed(context)"},
      {"llamacpp", 400, error("400", "too big", "exceed_context_size_error"), "failed(context)"},
      {"zhipu", 200, stream("model_context_window_exceeded", ""), "failed(context)"},
  });
}

TEST(Outcome, AnswersTruncationsAndEmptyOnesAreApart) {
  check({
      {"compatible", 200, whole("stop"), "answered"},
      {"compatible", 200, "\n\n\n" + whole("stop"), "answered"},
      {"compatible", 200, stream("stop"), "answered"},
      {"compatible", 200, " \n " + stream("stop"), "answered"},
      {"compatible", 200, stream("stop", " \\n"), "empty"},
      {"compatible", 200, whole("length"), "truncated"},
      {"compatible", 200, whole("length", ""), "truncated"},
      {"zhipu", 200, stream("model_context_window_exceeded"), "truncated"},
      {"mistral", 200, stream("model_length"), "truncated"},
      {"anthropic", 200, R"({"content":[{"type":"text","text":"4"}],"stop_reason":"end_turn"})",
       "answered"},
      {"compatible", 200, whole("stop", "<think>a</think>"), "empty"},
      {"compatible", 200, whole("stop", "hm</think>\\n4"), "answered"},
  });
}

TEST(Outcome, HowTheTransferEndedCountsOnlyWithoutAFinishReason) {
  EXPECT_EQ(words(judged("compatible", 200, stream("stop"), CallEnd::Broken)), "answered");
  EXPECT_EQ(words(judged("compatible", 200, "data: {\"choices\":[{\"delta\":{\"content\":\"4",
                         CallEnd::Broken)),
            "failed(network) repeat");
  EXPECT_EQ(words(judged("compatible", 0, "", CallEnd::NoConnection)), "failed(network) repeat");
  EXPECT_EQ(words(judged("compatible", 200, "", CallEnd::TimedOut)), "failed(timeout) repeat");
  EXPECT_EQ(words(judged("compatible", 0, "", CallEnd::BadCertificate)), "failed(tls)");
  EXPECT_EQ(words(judged("compatible", 0, "", CallEnd::Tls)), "failed(tls) repeat");
  EXPECT_EQ(words(judged("compatible", 200, "{", CallEnd::TooLarge)), "failed(protocol)");
}

TEST(Outcome, AWaitThatIsNoNumberIsNoNegativeWait) {
  for (const char* value : {"nan", "-nan", "-5", "-inf"}) {
    EXPECT_EQ(retry_after({{"retry-after-ms", value}}, 0), std::chrono::milliseconds(0)) << value;
    EXPECT_EQ(retry_after({{"retry-after", value}}, 0), std::chrono::milliseconds(0)) << value;
  }
  EXPECT_GT(retry_after({{"retry-after", "inf"}}, 0), std::chrono::hours(24 * 365));
}

TEST(Outcome, RetryAfterIsReadInBothForms) {
  using std::chrono::milliseconds;
  EXPECT_EQ(judged("compatible", 429, "", CallEnd::Complete, {{"retry-after", "7"}}).retry_after,
            milliseconds(7000));
  EXPECT_EQ(judged("compatible", 503, "", CallEnd::Complete,
                   {{"retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"}})
                .retry_after,
            milliseconds(30'000));
  EXPECT_EQ(
      judged("compatible", 429, "", CallEnd::Complete, {{"retry-after-ms", "250"}}).retry_after,
      milliseconds(250));
  EXPECT_EQ(judged("gemini", 429, R"({"error":{"code":429,"details":[{"retryDelay":"1.5s"}]}})")
                .retry_after,
            milliseconds(1500));
  EXPECT_EQ(judged("compatible", 400, "", CallEnd::Complete, {{"retry-after", "7"}}).retry_after,
            std::nullopt);
  EXPECT_EQ(reset_hint({{"x-ratelimit-reset-tokens", "1m30s"},
                        {"x-ratelimit-reset-requests", "500ms"},
                        {"anthropic-ratelimit-requests-reset", "2023-11-14T22:13:30Z"}},
                       1'700'000'000),
            milliseconds(90'000));
}

}  // namespace
}  // namespace leitai
