// Anthropic messages: POST {base}/messages. Events end with message_stop, not with [DONE]; errors
// come as an event after HTTP 200.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "backends/http/dialect.h"
#include "harness/core/error.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

std::string url(const Endpoint& endpoint) { return endpoint.base_url + "/messages"; }

/// The answer's length counts the thinking, so that it must be the larger of the two; the service
/// refuses every request otherwise.
void check_budget(const Endpoint& endpoint, const Json& body) {
  const auto thinking = body.find("thinking");
  if (thinking == body.end() || !thinking->is_object()) return;
  const auto budget = number_of(*thinking, "budget_tokens");
  const auto length = number_of(body, "max_tokens");
  if (!budget || !length || *length > *budget) return;
  throw Error(fmt::format(
      "{}: max_tokens {} must be larger than the thinking budget of {} tokens, which it "
      "includes\n        raise max_tokens (to {} or so), or give a smaller budget by "
      "thinking=N (1024 at least)",
      endpoint.model, *length, *budget, *budget + 4096));
}

Json params(const Endpoint& endpoint, const Request& request) {
  const SamplingParams sent = sendable(endpoint.provider, request.wanted);
  Json out = extra_members(endpoint.provider, request.wanted);
  out["model"] = endpoint.model;
  out["stream"] = endpoint.stream;
  out["max_tokens"] = sent.max_tokens.value_or(4096);  // mandatory
  const auto put = [&](const char* name, const auto& value) {
    if (value) out[name] = *value;
  };
  put("temperature", sent.temperature);
  put("top_p", sent.top_p);
  put("top_k", sent.top_k);
  if (!sent.stop.empty()) out["stop_sequences"] = sent.stop;
  check_budget(endpoint, out);
  return out;
}

Json prompt(const Endpoint&, const Request& request) {
  Json messages = Json::array();
  std::string system;
  for (const Message& one : request.prompt.messages) {
    if (one.role == Role::System) {
      system += (system.empty() ? "" : "\n\n") + one.text();
    } else {
      messages.push_back(
          {{"role", one.role == Role::Assistant ? "assistant" : "user"}, {"content", one.text()}});
    }
  }
  Json out{{"messages", std::move(messages)}};
  if (!system.empty()) out["system"] = std::move(system);
  return out;
}

std::vector<std::string> headers(const Endpoint&, const std::string& key) {
  std::vector<std::string> out{"anthropic-version: 2023-06-01"};
  if (!key.empty()) out.push_back("x-api-key: " + key);
  return out;
}

class Reader final : public AnswerReader {
 public:
  bool event(std::string_view, const Json& data) override {
    const std::string type = text_of(data, "type");
    if (type == "error" || data.contains("error")) {
      parsed.error = error_in(data);
    } else if (type == "message_start" && data.contains("message")) {
      head(data["message"]);
    } else if (type == "content_block_start" && data.contains("content_block")) {
      return block(data["content_block"]);
    } else if (type == "content_block_delta" && data.contains("delta")) {
      return block(data["delta"]);
    } else if (type == "message_delta") {
      if (data.contains("delta")) end(data["delta"]);
      if (data.contains("usage")) usage(data["usage"]);
    } else if (type == "message_stop") {
      parsed.finish = stop_;
    }
    return false;
  }

  void whole(const Json& body) override {
    if (!is_sound(body)) return;
    head(body);
    if (const auto content = body.find("content"); content != body.end() && content->is_array()) {
      for (const Json& one : *content) block(one);
    }
    end(body);
  }

  void finish() override {
    if (!parsed.finish) parsed.finish = stop_;  // a stop reason is enough, message_stop may be cut
  }

 private:
  void head(const Json& message) {
    if (!message.is_object()) return;
    read_identity(message, parsed);
    if (message.contains("usage")) usage(message["usage"]);
  }

  void end(const Json& delta) {
    if (std::string word = text_of(delta, "stop_reason"); !word.empty()) stop_ = std::move(word);
  }

  /// A content block or a delta of one.
  bool block(const Json& one) {
    const std::string type = text_of(one, "type");
    if (type == "text" || type == "text_delta") {
      const std::string text = text_of(one, "text");
      parsed.text += text;
      return !text.empty();
    }
    if (type == "thinking" || type == "thinking_delta") {
      const std::string text = text_of(one, "thinking");
      append(parsed.reasoning, text);
      return !text.empty();
    }
    return false;  // redacted_thinking, signatures, tools
  }

  /// Cached tokens are not contained in input_tokens here.
  void usage(const Json& in) {
    if (const auto n = number_of(in, "input_tokens")) input_ = *n;
    if (const auto n = number_of(in, "cache_read_input_tokens")) read_ = *n;
    if (const auto n = number_of(in, "cache_creation_input_tokens")) made_ = *n;
    if (input_) {
      parsed.usage.prompt_tokens = *input_ + read_.value_or(0) + made_.value_or(0);
      parsed.usage.cached_tokens = read_;
    }
    if (const auto n = number_of(in, "output_tokens")) parsed.usage.completion_tokens = *n;
  }

  std::optional<std::string> stop_;
  std::optional<std::int64_t> input_, read_, made_;
};

}  // namespace

extern constinit const Dialect anthropic_dialect;
constinit const Dialect anthropic_dialect = {.name = "anthropic",
                                             .help = "Anthropic messages",
                                             .default_key_env = "ANTHROPIC_API_KEY",
                                             .speaks = speaks_chat,
                                             .url = url,
                                             .params = params,
                                             .prompt = prompt,
                                             .headers = headers,
                                             .reader = plain_reader<Reader>};

}  // namespace leitai
