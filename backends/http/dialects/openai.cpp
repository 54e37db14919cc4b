// OpenAI chat completions and those who took it up: POST {base}/chat/completions.
#include <nlohmann/json.hpp>

#include "backends/http/dialect.h"
#include "harness/core/text.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

std::string url(const Endpoint& endpoint) { return endpoint.base_url + "/chat/completions"; }

std::string renamed(const Provider& provider, const std::string& name) {
  const auto found = provider.rename.find(name);
  return found == provider.rename.end() ? name : found->second;
}

Json params(const Endpoint& endpoint, const Request& request) {
  const Provider& provider = endpoint.provider;
  const SamplingParams sent = sendable(provider, request.wanted);
  Json out = extra_members(provider, request.wanted);
  out["model"] = endpoint.model;
  out["stream"] = endpoint.stream;
  if (endpoint.stream && provider.stream_usage) out["stream_options"] = {{"include_usage", true}};
  const auto put = [&](const char* name, const auto& value) {
    if (value) out[renamed(provider, name)] = *value;
  };
  put("temperature", sent.temperature);
  put("top_p", sent.top_p);
  put("min_p", sent.min_p);
  put("top_k", sent.top_k);
  put("seed", sent.seed);
  if (sent.max_tokens) out[provider.length_field] = *sent.max_tokens;
  if (!sent.stop.empty()) out["stop"] = sent.stop;
  if (sent.logprobs) {
    out["logprobs"] = true;
    if (*sent.logprobs > 0) out["top_logprobs"] = *sent.logprobs;
  }
  return out;
}

Json prompt(const Endpoint&, const Request& request) {
  return {{"messages", chat_messages(request.prompt)}};
}

class Reader final : public AnswerReader {
 public:
  explicit Reader(const Provider& provider) : fields_(provider.reasoning_fields) {}

  bool event(std::string_view, const Json& data) override { return take(data, "delta"); }
  void whole(const Json& body) override { take(body, "message"); }

  /// Within a stream most events differ in one string alone. What surrounds it is the same JSON
  /// then, and so means the same.
  bool skim(std::string_view data) override {
    if (before_.empty() || data.size() < before_.size() + after_.size() + 1 ||
        !data.starts_with(before_) || !data.ends_with(after_))
      return false;
    const std::string_view text =
        data.substr(before_.size(), data.size() - before_.size() - after_.size());
    for (const char c : text) {
      if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) return false;
    }
    if (!is_valid_utf8(text)) return false;
    if (is_reasoning_) {
      append(parsed.reasoning, text);
    } else {
      parsed.text += text;
    }
    return true;
  }

  void learn(std::string_view data, const Json& json) override {
    before_.clear();
    const Json& choice = json["choices"][0];
    if (json["choices"].size() != 1 || !is_null(choice, "finish_reason") ||
        !is_null(choice, "logprobs") || !is_null(choice, "usage") || !is_null(json, "usage") ||
        !is_null(choice, "flag"))
      return;
    const Json& delta = choice["delta"];
    std::string name;
    for (const auto& [key, value] : delta.items()) {
      if (value.is_null() || key == "role") continue;
      if (!name.empty() || !value.is_string()) return;
      name = key;
    }
    is_reasoning_ = name != "content";
    if (name.empty() || (is_reasoning_ && name != "reasoning_content" && name != "reasoning"))
      return;
    // The one place where the string can stand.
    const std::string key = "\"" + name + "\":";
    const std::size_t at = data.find(key);
    if (at == std::string_view::npos || data.find(key, at + 1) != std::string_view::npos) return;
    std::size_t begin = at + key.size();
    if (begin < data.size() && data[begin] == ' ') ++begin;
    const auto& value = delta[name].get_ref<const std::string&>();
    if (begin >= data.size() || data[begin] != '"' ||
        data.substr(begin + 1, value.size()) != value ||
        value.find_first_of("\"\\") != std::string::npos ||
        !data.substr(begin + 1 + value.size()).starts_with('"'))
      return;
    before_ = data.substr(0, begin + 1);
    after_ = data.substr(begin + 1 + value.size());
  }
  void finish() override { split_think(parsed); }

 private:
  static bool is_null(const Json& in, const char* name) {
    const auto found = in.find(name);
    return found == in.end() || found->is_null();
  }

  bool take(const Json& body, const char* part) {
    if (!is_sound(body)) return false;
    if (const auto usage = body.find("usage"); usage != body.end()) read_usage(*usage, parsed);
    const auto choices = body.find("choices");
    if (choices == body.end() || !choices->is_array() || choices->empty()) return false;
    const Json& choice = (*choices)[0];
    if (!choice.is_object()) return false;
    if (const auto usage = choice.find("usage"); usage != choice.end())  // Kimi
      read_usage(*usage, parsed);
    if (std::string word = text_of(choice, "finish_reason"); !word.empty())
      parsed.finish = std::move(word);
    if (const auto flag = choice.find("flag");  // Qianfan
        flag != choice.end() && flag->is_number() && *flag != 0)
      parsed.finish = "content_filter";
    if (const auto probs = choice.find("logprobs"); probs != choice.end()) take_logprobs(*probs);
    const auto message = choice.find(part);
    return message != choice.end() && message->is_object() && take_message(*message);
  }

  bool take_message(const Json& message) {
    bool has_text = take_reasoning(message);
    if (const auto content = message.find("content"); content != message.end()) {
      if (content->is_string()) {
        const auto& text = content->get_ref<const std::string&>();
        parsed.text += text;
        has_text = has_text || !text.empty();
      } else if (content->is_array()) {  // Mistral: list of text and thinking chunks
        for (const Json& chunk : *content) has_text = take_chunk(chunk) || has_text;
      }
    }
    parsed.refusal += text_of(message, "refusal");
    return has_text;
  }

  /// The first field that is there counts: vendors fill several with the same text.
  bool take_reasoning(const Json& message) {
    for (const std::string& name : fields_) {
      const auto found = message.find(name);
      if (found == message.end() || found->is_null()) continue;
      std::string text;
      if (found->is_string()) {
        text = found->get<std::string>();
      } else if (found->is_array()) {
        for (const Json& one : *found) {
          for (const char* member : {"text", "summary"}) text += text_of(one, member);
        }
      }
      if (text.empty()) continue;
      append(parsed.reasoning, text);
      return true;
    }
    return false;
  }

  bool take_chunk(const Json& chunk) {
    if (text_of(chunk, "type") == "thinking") {
      const auto inner = chunk.find("thinking");
      if (inner == chunk.end()) return false;
      if (inner->is_string()) append(parsed.reasoning, inner->get<std::string>());
      if (inner->is_array()) {
        for (const Json& one : *inner) append(parsed.reasoning, text_of(one, "text"));
      }
      return true;
    }
    const std::string text = text_of(chunk, "text");
    parsed.text += text;
    return !text.empty();
  }

  void take_logprobs(const Json& probs) {
    if (!probs.is_object() || !probs.contains("content") || !probs["content"].is_array()) return;
    for (const Json& one : probs["content"]) {
      if (!one.is_object() || !one.contains("logprob") || !one["logprob"].is_number()) continue;
      const double value = one["logprob"].get<double>();
      if (value > -9000)  // -9999.0 is a marker for "unknown", not a number
        parsed.logprobs.push_back({text_of(one, "token"), value});
    }
  }

  const std::vector<std::string>& fields_;
  std::string before_, after_;  // of the string in the last event that skim() may know again
  bool is_reasoning_ = false;
};

std::unique_ptr<AnswerReader> reader(const Endpoint& endpoint, const Request&) {
  return std::make_unique<Reader>(endpoint.provider);
}

}  // namespace

extern constinit const Dialect openai_dialect;
constinit const Dialect openai_dialect = {.name = "openai",
                                          .help = "OpenAI chat completions",
                                          .default_key_env = "OPENAI_API_KEY",
                                          .speaks = speaks_chat,
                                          .url = url,
                                          .params = params,
                                          .prompt = prompt,
                                          .headers = bearer_alone,
                                          .reader = reader};

}  // namespace leitai
