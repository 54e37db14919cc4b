// Each wire: what is sent, and what its streams and whole bodies mean, at any split.
#include "backends/http/dialect.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "backends/http/attempt_reader.h"
#include "backends/http/endpoint.h"
#include "harness/core/codec.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

/// "data: ..." for each event; with `named`, "event: TYPE" before it.
std::string events(const std::vector<Json>& all, bool named = false) {
  std::string out;
  for (const Json& one : all) {
    if (named) out += "event: " + one.value("type", "message") + "\n";
    out += "data:" + one.dump() + "\n\n";
  }
  return out;
}

Parsed parse(const std::string& wire, const std::string& body, std::size_t piece,
             const Request& request = {}) {
  Endpoint endpoint{Provider{}, wire, "http://h/v1", "m", true};
  AttemptReader reader(find_dialect(wire)->reader(endpoint, request));
  for (std::size_t i = 0; i < body.size(); i += piece) reader.take(body.substr(i, piece), {});
  reader.finish();
  return reader.parsed();
}

/// One line that shows all of it.
std::string shown(const Parsed& p) {
  const auto n = [](const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : std::string("-");
  };
  return fmt::format("{}|{}|{}|{}|{} {} {} {}|{}", p.text, p.reasoning.value_or("-"), p.refusal,
                     p.finish.value_or("-"), n(p.usage.prompt_tokens), n(p.usage.completion_tokens),
                     n(p.usage.reasoning_tokens), n(p.usage.cached_tokens),
                     p.served_model.value_or("-")) +
         (p.error ? "|error" : "") + p.malformed;
}

struct Case {
  const char* wire;
  std::string body;
  const char* expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    for (std::size_t piece : {std::size_t{1}, std::size_t{7}, one.body.size()})
      EXPECT_EQ(shown(parse(one.wire, one.body, piece)), one.expected)
          << one.wire << " in pieces of " << piece << "\n"
          << one.body;
  }
}

Json chunk(const Json& delta_members, const Json& finish = nullptr) {
  return {{"choices", {{{"delta", delta_members}, {"finish_reason", finish}}}}};
}

TEST(Dialects, ReasoningComesApartInEveryForm) {
  const Json end = chunk(Json::object(), "stop");
  check({
      {"openai", events({chunk({{"reasoning_content", "r"}}), chunk({{"content", "a"}}), end}),
       "a|r||stop|- - - -|-"},
      {"openai", events({chunk({{"reasoning", "r"}, {"content", "a"}}), end}),
       "a|r||stop|- - - -|-"},
      {"openai",
       events({chunk({{"reasoning_details", {{{"type", "reasoning.text"}, {"text", "r"}}}},
                      {"reasoning", "r"}}),
               chunk({{"content", "a"}}), end}),
       "a|r||stop|- - - -|-"},
      {"openai",
       events({chunk({{"content", "<think>r</th"}}), chunk({{"content", "ink>\n\na"}}), end}),
       "a|r||stop|- - - -|-"},
      {"openai", events({chunk({{"content", "r\n</think>\na"}}), end}), "a|r||stop|- - - -|-"},
      {"openai", events({chunk({{"content", "<think>cut"}}), chunk(Json::object(), "length")}),
       "|cut||length|- - - -|-"},
      {"openai", events({chunk({{"content", "a <think>b</think>"}}), end}),
       "a <think>b</think>|-||stop|- - - -|-"},
      {"openai",
       events({chunk({{"content",
                       {{{"type", "thinking"}, {"thinking", {{{"type", "text"}, {"text", "r"}}}}},
                        {{"type", "text"}, {"text", "a"}}}}}),
               end}),
       "a|r||stop|- - - -|-"},
      {"openai", events({chunk({{"refusal", "no"}}), end}), "|-|no|stop|- - - -|-"},
  });
}

TEST(Dialects, EventsThatDifferInTheirTextAloneAreTakenWithoutParsing) {
  std::string body;
  const auto say = [&](const char* field, const std::string& text, const char* more = "") {
    body += fmt::format(
        "data: {{\"model\":\"content\",\"choices\":[{{\"index\":0,\"delta\":{{\"{}\": \"{}\"{}}},"
        "\"finish_reason\":null}}]}}\n\n",
        field, text, more);
  };
  for (const char* text : {"r1", "r2", "\\n", "r3"}) say("reasoning_content", text);
  for (const char* text : {"a", "", "\xE4\xBD\xA0", "\\\"q\\\"", "\\u597d", "b", "c", "</x>"})
    say("content", text);
  say("content", "d", ",\"reasoning_content\":\"r4\"");
  say("content", "e\",\"reasoning_content\":\"r5");  // looks like text, and is not
  body += "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
  check({{"openai", body,
          "a\xE4\xBD\xA0\"q\"\xE5\xA5\xBD"
          "bc</x>de|r1r2\nr3r4r5||stop|- - - -|content"}});
  say("content", "\xE4");
  EXPECT_EQ(parse("openai", body, 5).malformed, "the stream is not UTF-8");
}

TEST(Dialects, AnthropicBlocksAndEvents) {
  const std::vector<Json> stream = {
      {{"type", "message_start"},
       {"message",
        {{"model", "claude-x"},
         {"usage", {{"input_tokens", 10}, {"cache_read_input_tokens", 5}, {"output_tokens", 1}}}}}},
      {{"type", "content_block_start"},
       {"index", 0},
       {"content_block", {{"type", "thinking"}, {"thinking", ""}}}},
      {{"type", "ping"}},
      {{"type", "content_block_delta"}, {"delta", {{"type", "thinking_delta"}, {"thinking", "r"}}}},
      {{"type", "content_block_delta"},
       {"delta", {{"type", "signature_delta"}, {"signature", "s"}}}},
      {{"type", "content_block_delta"}, {"delta", {{"type", "text_delta"}, {"text", "a"}}}},
      {{"type", "message_delta"},
       {"delta", {{"stop_reason", "end_turn"}}},
       {"usage", {{"output_tokens", 7}}}},
      {{"type", "message_stop"}}};
  check({
      {"anthropic", events(stream, true), "a|r||end_turn|15 7 - 5|claude-x"},
      {"anthropic", events({stream.begin(), stream.begin() + 6}, true), "a|r||-|15 1 - 5|claude-x"},
      {"anthropic",
       R"({"type":"message","model":"claude-x","content":[{"type":"thinking","thinking":"r"},)"
       R"({"type":"redacted_thinking","data":"x"},{"type":"text","text":"a"}],)"
       R"("stop_reason":"max_tokens","usage":{"input_tokens":3,"output_tokens":4}})",
       "a|r||max_tokens|3 4 - -|claude-x"},
      {"anthropic", R"({"type":"error","error":{"type":"overloaded_error","message":"m"}})",
       "|-||-|- - - -|-|error"},
  });
}

TEST(Dialects, GeminiPartsAndThoughts) {
  const Json first = {
      {"candidates",
       {{{"content", {{"parts", {{{"text", "r"}, {"thought", true}}, {{"text", "a"}}}}}}}}},
      {"modelVersion", "g-1"}};
  const Json last = {
      {"candidates", {{{"content", {{"parts", {{{"text", "b"}}}}}}, {"finishReason", "STOP"}}}},
      {"usageMetadata",
       {{"promptTokenCount", 4},
        {"candidatesTokenCount", 2},
        {"thoughtsTokenCount", 3},
        {"cachedContentTokenCount", 1}}}};
  check({
      {"gemini", events({first, last}), "ab|r||STOP|4 5 3 1|g-1"},
      {"gemini", Json::array({first, last}).dump(), "ab|r||STOP|4 5 3 1|g-1"},
      {"gemini", last.dump(), "b|-||STOP|4 5 3 1|-"},
      {"gemini", R"([{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}])",
       "|-||-|- - - -|-|error"},
  });
}

TEST(Dialects, ResponsesEventsAndItems) {
  const Json done = {{"type", "response.completed"},
                     {"response",
                      {{"status", "completed"},
                       {"model", "gpt-x"},
                       {"usage",
                        {{"input_tokens", 3},
                         {"output_tokens", 4},
                         {"input_tokens_details", {{"cached_tokens", 1}}},
                         {"output_tokens_details", {{"reasoning_tokens", 2}}}}}}}};
  check({
      {"responses",
       events({{{"type", "response.created"}, {"response", {{"status", "in_progress"}}}},
               {{"type", "response.reasoning_summary_text.delta"}, {"delta", "r"}},
               {{"type", "response.output_text.delta"}, {"delta", "a"}},
               {{"type", "response.output_text.done"}, {"text", "a"}},
               done},
              true),
       "a|r||stop|3 4 2 1|gpt-x"},
      {"responses",
       R"({"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"error":null,)"
       R"("output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"r"}]},)"
       R"({"type":"message","content":[{"type":"output_text","text":"a"}]}]})",
       "a|r||length|- - - -|-"},
      {"responses", events({{{"type", "error"}, {"code", "server_error"}, {"message", "m"}}}, true),
       "|-||-|- - - -|-|error"},
  });
}

TEST(Dialects, DashScopeNativeSaysNullUntilItIsDone) {
  const auto part = [](const char* text, const char* finish) {
    return Json{{"output",
                 {{"choices",
                   {{{"message", {{"content", text}, {"reasoning_content", ""}}},
                     {"finish_reason", finish}}}}}},
                {"usage", {{"input_tokens", 3}, {"output_tokens", 4}}}};
  };
  check({
      {"dashscope", events({part("a", "null"), part("b", "stop")}), "ab|-||stop|3 4 - -|-"},
      {"dashscope", events({part("a", "null")}), "a|-||-|3 4 - -|-"},
      {"dashscope", R"({"code":"DataInspectionFailed","message":"m","request_id":"r"})",
       "|-||-|- - - -|-|error"},
  });
}

TEST(Dialects, CompletionsScoreContinuationsBehindTheContext) {
  Request request;
  request.mode = Mode::LogLikelihood;
  request.prompt.text = "\xE4\xBD\xA0\xE5\xA5\xBD";  // two code points, two tokens
  request.prompt.continuations = {" a", " bc"};
  const Json body = {
      {"model", "m"},
      {"choices",
       {{{"index", 1},
         {"logprobs",
          {{"tokens", {"x", "y", " b", "c", "!"}},
           {"text_offset", {0, 1, 2, 4, 5}},
           {"token_logprobs", {nullptr, -9.0, -0.5, -0.25, -3.0}},
           {"top_logprobs",
            {nullptr, {{"y", -9.0}}, {{" b", -0.5}}, {{"c", -0.25}}, {{"!", -3}}}}}}},
        {{"index", 0},
         {"logprobs",
          {{"tokens", {"x", "y", " a", "!"}},
           {"text_offset", {0, 1, 2, 4}},
           {"token_logprobs", {nullptr, -9.0, -2.0, -3.0}},
           {"top_logprobs",
            {nullptr, {{"y", -9.0}}, {{" z", -1.0}, {" a", -2.0}}, {{"!", -3}}}}}}}}}};
  const Parsed got = parse("completions", body.dump(), 11, request);
  EXPECT_EQ(got.finish, "stop");
  EXPECT_EQ(got.continuation_logprobs, (std::vector<double>{-2.0, -0.75}));
  EXPECT_EQ(got.continuation_tokens, (std::vector<int>{1, 2}));
  EXPECT_EQ(got.continuation_greedy, (std::vector<bool>{false, true}));
  Json without = body;
  without["choices"].erase(1);
  EXPECT_FALSE(parse("completions", without.dump(), 11, request).finish);
  Json unknown = body;
  unknown["choices"][0]["logprobs"]["token_logprobs"][2] = -9999.0;  // a marker, no number
  EXPECT_FALSE(parse("completions", unknown.dump(), 11, request).finish);

  Endpoint endpoint{Provider{}, "completions", "http://h/v1", "m", true};
  const Dialect& dialect = *find_dialect("completions");
  EXPECT_EQ(dialect.url(endpoint), "http://h/v1/completions");
  EXPECT_EQ(dialect.params(endpoint, request)["echo"], true);
  EXPECT_EQ(dialect.prompt(endpoint, request)["prompt"].size(), 2u);
}

TEST(Dialects, EachPutsThePromptWhereItsServerLooks) {
  Request request;
  request.prompt.messages = {message(Role::System, "s"), message(Role::User, "u"),
                             message(Role::Assistant, "a"), message(Role::User, "v")};
  Endpoint endpoint{Provider{}, "", "http://h/v1", "m", true};
  const auto prompt = [&](const char* wire) {
    return find_dialect(wire)->prompt(endpoint, request).dump();
  };
  EXPECT_EQ(prompt("anthropic"),
            R"({"messages":[{"content":"u","role":"user"},{"content":"a","role":"assistant"},)"
            R"({"content":"v","role":"user"}],"system":"s"})");
  EXPECT_EQ(prompt("gemini"),
            R"({"contents":[{"parts":[{"text":"u"}],"role":"user"},{"parts":[{"text":"a"}],)"
            R"("role":"model"},{"parts":[{"text":"v"}],"role":"user"}],)"
            R"("systemInstruction":{"parts":[{"text":"s"}]}})");
  EXPECT_TRUE(prompt("openai").starts_with(R"({"messages":[{"content":"s","role":"system"})"));
  EXPECT_TRUE(prompt("responses").starts_with(R"({"input":[{"content":"s","role":"system"})"));
  EXPECT_TRUE(prompt("dashscope").starts_with(R"({"input":{"messages":[{"content":"s")"));
  EXPECT_EQ(find_dialect("gemini")->url(endpoint),
            "http://h/v1/models/m:streamGenerateContent?alt=sse");
  // No key in any URL, in whatever header the server wants it.
  for (const Dialect* one : dialects()) {
    endpoint.wire = one->name;
    EXPECT_EQ(one->url(endpoint).find("sk-1"), std::string::npos);
    std::string all;
    for (const std::string& line : one->headers(endpoint, "sk-1")) all += line + "\n";
    EXPECT_NE(all.find("sk-1"), std::string::npos) << one->name;
  }
}

}  // namespace
}  // namespace leitai
