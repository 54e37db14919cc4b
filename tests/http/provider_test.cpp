#include "backends/http/provider.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "backends/http/dialect.h"
#include "backends/http/endpoint.h"
#include "harness/core/error.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

Json sent(const std::string& target, SamplingParams wanted) {
  Model model;
  model.target = target;
  const Resolved resolved = resolve_endpoint(model, true);
  Request request;
  request.wanted = std::move(wanted);
  return resolved.dialect->params(resolved.endpoint, request);
}

TEST(Providers, EmbeddedRecordsAreSoundAndBuildABody) {
  const auto all = load_providers();
  EXPECT_GE(all.size(), 28u);
  SamplingParams wanted;
  wanted.temperature = 0.5;
  wanted.max_tokens = 77;
  for (const auto& [id, provider] : all) {
    for (const auto& [region, url] : provider.regions) {
      EXPECT_TRUE(url.starts_with("https://") || provider.regions.contains("local")) << id;
    }
    if (id != "compatible") {
      const Json body = sent(id + "/some-model", wanted);
      EXPECT_NE(body.dump().find("77"), std::string::npos) << id << ": " << body;
      const bool may = std::find(provider.allow.begin(), provider.allow.end(), "temperature") !=
                           provider.allow.end() &&
                       provider.pinned.empty() && provider.thinking_ignores.empty();
      EXPECT_TRUE(!may || body.dump().find("0.5") != std::string::npos) << id << ": " << body;
    }
    for (const PriceRow& row : provider.prices) {
      EXPECT_EQ(row.currency.size(), 3u) << id;
      EXPECT_GE(row.output, row.input) << id << " " << row.models[0];
    }
  }
}

TEST(Providers, OnlyWhatTheVendorTakesIsSent) {
  SamplingParams wanted;
  wanted.temperature = 0;
  wanted.top_k = 5;
  wanted.seed = 7;
  wanted.max_tokens = 100;
  wanted.thinking = "off";
  Json body = sent("deepseek/deepseek-flash", wanted);
  EXPECT_EQ(body["thinking"]["type"], "disabled");
  EXPECT_EQ(body["temperature"], 0);
  EXPECT_FALSE(body.contains("seed"));
  EXPECT_FALSE(body.contains("top_k"));
  wanted.thinking = "on";  // DeepSeek ignores the temperature then: it is visibly not sent
  EXPECT_FALSE(sent("deepseek/deepseek-flash", wanted).contains("temperature"));
  body = sent("moonshot/kimi-k3", wanted);
  EXPECT_FALSE(body.contains("temperature"));
  EXPECT_EQ(body["max_completion_tokens"], 100);
  EXPECT_FALSE(body.contains("max_tokens"));
  wanted.thinking = "off";
  body = sent("zhipu/glm-5.2", wanted);
  EXPECT_EQ(body["do_sample"], false);
  EXPECT_FALSE(body.contains("temperature"));
  body = sent("mistral/mistral-small-2603", wanted);
  EXPECT_EQ(body["random_seed"], 7);
  wanted.thinking = "2048";
  body = sent("dashscope/qwen3-32b", wanted);
  EXPECT_EQ(body["enable_thinking"], true);
  EXPECT_EQ(body["thinking_budget"], 2048);
  EXPECT_EQ(sent("dashscope/qwen3.7-max", wanted)["max_completion_tokens"], 100);
  wanted.stop = {"a", "b"};
  EXPECT_FALSE(sent("zhipu/glm-5.2", wanted).contains("stop"));  // one at most
  EXPECT_EQ(sent("anthropic/claude-opus-5-5", wanted)["stop_sequences"].size(), 2u);
  body = sent("gemini/gemini-2.5-pro", wanted);
  EXPECT_EQ(body["generationConfig"]["maxOutputTokens"], 100);
  EXPECT_EQ(body["generationConfig"]["thinkingConfig"]["thinkingBudget"], 2048);
}

TEST(Providers, ARuleOfAFamilyCatchesThatFamilyAlone) {
  struct Row {
    const char* target;
    bool has_temperature;  // 0 is sent
    const char* on;        // members of thinking=on, as text; "" where there are none
    const char* budget;    // likewise of thinking=2048
  };
  const std::string enabled = R"("thinking":{"budget_tokens":2048,"type":"enabled"})";
  const std::string adaptive = R"("thinking":{"type":"adaptive"})";
  const Row rows[] = {
      {"anthropic/claude-opus-5-5", false, adaptive.c_str(), adaptive.c_str()},
      {"anthropic/claude-fable-5.2", false, adaptive.c_str(), adaptive.c_str()},
      {"anthropic/claude-opus-4-8", false, adaptive.c_str(), adaptive.c_str()},
      {"anthropic/claude-opus-4-7-20260401", false, adaptive.c_str(), adaptive.c_str()},
      {"anthropic/claude-sonnet-4-6", true, adaptive.c_str(), enabled.c_str()},
      {"anthropic/claude-sonnet-4-5", true, enabled.c_str(), enabled.c_str()},
      {"anthropic/claude-haiku-4-5-20251001", true, enabled.c_str(), enabled.c_str()},
      {"anthropic/claude-opus-4-20250514", true, enabled.c_str(), enabled.c_str()},
      {"anthropic/claude-3-7-sonnet-20250219", true, enabled.c_str(), enabled.c_str()},
      {"anthropic/claude-3-5-sonnet-20241022", true, "", ""},
      {"openai/gpt-4o", true, "", ""},
      {"openai/gpt-5-chat-latest", true, "", ""},
      {"openai/gpt-5.6-sol", false, "", ""},
      {"openai/o3-mini", false, "", ""},
      {"openai/o1lmo-7b", true, "", ""},
      {"dashscope/qwen3-coder-plus", true, "", ""},
  };
  for (const Row& row : rows) {
    SamplingParams wanted;
    wanted.temperature = 0;
    wanted.max_tokens = 8000;
    EXPECT_EQ(sent(row.target, wanted).contains("temperature"), row.has_temperature) << row.target;
    for (const auto& [word, part] : {std::pair("on", row.on), std::pair("2048", row.budget)}) {
      wanted.thinking = word;
      const std::string body = sent(row.target, wanted).dump();
      if (*part)
        EXPECT_NE(body.find(part), std::string::npos) << row.target << " " << word << ": " << body;
      else
        EXPECT_EQ(body.find("think"), std::string::npos) << row.target << ": " << body;
    }
  }
  const auto thinks = [](const char* id, const char* model) {
    return is_thinking(for_model(load_providers().at(id), model), {});
  };
  EXPECT_TRUE(thinks("dashscope", "qwen3-32b"));
  EXPECT_FALSE(thinks("dashscope", "qwen3-coder-plus"));
  EXPECT_FALSE(thinks("dashscope", "qwen3-235b-a22b-instruct-2507"));
  EXPECT_TRUE(thinks("dashscope", "qwen3-235b-a22b-thinking-2507"));
  EXPECT_TRUE(thinks("openai", "o3-mini"));
  EXPECT_FALSE(thinks("openai", "gpt-5-chat-latest"));
}

TEST(Providers, AnthropicTakesNoBudgetThatFillsTheWholeAnswer) {
  SamplingParams wanted;
  wanted.thinking = "4096";
  wanted.max_tokens = 1024;
  const std::string said = test::message_of([&] { sent("anthropic/claude-haiku-4-5", wanted); });
  EXPECT_NE(said.find("raise max_tokens"), std::string::npos) << said;
  wanted.max_tokens = 4097;
  EXPECT_EQ(sent("anthropic/claude-haiku-4-5", wanted)["thinking"]["budget_tokens"], 4096);
}

TEST(Providers, AllMistakesOfARecordAreToldTogether) {
  std::vector<std::string> mistakes;
  EXPECT_FALSE(read_provider(R"({"id":"x","name":"X","source":"s","as_of":"2026","wire":"opnai",
    "regions":{"cn":"ftp://x/"},"alow":["temperature"],"pinned":["temprature"],
    "faults":[{"code":"1","is":"balence"},{"is":"auth"}],
    "prices":[{"models":"a","currency":"USD"}]})",
                             "x.json", mistakes));
  std::string all;
  for (const std::string& one : mistakes) all += one + "\n";
  for (const char* part :
       {"opnai", "begins with https://", "ends without", "\"alow\"; did you mean \"allow\"",
        "temprature", "balence", "faults[1]: a condition", "prices[0]: as_of", "input and output"})
    EXPECT_NE(all.find(part), std::string::npos) << part << "\n" << all;
}

TEST(Providers, ANumberBeyondAllBoundsIsAMistakeOfTheRecord) {
  std::vector<std::string> mistakes;
  EXPECT_FALSE(read_provider("1e999", "x.json", mistakes));
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_NE(mistakes[0].find("too large"), std::string::npos);
}

TEST(Providers, AFolderOverridesWhatIsBuiltIn) {
  test::TempDir dir;
  test::write_text(dir / "deepseek.json",
                   R"({"id":"deepseek","name":"Mine","source":"s","as_of":"2026-11-15",
                       "regions":{"x":"https://example.org/v9"}})");
  setenv("LEITAI_PROVIDERS", dir.path().c_str(), 1);
  EXPECT_EQ(load_providers().at("deepseek").name, "Mine");
  test::write_text(dir / "broken.json", "{");
  try {
    load_providers();
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("broken.json"), std::string::npos);
  }
  unsetenv("LEITAI_PROVIDERS");
}

TEST(Endpoints, UrlsAreSplitBehindTheirVersion) {
  const auto split = [](const char* url) {
    std::string base, model;
    split_url(url, base, model);
    return base + " | " + model;
  };
  EXPECT_EQ(split("http://127.0.0.1:8000/v1/my-model"), "http://127.0.0.1:8000/v1 | my-model");
  EXPECT_EQ(split("https://h/compatible-mode/v1/Qwen/Qwen3-8B"),
            "https://h/compatible-mode/v1 | Qwen/Qwen3-8B");
  EXPECT_EQ(split("https://h/api/paas/v4/glm"), "https://h/api/paas/v4 | glm");
  EXPECT_EQ(split("http://h/plain"), "http://h | plain");
  EXPECT_THROW(split("http://h/v1/"), Error);
  EXPECT_THROW(split("http://h/v1"), Error);
  EXPECT_THROW(split("http://h"), Error);
}

TEST(Endpoints, AUrlThatCannotBeMeantIsRefusedWithWhatToType) {
  const std::pair<const char*, const char*> rows[] = {
      {"openai@http://h:0/v1/m", "1 to 65535"},
      {"openai@http://h:99999/v1/m", "1 to 65535"},
      {"openai@http://h:abc/v1/m", "1 to 65535"},
      {"openai@http://h:/v1/m", "1 to 65535"},
      {"openai@http://[::1/v1/m", "not closed"},
      {"openai@http://::1/v1/m", "in brackets"},
      {"openai@http://h\x01/v1/m", "control"},
      {"openai@http://h/v1/m\nX-Evil: 1", "control"},
      {"openai@http://h h/v1/m", "blank"},
      {"openai@http://h/v1/chat/completions", "openai@http://h/v1/MODEL"},
      {"openai@http://h/chat/completions", "openai@http://h/MODEL"},
      {"anthropic@http://h/v1/messages", "names no model"},
      {"openai@http://h:8?key=sk-canary/v1/m", "without a query"},
  };
  for (const auto& [target, part] : rows) {
    Model model;
    model.target = target;
    const std::string said = test::message_of([&] { resolve_endpoint(model, true); });
    EXPECT_NE(said.find(part), std::string::npos) << target << ": " << said;
    EXPECT_EQ(said.find('\x01'), std::string::npos);
    EXPECT_EQ(said.find("canary"), std::string::npos) << said;
  }
  for (const char* good : {"openai@http://[::1]:8000/v1/m", "openai@http://h:65535/v1/m"}) {
    Model model;
    model.target = good;
    EXPECT_EQ(resolve_endpoint(model, true).endpoint.model, "m");
  }
}

TEST(Endpoints, AGeminiModelStaysOnePartOfThePath) {
  const std::pair<const char*, const char*> rows[] = {
      {"gemini-2.5-pro", "gemini-2.5-pro"},
      {"../../evil", "..%2F..%2Fevil"},
      {"a?b=c", "a%3Fb%3Dc"},
      {"a#b", "a%23b"},
      {"\u4f60", "%E4%BD%A0"},
  };
  for (const auto& [name, segment] : rows) {
    Model model;
    model.target = std::string("gemini/") + name;
    const Resolved resolved = resolve_endpoint(model, true);
    EXPECT_EQ(resolved.dialect->url(resolved.endpoint),
              resolved.endpoint.base_url + "/models/" + segment + ":streamGenerateContent?alt=sse");
  }
}

TEST(Endpoints, SecretsStayOutOfUrlsAndText) {
  Model model;
  model.target = "openai@http://me:secret@h/v1/m";
  EXPECT_THROW(resolve_endpoint(model, true), Error);
  Redactor redact;
  redact.add("sk-canary-1");
  redact.add("sk-canary-123");
  redact.add("abc");
  EXPECT_EQ(redact("a sk-canary-123 b sk-canary-1 abc"), "a [key] b [key] abc");
}

}  // namespace
}  // namespace leitai
