// OpenAI responses: POST {base}/responses. Nothing is kept at the vendor's (store: false).
#include <nlohmann/json.hpp>

#include "backends/http/dialect.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

std::string url(const Endpoint& endpoint) { return endpoint.base_url + "/responses"; }

Json params(const Endpoint& endpoint, const Request& request) {
  const SamplingParams sent = sendable(endpoint.provider, request.wanted);
  Json out = extra_members(endpoint.provider, request.wanted);
  if (const auto effort = out.find("reasoning_effort"); effort != out.end()) {
    out["reasoning"]["effort"] = *effort;  // this wire nests it
    out.erase("reasoning_effort");
  }
  out["model"] = endpoint.model;
  out["stream"] = endpoint.stream;
  out["store"] = false;
  const auto put = [&](const char* name, const auto& value) {
    if (value) out[name] = *value;
  };
  put("temperature", sent.temperature);
  put("top_p", sent.top_p);
  put("max_output_tokens", sent.max_tokens);
  return out;
}

Json prompt(const Endpoint&, const Request& request) {
  return {{"input", chat_messages(request.prompt)}};
}

class Reader final : public AnswerReader {
 public:
  bool event(std::string_view name, const Json& data) override {
    std::string type = text_of(data, "type");
    if (type.empty()) type = name;
    if (type == "response.output_text.delta") {
      parsed.text += text_of(data, "delta");
      return true;
    }
    if (type == "response.refusal.delta") {
      parsed.refusal += text_of(data, "delta");
      return true;
    }
    if (type == "response.reasoning_text.delta" ||
        type == "response.reasoning_summary_text.delta") {
      append(parsed.reasoning, text_of(data, "delta"));
      return true;
    }
    if (type == "response.completed" || type == "response.incomplete" ||
        type == "response.failed") {
      if (data.contains("response")) end(data["response"]);
    } else if (type == "error" || data.contains("error")) {
      parsed.error = error_in(data);
      if (!parsed.error) {
        parsed.error.emplace();
        parsed.error->words = {text_of(data, "code")};
        parsed.error->message = text_of(data, "message");
      }
    }
    return false;
  }

  void whole(const Json& body) override {
    if (!body.is_object()) {
      parsed.malformed = "the answer is no JSON object";
      return;
    }
    if (text_of(body, "status").empty()) {
      parsed.error = error_in(body);
      if (parsed.error) return;
    }
    if (const auto output = body.find("output"); output != body.end() && output->is_array()) {
      for (const Json& item : *output) take_item(item);
    }
    end(body);
  }

 private:
  void take_item(const Json& item) {
    if (!item.is_object()) return;
    const bool is_reasoning = text_of(item, "type") == "reasoning";
    for (const char* list : {"content", "summary"}) {
      const auto parts = item.find(list);
      if (parts == item.end() || !parts->is_array()) continue;
      for (const Json& part : *parts) {
        if (is_reasoning) {
          append(parsed.reasoning, text_of(part, "text"));
        } else {
          parsed.text += text_of(part, "text");
          parsed.refusal += text_of(part, "refusal");
        }
      }
    }
  }

  /// The whole response, as its last event or as the body.
  void end(const Json& response) {
    if (!response.is_object()) return;
    read_identity(response, parsed);
    if (const auto usage = response.find("usage"); usage != response.end())
      read_usage(*usage, parsed);
    const std::string status = text_of(response, "status");
    if (status == "completed") {
      parsed.finish = "stop";
    } else if (status == "incomplete") {
      const auto details = response.find("incomplete_details");
      const std::string why = details != response.end() ? text_of(*details, "reason") : "";
      parsed.finish = why == "max_output_tokens" ? "length" : why.empty() ? "incomplete" : why;
    } else if (status == "failed") {
      parsed.error = error_in(response);
      if (!parsed.error) parsed.error.emplace().message = "the response failed";
    }
  }
};

}  // namespace

extern constinit const Dialect responses_dialect;
constinit const Dialect responses_dialect = {.name = "responses",
                                             .help = "OpenAI responses",
                                             .default_key_env = "OPENAI_API_KEY",
                                             .speaks = speaks_chat,
                                             .url = url,
                                             .params = params,
                                             .prompt = prompt,
                                             .headers = bearer_alone,
                                             .reader = plain_reader<Reader>};

}  // namespace leitai
