#include "harness/core/codec.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/json_depth.h"
#include "harness/core/text.h"

namespace leitai {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

namespace {

constexpr std::array<std::string_view, 5> kOutcomes{"answered", "truncated", "filtered", "empty",
                                                    "failed"};
constexpr std::array<std::string_view, 14> kFailures{
    "auth",    "balance",  "quota",   "rate_limit", "overload", "server", "network",
    "timeout", "protocol", "request", "context",    "tls",      "budget", "permission"};
constexpr std::array<std::string_view, 2> kBlocked{"input", "output"};
constexpr std::array<std::string_view, 4> kFinishes{"stop", "length", "filtered", "tool"};
constexpr std::array<std::string_view, 18> kStatuses{"CORRECT",
                                                     "INCORRECT",
                                                     "NO_ANSWER",
                                                     "REFUSED",
                                                     "MULTI",
                                                     "AMBIGUOUS",
                                                     "INVALID_LABEL",
                                                     "TRUNCATED_REASONING",
                                                     "UNTERMINATED_REASONING",
                                                     "EMPTY_ANSWER",
                                                     "COMPILE_ERROR",
                                                     "RUNTIME_ERROR",
                                                     "WRONG_OUTPUT",
                                                     "TIMEOUT",
                                                     "MEMORY_LIMIT",
                                                     "SANDBOX_VIOLATION",
                                                     "JUDGE_INVALID",
                                                     "INFRA_ERROR"};
constexpr std::array<std::string_view, 3> kModes{"chat", "completion", "loglikelihood"};
constexpr std::array<std::string_view, 4> kRoles{"system", "user", "assistant", "tool"};
constexpr std::array<std::string_view, 3> kParts{"text", "image", "audio"};

template <typename Enum, std::size_t N>
std::optional<Enum> find_word(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template <typename Enum, std::size_t N>
std::string_view word_of(const std::array<std::string_view, N>& words, Enum value) {
  return words.at(static_cast<std::size_t>(value));
}

template <typename T>
void put(Json& out, const char* name, const std::optional<T>& value) {
  if (value) out[name] = *value;
}

/// Reads `name` if it is there and not null; throws Error if it has another type.
template <typename T>
void take(const Json& in, const char* name, T& value) {
  const auto found = in.find(name);
  if (found == in.end() || found->is_null()) return;
  try {
    value = found->template get<T>();
  } catch (const Json::exception&) {
    throw Error(fmt::format("{}: wrong type ({})", name, found->type_name()));
  }
}

template <typename T>
void take(const Json& in, const char* name, std::optional<T>& value) {
  const auto found = in.find(name);
  if (found == in.end() || found->is_null()) return;
  T plain{};
  take(in, name, plain);
  value = std::move(plain);
}

template <typename Enum, std::size_t N>
Enum take_word(const Json& in, const char* name, const std::array<std::string_view, N>& words) {
  std::string word;
  take(in, name, word);
  const std::optional<Enum> value = find_word<Enum>(words, word);
  if (!value) throw Error(fmt::format("{}: unknown word \"{}\"", name, word));
  return *value;
}

}  // namespace

std::string_view to_text(Outcome value) { return word_of(kOutcomes, value); }
std::string_view to_text(FailureKind value) { return word_of(kFailures, value); }
std::string_view to_text(FinishReason value) { return word_of(kFinishes, value); }
std::string_view to_text(Blocked value) { return word_of(kBlocked, value); }
std::string_view to_text(ScoreStatus value) { return word_of(kStatuses, value); }
std::string_view to_text(Mode value) { return word_of(kModes, value); }
std::string_view to_text(Role value) { return word_of(kRoles, value); }

std::optional<Blocked> blocked_from(std::string_view word) {
  return find_word<Blocked>(kBlocked, word);
}

std::optional<Outcome> outcome_from(std::string_view word) {
  return find_word<Outcome>(kOutcomes, word);
}
std::optional<FailureKind> failure_kind_from(std::string_view word) {
  return find_word<FailureKind>(kFailures, word);
}
std::optional<ScoreStatus> score_status_from(std::string_view word) {
  return find_word<ScoreStatus>(kStatuses, word);
}
std::optional<Mode> mode_from(std::string_view word) { return find_word<Mode>(kModes, word); }
std::optional<Role> role_from(std::string_view word) { return find_word<Role>(kRoles, word); }

std::optional<FinishReason> finish_reason_from(std::string_view word) {
  const std::string lower = ascii_lower(word);
  for (std::string_view w : {"stop", "end_turn", "stop_sequence", "eos"}) {
    if (lower == w) return FinishReason::Stop;
  }
  for (std::string_view w :
       {"length", "max_tokens", "model_length", "model_context_window_exceeded"}) {
    if (lower == w) return FinishReason::Length;
  }
  for (std::string_view w : {"filtered", "content_filter", "sensitive", "refusal", "safety",
                             "recitation", "blocklist", "prohibited_content", "spii"}) {
    if (lower == w) return FinishReason::Filtered;
  }
  for (std::string_view w : {"tool", "tool_calls", "tool_use", "function_call"}) {
    if (lower == w) return FinishReason::Tool;
  }
  return std::nullopt;
}

Json to_json(const SamplingParams& params) {
  Json out = Json::object();
  put(out, "temperature", params.temperature);
  put(out, "top_p", params.top_p);
  put(out, "min_p", params.min_p);
  put(out, "top_k", params.top_k);
  put(out, "max_tokens", params.max_tokens);
  put(out, "seed", params.seed);
  put(out, "logprobs", params.logprobs);
  put(out, "thinking", params.thinking);
  if (!params.stop.empty()) out["stop"] = params.stop;
  return out;
}

SamplingParams sampling_params_from(const Json& in) {
  SamplingParams out;
  take(in, "temperature", out.temperature);
  take(in, "top_p", out.top_p);
  take(in, "min_p", out.min_p);
  take(in, "top_k", out.top_k);
  take(in, "max_tokens", out.max_tokens);
  take(in, "seed", out.seed);
  take(in, "logprobs", out.logprobs);
  take(in, "thinking", out.thinking);
  take(in, "stop", out.stop);
  return out;
}

Json messages_to_json(std::span<const Message> messages) {
  Json out = Json::array();
  for (const Message& one : messages) {
    Json entry{{"role", to_text(one.role)}};
    if (one.content.size() == 1 && one.content[0].kind == ContentPart::Kind::Text) {
      entry["content"] = one.content[0].text;
    } else {
      Json parts = Json::array();
      for (const ContentPart& part : one.content) {
        parts.push_back({{"type", word_of(kParts, part.kind)}, {"text", part.text}});
      }
      entry["content"] = std::move(parts);
    }
    out.push_back(std::move(entry));
  }
  return out;
}

std::vector<Message> messages_from(const Json& in) {
  if (!in.is_array()) throw Error("messages: wants a list of {role, content}");
  std::vector<Message> out;
  for (const Json& entry : in) {
    if (!entry.is_object() || !entry.contains("content"))
      throw Error("messages: each wants role and content");
    Message one;
    one.role = take_word<Role>(entry, "role", kRoles);
    const Json& content = entry["content"];
    if (content.is_string()) {
      one.content.push_back({ContentPart::Kind::Text, content.get<std::string>()});
    } else if (content.is_array()) {
      for (const Json& part : content) {
        if (!part.is_object()) throw Error("messages: a content part wants type and text");
        ContentPart piece;
        piece.kind = take_word<ContentPart::Kind>(part, "type", kParts);
        take(part, "text", piece.text);
        one.content.push_back(std::move(piece));
      }
    } else {
      throw Error("messages: content wants a string or a list of parts");
    }
    out.push_back(std::move(one));
  }
  return out;
}

Json to_json(const Prompt& prompt) {
  Json out = Json::object();
  if (!prompt.messages.empty()) out["messages"] = messages_to_json(prompt.messages);
  put(out, "text", prompt.text);
  if (!prompt.continuations.empty()) out["continuations"] = prompt.continuations;
  if (!prompt.tools_json.empty()) out["tools"] = prompt.tools_json;
  return out;
}

Prompt prompt_from(const Json& in) {
  Prompt out;
  if (in.contains("messages")) out.messages = messages_from(in["messages"]);
  take(in, "text", out.text);
  take(in, "continuations", out.continuations);
  take(in, "tools", out.tools_json);
  return out;
}

Json to_json(const Item& item) {
  Json out{{"suite", item.suite},
           {"id", item.id},
           {"question", item.question},
           {"prompt", to_json(item.prompt)}};
  Json grading{{"scorer", item.grading.scorer}, {"gold", item.grading.gold}};
  if (!item.grading.fields_json.empty()) grading["fields"] = item.grading.fields_json;
  out["grading"] = std::move(grading);
  if (!item.language.empty()) out["language"] = item.language;
  if (!item.tags.empty()) out["tags"] = item.tags;
  if (!item.pair_key.empty()) out["pair"] = item.pair_key;
  return out;
}

Item item_from(const Json& in) {
  Item out;
  take(in, "suite", out.suite);
  take(in, "id", out.id);
  take(in, "question", out.question);
  if (in.contains("prompt")) out.prompt = prompt_from(in["prompt"]);
  if (in.contains("grading")) {
    take(in["grading"], "scorer", out.grading.scorer);
    take(in["grading"], "gold", out.grading.gold);
    take(in["grading"], "fields", out.grading.fields_json);
  }
  take(in, "language", out.language);
  take(in, "tags", out.tags);
  take(in, "pair", out.pair_key);
  return out;
}

Json to_json(const ServiceFacts& service) {
  Json out = Json::object();
  put(out, "http_status", service.http_status);
  put(out, "request_id", service.request_id);
  put(out, "fingerprint", service.fingerprint);
  put(out, "upstream", service.upstream);
  put(out, "code", service.code);
  put(out, "said", service.said);
  put(out, "body_sha256", service.body_sha256);
  put(out, "sent_at_ms", service.sent_at_ms);
  return out;
}

ServiceFacts service_facts_from(const Json& in) {
  ServiceFacts out;
  take(in, "http_status", out.http_status);
  take(in, "request_id", out.request_id);
  take(in, "fingerprint", out.fingerprint);
  take(in, "upstream", out.upstream);
  take(in, "code", out.code);
  take(in, "said", out.said);
  take(in, "body_sha256", out.body_sha256);
  take(in, "sent_at_ms", out.sent_at_ms);
  return out;
}

Json to_json(const Response& response) {
  Json out{{"schema", kSchemaVersion},
           {"outcome", to_text(response.outcome)},
           {"text", response.text},
           {"attempts", response.attempts}};
  if (response.failure) {
    Json failure{{"kind", to_text(response.failure->kind)}, {"message", response.failure->message}};
    put(failure, "http_status", response.failure->http_status);
    out["failure"] = std::move(failure);
  }
  put(out, "reasoning", response.reasoning);
  if (response.finish_reason) out["finish_reason"] = to_text(*response.finish_reason);
  Json usage = Json::object();
  put(usage, "prompt_tokens", response.usage.prompt_tokens);
  put(usage, "completion_tokens", response.usage.completion_tokens);
  put(usage, "reasoning_tokens", response.usage.reasoning_tokens);
  put(usage, "cached_tokens", response.usage.cached_tokens);
  out["usage"] = std::move(usage);
  Json timing = Json::object();
  put(timing, "ttft_ms", response.timing.ttft_ms);
  put(timing, "total_ms", response.timing.total_ms);
  put(timing, "queued_ms", response.timing.queued_ms);
  put(timing, "answer_ttft_ms", response.timing.answer_ttft_ms);
  put(timing, "last_text_ms", response.timing.last_text_ms);
  put(timing, "gap_p50_ms", response.timing.gap_p50_ms);
  put(timing, "gap_p99_ms", response.timing.gap_p99_ms);
  put(timing, "text_events", response.timing.text_events);
  out["timing"] = std::move(timing);
  if (response.blocked) out["blocked"] = to_text(*response.blocked);
  if (Json service = to_json(response.service); !service.empty())
    out["service"] = std::move(service);
  put(out, "retry_cost", response.retry_cost);
  if (response.price)
    out["price"] = {{"amount", response.price->amount}, {"currency", response.price->currency}};
  put(out, "served_model", response.served_model);
  if (!response.logprobs.empty()) {
    Json tokens = Json::array();
    for (const TokenLogprob& one : response.logprobs)
      tokens.push_back({{"token", one.token}, {"logprob", one.logprob}});
    out["logprobs"] = std::move(tokens);
  }
  if (!response.continuation_logprobs.empty()) {
    out["continuations"] = {{"logprobs", response.continuation_logprobs},
                            {"greedy", response.continuation_greedy},
                            {"tokens", response.continuation_tokens}};
  }
  return out;
}

Response response_from(const Json& in) {
  Response out;
  out.outcome = take_word<Outcome>(in, "outcome", kOutcomes);
  take(in, "text", out.text);
  take(in, "attempts", out.attempts);
  if (in.contains("failure")) {
    Failure failure;
    failure.kind = take_word<FailureKind>(in["failure"], "kind", kFailures);
    take(in["failure"], "message", failure.message);
    take(in["failure"], "http_status", failure.http_status);
    out.failure = std::move(failure);
  }
  take(in, "reasoning", out.reasoning);
  if (in.contains("finish_reason"))
    out.finish_reason = take_word<FinishReason>(in, "finish_reason", kFinishes);
  if (in.contains("usage")) {
    take(in["usage"], "prompt_tokens", out.usage.prompt_tokens);
    take(in["usage"], "completion_tokens", out.usage.completion_tokens);
    take(in["usage"], "reasoning_tokens", out.usage.reasoning_tokens);
    take(in["usage"], "cached_tokens", out.usage.cached_tokens);
  }
  if (in.contains("timing")) {
    take(in["timing"], "ttft_ms", out.timing.ttft_ms);
    take(in["timing"], "total_ms", out.timing.total_ms);
    take(in["timing"], "queued_ms", out.timing.queued_ms);
    take(in["timing"], "answer_ttft_ms", out.timing.answer_ttft_ms);
    take(in["timing"], "last_text_ms", out.timing.last_text_ms);
    take(in["timing"], "gap_p50_ms", out.timing.gap_p50_ms);
    take(in["timing"], "gap_p99_ms", out.timing.gap_p99_ms);
    take(in["timing"], "text_events", out.timing.text_events);
  }
  if (in.contains("blocked")) out.blocked = take_word<Blocked>(in, "blocked", kBlocked);
  if (in.contains("service")) out.service = service_facts_from(in["service"]);
  take(in, "retry_cost", out.retry_cost);
  if (in.contains("price")) {
    Price price;
    take(in["price"], "amount", price.amount);
    take(in["price"], "currency", price.currency);
    out.price = std::move(price);
  }
  take(in, "served_model", out.served_model);
  if (in.contains("logprobs")) {
    for (const Json& one : in["logprobs"]) {
      TokenLogprob token;
      take(one, "token", token.token);
      take(one, "logprob", token.logprob);
      out.logprobs.push_back(std::move(token));
    }
  }
  if (in.contains("continuations")) {
    take(in["continuations"], "logprobs", out.continuation_logprobs);
    take(in["continuations"], "greedy", out.continuation_greedy);
    take(in["continuations"], "tokens", out.continuation_tokens);
  }
  return out;
}

Json to_json(const Score& score) {
  Json out{{"scorer", score.scorer}, {"status", to_text(score.status)}};
  put(out, "score", score.score);
  put(out, "extracted", score.extracted);
  if (!score.tier.empty()) out["tier"] = score.tier;
  if (score.span) out["span"] = {score.span->first, score.span->second};
  if (!score.flags.empty()) out["flags"] = score.flags;
  if (!score.why.empty()) out["why"] = score.why;
  return out;
}

Score score_from(const Json& in) {
  Score out;
  take(in, "scorer", out.scorer);
  out.status = take_word<ScoreStatus>(in, "status", kStatuses);
  take(in, "score", out.score);
  take(in, "extracted", out.extracted);
  take(in, "tier", out.tier);
  std::vector<std::size_t> span;
  take(in, "span", span);
  if (span.size() == 2) out.span = {span[0], span[1]};
  take(in, "flags", out.flags);
  take(in, "why", out.why);
  return out;
}

void seal(Request& request, std::string_view identity) {
  Sha256 hash;
  const auto part = [&](std::string_view text) {
    hash.update(fmt::format("{}:", text.size()));
    hash.update(text);
  };
  part("leitai.request/1");
  part(identity);
  part(to_text(request.mode));
  part(dump(to_json(request.prompt)));
  part(request.sent_json);
  part(std::to_string(request.sample));
  request.digest = hash.finish();
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parse_json(std::string_view text, std::string_view where) {
  if (is_too_deep(text))
    throw Error(fmt::format("{}: JSON nested more than {} deep", where, kMaxJsonDepth));
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw Error(fmt::format("{}: malformed JSON at byte {}", where, error.byte));
  } catch (const Json::out_of_range&) {
    throw Error(fmt::format("{}: malformed JSON: a number is too large", where));
  }
}

std::string answer_line(const Request& request, const Response& response,
                        const std::optional<Score>& score) {
  const auto or_null = [](const auto& value) {
    return value ? OrderedJson(*value) : OrderedJson(nullptr);
  };
  OrderedJson out;
  out["suite"] = request.suite;
  out["item"] = request.item;
  out["sample"] = request.sample;
  out["model"] = request.model;
  if (!request.suite_version.empty()) out["suite_version"] = request.suite_version;
  out["text"] = response.text;
  out["reasoning"] = or_null(response.reasoning);
  out["finish_reason"] =
      response.finish_reason ? OrderedJson(to_text(*response.finish_reason)) : OrderedJson(nullptr);
  out["usage"] = {{"prompt_tokens", or_null(response.usage.prompt_tokens)},
                  {"completion_tokens", or_null(response.usage.completion_tokens)},
                  {"reasoning_tokens", or_null(response.usage.reasoning_tokens)},
                  {"cached_tokens", or_null(response.usage.cached_tokens)}};
  out["timing"] = {{"ttft_ms", or_null(response.timing.ttft_ms)},
                   {"total_ms", or_null(response.timing.total_ms)}};
  if (response.timing.answer_ttft_ms)
    out["timing"]["answer_ttft_ms"] = *response.timing.answer_ttft_ms;
  out["served_model"] = or_null(response.served_model);
  out["attempts"] = response.attempts;
  out["outcome"] = to_text(response.outcome);
  out["kind"] =
      response.failure ? OrderedJson(to_text(response.failure->kind)) : OrderedJson(nullptr);
  if (response.failure) out["error"] = response.failure->message;
  if (response.blocked) out["blocked"] = to_text(*response.blocked);
  if (response.price)
    out["price"] = {{"amount", response.price->amount}, {"currency", response.price->currency}};
  if (const Json service = to_json(response.service); !service.empty()) out["service"] = service;
  if (!response.logprobs.empty()) {
    OrderedJson tokens = OrderedJson::array();
    for (const TokenLogprob& one : response.logprobs)
      tokens.push_back({{"token", one.token}, {"logprob", one.logprob}});
    out["logprobs"] = std::move(tokens);
  }
  if (!response.continuation_logprobs.empty()) {
    out["continuations"] = {{"logprobs", response.continuation_logprobs},
                            {"greedy", response.continuation_greedy},
                            {"tokens", response.continuation_tokens}};
  }
  if (score) {
    out["score"] = {{"scorer", score->scorer},
                    {"status", to_text(score->status)},
                    {"score", or_null(score->score)},
                    {"extracted", or_null(score->extracted)},
                    {"tier", score->tier}};
  }
  return out.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace leitai
