// DashScope, native: POST {base}/services/aigc/text-generation/generation. A body of `input` and
// `parameters`; deltas only where incremental_output is asked for.
#include <nlohmann/json.hpp>

#include "backends/http/dialect.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

std::string url(const Endpoint& endpoint) {
  return endpoint.base_url + "/services/aigc/text-generation/generation";
}

Json params(const Endpoint& endpoint, const Request& request) {
  const SamplingParams sent = sendable(endpoint.provider, request.wanted);
  Json parameters = extra_members(endpoint.provider, request.wanted);
  parameters["result_format"] = "message";
  if (endpoint.stream) parameters["incremental_output"] = true;
  const auto put = [&](const char* name, const auto& value) {
    if (value) parameters[name] = *value;
  };
  put("temperature", sent.temperature);
  put("top_p", sent.top_p);
  put("top_k", sent.top_k);
  put("seed", sent.seed);
  put("max_tokens", sent.max_tokens);
  if (!sent.stop.empty()) parameters["stop"] = sent.stop;
  if (sent.logprobs) {
    parameters["logprobs"] = true;
    if (*sent.logprobs > 0) parameters["top_logprobs"] = *sent.logprobs;
  }
  return {{"model", endpoint.model}, {"parameters", std::move(parameters)}};
}

Json prompt(const Endpoint&, const Request& request) {
  return {{"input", {{"messages", chat_messages(request.prompt)}}}};
}

std::vector<std::string> headers(const Endpoint& endpoint, const std::string& key) {
  std::vector<std::string> out = bearer(key);
  if (endpoint.stream) out.emplace_back("X-DashScope-SSE: enable");
  return out;
}

class Reader final : public AnswerReader {
 public:
  bool event(std::string_view, const Json& data) override { return take(data); }
  void whole(const Json& body) override { take(body); }
  void finish() override { split_think(parsed); }

 private:
  bool take(const Json& body) {
    if (!is_sound(body)) return false;
    if (const auto usage = body.find("usage"); usage != body.end()) read_usage(*usage, parsed);
    const auto output = body.find("output");
    if (output == body.end() || !output->is_object() || !output->contains("choices") ||
        !(*output)["choices"].is_array() || (*output)["choices"].empty())
      return false;
    const Json& choice = (*output)["choices"][0];
    if (std::string word = text_of(choice, "finish_reason"); !word.empty() && word != "null")
      parsed.finish = std::move(word);  // "null" is how this wire says: not yet
    if (!choice.is_object() || !choice.contains("message")) return false;
    const std::string reasoning = text_of(choice["message"], "reasoning_content");
    const std::string text = text_of(choice["message"], "content");
    append(parsed.reasoning, reasoning);
    parsed.text += text;
    return !reasoning.empty() || !text.empty();
  }
};

}  // namespace

extern constinit const Dialect dashscope_dialect;
constinit const Dialect dashscope_dialect = {.name = "dashscope",
                                             .help = "DashScope text generation, native",
                                             .default_key_env = "DASHSCOPE_API_KEY",
                                             .speaks = speaks_chat,
                                             .url = url,
                                             .params = params,
                                             .prompt = prompt,
                                             .headers = headers,
                                             .reader = plain_reader<Reader>};

}  // namespace leitai
