// Gemini, native: POST {base}/models/NAME:generateContent, or :streamGenerateContent?alt=sse. The
// key travels in a header, never in the URL.
#include <cctype>
#include <nlohmann/json.hpp>

#include "backends/http/dialect.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

/// Here alone a model's name is part of the path: it must not lead anywhere else.
std::string one_segment(const std::string& name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~')) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::string url(const Endpoint& endpoint) {
  return endpoint.base_url + "/models/" + one_segment(endpoint.model) +
         (endpoint.stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
}

Json params(const Endpoint& endpoint, const Request& request) {
  const SamplingParams sent = sendable(endpoint.provider, request.wanted);
  Json out = extra_members(endpoint.provider, request.wanted);
  Json& config = out["generationConfig"];
  if (!config.is_object()) config = Json::object();
  const auto put = [&](const char* name, const auto& value) {
    if (value) config[name] = *value;
  };
  put("temperature", sent.temperature);
  put("topP", sent.top_p);
  put("topK", sent.top_k);
  put("seed", sent.seed);
  put("maxOutputTokens", sent.max_tokens);
  if (!sent.stop.empty()) config["stopSequences"] = sent.stop;
  if (sent.logprobs) {
    config["responseLogprobs"] = true;
    if (*sent.logprobs > 0) config["logprobs"] = *sent.logprobs;
  }
  return out;
}

Json prompt(const Endpoint&, const Request& request) {
  Json contents = Json::array(), system = Json::array();
  for (const Message& one : request.prompt.messages) {
    const Json part{{"text", one.text()}};
    if (one.role == Role::System) {
      system.push_back(part);
    } else {
      contents.push_back({{"role", one.role == Role::Assistant ? "model" : "user"},
                          {"parts", Json::array({part})}});
    }
  }
  Json out{{"contents", std::move(contents)}};
  if (!system.empty()) out["systemInstruction"] = {{"parts", std::move(system)}};
  return out;
}

std::vector<std::string> headers(const Endpoint&, const std::string& key) {
  if (key.empty()) return {};
  return {"x-goog-api-key: " + key};
}

class Reader final : public AnswerReader {
 public:
  bool event(std::string_view, const Json& data) override { return take(data); }

  void whole(const Json& body) override {
    if (body.is_array()) {  // a stream without alt=sse
      for (const Json& one : body) take(one);
    } else {
      take(body);
    }
  }

 private:
  bool take(const Json& body) {
    if (!is_sound(body)) return false;
    if (const auto usage = body.find("usageMetadata"); usage != body.end()) take_usage(*usage);
    if (const auto feedback = body.find("promptFeedback");
        feedback != body.end() && !text_of(*feedback, "blockReason").empty())
      parsed.has_blocked_input = true;
    const auto candidates = body.find("candidates");
    if (candidates == body.end() || !candidates->is_array() || candidates->empty()) return false;
    const Json& candidate = (*candidates)[0];
    if (!candidate.is_object()) return false;
    if (std::string word = text_of(candidate, "finishReason");
        !word.empty() && word != "FINISH_REASON_UNSPECIFIED")
      parsed.finish = std::move(word);
    if (const auto probs = candidate.find("logprobsResult");
        probs != candidate.end() && probs->is_object() && probs->contains("chosenCandidates") &&
        (*probs)["chosenCandidates"].is_array()) {
      for (const Json& one : (*probs)["chosenCandidates"]) {
        if (one.is_object() && one.contains("logProbability") && one["logProbability"].is_number())
          parsed.logprobs.push_back({text_of(one, "token"), one["logProbability"].get<double>()});
      }
    }
    const auto content = candidate.find("content");
    if (content == candidate.end() || !content->is_object() || !content->contains("parts") ||
        !(*content)["parts"].is_array())
      return false;
    bool has_text = false;
    for (const Json& part : (*content)["parts"]) {
      const std::string text = text_of(part, "text");
      if (part.is_object() && part.contains("thought") && part["thought"] == true) {
        append(parsed.reasoning, text);
      } else {
        parsed.text += text;
      }
      has_text = has_text || !text.empty();
    }
    return has_text;
  }

  /// Thoughts are counted apart here; elsewhere they are part of the completion.
  void take_usage(const Json& usage) {
    if (const auto n = number_of(usage, "promptTokenCount")) parsed.usage.prompt_tokens = *n;
    if (const auto n = number_of(usage, "cachedContentTokenCount")) parsed.usage.cached_tokens = *n;
    const auto said = number_of(usage, "candidatesTokenCount");
    const auto thought = number_of(usage, "thoughtsTokenCount");
    if (thought) parsed.usage.reasoning_tokens = *thought;
    if (said || thought) parsed.usage.completion_tokens = said.value_or(0) + thought.value_or(0);
  }
};

}  // namespace

extern constinit const Dialect gemini_dialect;
constinit const Dialect gemini_dialect = {.name = "gemini",
                                          .help = "Gemini generateContent",
                                          .default_key_env = "GEMINI_API_KEY",
                                          .speaks = speaks_chat,
                                          .url = url,
                                          .params = params,
                                          .prompt = prompt,
                                          .headers = headers,
                                          .reader = plain_reader<Reader>};

}  // namespace leitai
