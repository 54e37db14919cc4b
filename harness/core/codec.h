#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/item.h"
#include "harness/core/model.h"
#include "harness/core/request.h"
#include "harness/core/response.h"
#include "harness/core/score.h"

/// Vocabulary <-> text and JSON. These spellings become stored data: they may gain members, never
/// change.
namespace leitai {

inline constexpr int kSchemaVersion = 1;  // of stored JSON

std::string_view to_text(Outcome);       // "answered", ...
std::string_view to_text(Blocked);       // "input", "output"
std::string_view to_text(FailureKind);   // "auth", "rate_limit", ...
std::string_view to_text(FinishReason);  // "stop", "length", "filtered", "tool"
std::string_view to_text(ScoreStatus);   // "CORRECT", ...
std::string_view to_text(Mode);          // "chat", "completion", "loglikelihood"
std::string_view to_text(Role);          // "system", ...

/// Absent for an unknown word. `finish_reason_from` also takes vendors' words (providers.md 6.4).
std::optional<Outcome> outcome_from(std::string_view);
std::optional<Blocked> blocked_from(std::string_view);
std::optional<FailureKind> failure_kind_from(std::string_view);
std::optional<FinishReason> finish_reason_from(std::string_view);
std::optional<ScoreStatus> score_status_from(std::string_view);
std::optional<Mode> mode_from(std::string_view);
std::optional<Role> role_from(std::string_view);

nlohmann::json to_json(const SamplingParams&);  // absent members left out
nlohmann::json to_json(const Prompt&);
nlohmann::json to_json(const Item&);
nlohmann::json to_json(const ServiceFacts&);  // an empty object where nothing is known
nlohmann::json to_json(const Response&);      // without request_id
nlohmann::json to_json(const Score&);

/// Throw Error naming the member if the JSON does not fit.
SamplingParams sampling_params_from(const nlohmann::json&);
Prompt prompt_from(const nlohmann::json&);
Item item_from(const nlohmann::json&);
ServiceFacts service_facts_from(const nlohmann::json&);
Response response_from(const nlohmann::json&);
Score score_from(const nlohmann::json&);

/// Chat messages as OpenAI-shaped JSON ([{"role": ..., "content": text or parts}]) and back.
nlohmann::json messages_to_json(std::span<const Message>);
std::vector<Message> messages_from(const nlohmann::json&);

/// Sets Request::digest from `identity` (Backend::traits), mode, prompt, sent_json and sample.
void seal(Request& request, std::string_view identity);

/// JSON text on one line, keys in insertion order of `value`, invalid UTF-8 repaired instead of
/// thrown at.
std::string dump(const nlohmann::json& value);

/// Parses; throws Error("WHERE: malformed JSON at byte N: ...").
nlohmann::json parse_json(std::string_view text, std::string_view where);

/// The line written by `export -f answers` and read by replay (INTERFACE.md section 4), schema
/// order kept.
std::string answer_line(const Request&, const Response&, const std::optional<Score>&);

}  // namespace leitai
