#include "backends/http/dialect.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/text.h"

namespace leitai {

using Json = nlohmann::json;

namespace {

/// The code of an error as a word, whatever its type.
void add_word(ServiceError& out, const Json& in, const char* name) {
  const auto found = in.find(name);
  if (found == in.end()) return;
  if (found->is_string() && !found->get<std::string>().empty())
    out.words.push_back(found->get<std::string>());
  if (found->is_number_integer()) out.words.push_back(std::to_string(found->get<std::int64_t>()));
}

void add_status(ServiceError& out) {
  for (const std::string& word : out.words) {
    const auto number = word.size() == 3 ? parse_int(word) : std::nullopt;
    if (number && *number >= 400 && *number < 600) out.status = static_cast<int>(*number);
  }
}

/// Gemini's google.rpc.RetryInfo, "37s" or "1.5s".
void read_details(ServiceError& out, const Json& details) {
  if (details.is_object()) return add_word(out, details, "error_code");
  if (!details.is_array()) return;
  for (const Json& one : details) {
    if (!one.is_object()) continue;
    add_word(out, one, "reason");
    const std::string delay = text_of(one, "retryDelay");
    if (!delay.ends_with('s')) continue;
    const auto seconds = parse_double(std::string_view(delay).substr(0, delay.size() - 1));
    if (seconds && *seconds >= 0 && *seconds < 1e8)
      out.retry_after = std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
  }
}

ServiceError read_error(const Json& error) {
  ServiceError out;
  if (error.is_string()) {
    out.message = error.get<std::string>();
    return out;
  }
  for (const char* name : {"code", "Code", "type", "status"}) add_word(out, error, name);
  out.message = text_of(error, "message");
  if (out.message.empty()) out.message = text_of(error, "Message");
  if (const auto details = error.find("details"); details != error.end())
    read_details(out, *details);
  if (const auto meta = error.find("metadata"); meta != error.end() && meta->is_object())
    out.is_flagged = (meta->contains("reasons") && !(*meta)["reasons"].empty()) ||
                     (meta->contains("flagged_input") && !(*meta)["flagged_input"].is_null());
  add_status(out);
  return out;
}

bool is_nonzero(const Json& code) {
  return (code.is_number() && code != 0) ||
         (code.is_string() && !code.get<std::string>().empty() && code != "0" && code != "Success");
}

}  // namespace

const Dialect* find_dialect(std::string_view name) {
  for (const Dialect* one : dialects()) {
    if (one->name == name) return one;
  }
  return nullptr;
}

bool is_wire(std::string_view name) { return find_dialect(name) != nullptr; }

std::optional<ServiceError> error_in(const Json& body) {
  if (body.is_array() && body.size() == 1) return error_in(body[0]);  // Gemini without alt=sse
  if (!body.is_object()) return std::nullopt;
  const auto error = body.find("error");
  if (error != body.end() && !error->is_null() && (error->is_object() || error->is_string())) {
    ServiceError out = read_error(*error);
    if (error->is_string()) {
      out.message = text_of(body, "message").empty() ? out.message : text_of(body, "message");
      out.words.push_back(error->get<std::string>());
      add_word(out, body, "code");
      add_status(out);
    }
    return out;
  }
  if (text_of(body, "object") == "error") return read_error(body);
  const auto base = body.find("base_resp");  // MiniMax
  if (base != body.end() && base->is_object() && base->contains("status_code") &&
      is_nonzero((*base)["status_code"])) {
    ServiceError out;
    add_word(out, *base, "status_code");
    out.message = text_of(*base, "status_msg");
    return out;
  }
  if (body.contains("error_code") && is_nonzero(body["error_code"])) {  // Qianfan v1
    ServiceError out;
    add_word(out, body, "error_code");
    out.message = text_of(body, "error_msg");
    return out;
  }
  const auto cloud = body.find("Response");  // Tencent Cloud
  if (cloud != body.end() && cloud->is_object() && cloud->contains("Error"))
    return read_error((*cloud)["Error"]);
  if (body.contains("code") && is_nonzero(body["code"]) && !body.contains("choices"))
    return read_error(body);
  if (body.contains("code") && body["code"].is_number() && body["code"] != 0) {  // Spark
    ServiceError out = read_error(body);
    out.status.reset();
    return out;
  }
  const auto choices = body.find("choices");  // OpenRouter
  if (choices != body.end() && choices->is_array() && !choices->empty() &&
      (*choices)[0].is_object()) {
    const auto own = (*choices)[0].find("error");
    if (own != (*choices)[0].end() && own->is_object()) return read_error(*own);
  }
  return std::nullopt;
}

void read_identity(const Json& body, Parsed& out) {
  const auto put = [&](std::optional<std::string>& to, const char* name) {
    const auto found = body.find(name);
    if (found == body.end() || !found->is_string()) return;
    const auto& text = found->get_ref<const std::string&>();
    if (!text.empty() && to != text) to = text;
  };
  put(out.served_model, "model");
  put(out.served_model, "modelVersion");  // Gemini
  put(out.fingerprint, "system_fingerprint");
  put(out.upstream, "provider");  // OpenRouter
  for (const char* name : {"id", "responseId", "request_id", "sid"}) put(out.id, name);
}

void read_usage(const Json& usage, Parsed& parsed) {
  if (!usage.is_object()) return;
  if (const auto cost = usage.find("cost"); cost != usage.end()) {  // OpenRouter; Perplexity
    const Json& total =
        cost->is_object() && cost->contains("total_cost") ? (*cost)["total_cost"] : *cost;
    if (total.is_number() && total >= 0 && total < 1e9) parsed.cost = total.get<double>();
  }
  Usage& out = parsed.usage;
  const auto put = [&](std::optional<std::int64_t>& to, const Json& in, const char* name) {
    if (const auto value = number_of(in, name)) to = value;
  };
  put(out.prompt_tokens, usage, "prompt_tokens");
  put(out.completion_tokens, usage, "completion_tokens");
  put(out.prompt_tokens, usage, "input_tokens");
  put(out.completion_tokens, usage, "output_tokens");
  put(out.cached_tokens, usage, "cached_tokens");
  put(out.cached_tokens, usage, "prompt_cache_hit_tokens");
  for (const char* name : {"prompt_tokens_details", "input_tokens_details"}) {
    if (usage.contains(name) && usage[name].is_object())
      put(out.cached_tokens, usage[name], "cached_tokens");
  }
  for (const char* name : {"completion_tokens_details", "output_tokens_details"}) {
    if (usage.contains(name) && usage[name].is_object())
      put(out.reasoning_tokens, usage[name], "reasoning_tokens");
  }
}

std::string text_of(const Json& in, const char* name) {
  if (!in.is_object()) return {};
  const auto found = in.find(name);
  return found != in.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::int64_t> number_of(const Json& in, const char* name) {
  if (!in.is_object()) return std::nullopt;
  const auto found = in.find(name);
  if (found == in.end() || !found->is_number()) return std::nullopt;
  const double value = found->get<double>();
  if (!(value >= 0 && value < 1e15)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

void append(std::optional<std::string>& out, std::string_view text) {
  if (text.empty()) return;
  if (!out) out.emplace();
  *out += text;
}

void split_think(Parsed& parsed) {
  constexpr std::string_view kOpen = "<think>", kClose = "</think>";
  if (parsed.reasoning) return;
  const std::string_view text = parsed.text;
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const bool is_open = text.substr(begin).starts_with(kOpen);
  const std::size_t from = is_open ? begin + kOpen.size() : 0;
  const std::size_t close = text.find(kClose, from);
  if (close == std::string_view::npos && !is_open) return;
  if (close != std::string_view::npos && !is_open &&
      text.substr(0, close).find(kOpen) != std::string_view::npos)
    return;  // a block in the middle is part of what the model said
  const std::size_t end = std::min(close, text.size());
  parsed.reasoning = std::string(trim(text.substr(from, end - from)));
  std::string rest(close == std::string_view::npos ? std::string_view()
                                                   : text.substr(close + kClose.size()));
  rest.erase(0, std::min(rest.find_first_not_of("\r\n"), rest.size()));
  parsed.text = std::move(rest);
}

bool AnswerReader::is_sound(const nlohmann::json& body) {
  if (!body.is_object()) {
    parsed.malformed = "the answer is no JSON object";
    return false;
  }
  read_identity(body, parsed);
  if (auto error = error_in(body)) {
    parsed.error = std::move(error);
    return false;
  }
  return true;
}

std::vector<std::string> bearer_alone(const Endpoint&, const std::string& key) {
  return bearer(key);
}

bool speaks_chat(Mode mode) { return mode == Mode::Chat; }

std::vector<std::string> bearer(const std::string& key) {
  if (key.empty()) return {};
  return {"Authorization: Bearer " + key};
}

Json chat_messages(const Prompt& prompt) {
  Json out = Json::array();
  for (const Message& one : prompt.messages)
    out.push_back({{"role", to_text(one.role)}, {"content", one.text()}});
  return out;
}

}  // namespace leitai
