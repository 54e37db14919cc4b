#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/http/provider.h"
#include "harness/core/prompt.h"
#include "harness/core/request.h"
#include "harness/core/response.h"

namespace leitai {

/// An error as a service words it.
struct ServiceError {
  std::vector<std::string> words;  // code, type, status, reason: whatever names the kind
  std::string message;
  std::optional<int> status;  // where the code is an HTTP status
  bool is_flagged = false;    // moderation reasons stand beside it
  std::optional<std::chrono::milliseconds> retry_after;
};

/// What the bytes of an answer said so far.
struct Parsed {
  std::string text;
  std::optional<std::string> reasoning;
  std::string refusal;                // OpenAI's field for it
  std::optional<std::string> finish;  // the service's own word
  bool has_blocked_input = false;     // Gemini's promptFeedback
  Usage usage;
  std::optional<double> cost;  // as the service tells it (Provider::tells_cost)
  std::optional<std::string> served_model, fingerprint, upstream;
  std::optional<std::string> id;  // of the call, as the body names it
  std::vector<TokenLogprob> logprobs;
  std::vector<double> continuation_logprobs;
  std::vector<bool> continuation_greedy;
  std::vector<int> continuation_tokens;
  std::optional<ServiceError> error;
  std::string malformed;  // why the bytes cannot be read; "" as long as they can
};

/// Where a model is asked.
struct Endpoint {
  Provider provider;  // as it holds for the model
  std::string wire;
  std::string base_url;
  std::string model;
  bool stream = true;
};

/// Turns bytes of one answer into Parsed.
class AnswerReader {
 public:
  virtual ~AnswerReader() = default;
  /// One event of a stream. True: it carried reasoning or answer text.
  virtual bool event(std::string_view name, const nlohmann::json& data) = 0;
  /// Takes an event without parsing it, where it differs from an earlier one in a piece of text
  /// alone. False: it has to be parsed.
  virtual bool skim(std::string_view) { return false; }
  /// Told each event that was parsed, with its bytes, to know it again in skim().
  virtual void learn(std::string_view, const nlohmann::json&) {}
  /// The whole answer.
  virtual void whole(const nlohmann::json& body) = 0;
  /// After the last byte: what can only be told at the end.
  virtual void finish() {}
  Parsed parsed;

 protected:
  /// False where `body` is no object or holds an error; `parsed` then says so. Reads who answered.
  bool is_sound(const nlohmann::json& body);
};

/// Dialect::reader of a reader that needs to know nothing beforehand.
template <typename Reader>
std::unique_ptr<AnswerReader> plain_reader(const Endpoint&, const Request&) {
  return std::make_unique<Reader>();
}

/// A wire protocol. The file is the registration: dialects/<name>.cpp defines
/// `extern constinit const Dialect <name>_dialect`.
struct Dialect {
  std::string_view name;  // "openai"
  std::string_view help;
  std::string_view default_key_env;  // of servers named by URL
  bool (*speaks)(Mode);
  std::string (*url)(const Endpoint&);
  /// Members of the body but the prompt's: only what the provider's record allows.
  nlohmann::json (*params)(const Endpoint&, const Request&);
  /// Members that carry the prompt.
  nlohmann::json (*prompt)(const Endpoint&, const Request&);
  std::vector<std::string> (*headers)(const Endpoint&, const std::string& key);
  std::unique_ptr<AnswerReader> (*reader)(const Endpoint&, const Request&);
};

std::span<const Dialect* const> dialects();
const Dialect* find_dialect(std::string_view name);  // nullptr: none
bool is_wire(std::string_view name);

/// What dialects share.

/// The error in a body, event or choice, in any of the known shapes; absent where there is none.
std::optional<ServiceError> error_in(const nlohmann::json& body);

/// Who answered: model, build, host behind a reseller, id of the call; whatever `body` names.
void read_identity(const nlohmann::json& body, Parsed& out);

/// Usage, and a cost beside it, in the words of OpenAI and those who took them up; later calls
/// overwrite earlier values.
void read_usage(const nlohmann::json& usage, Parsed& out);

/// `in[name]` as text, "" where it is absent or something else.
std::string text_of(const nlohmann::json& in, const char* name);
/// A count, absent where it is none (negative, beyond 1e15).
std::optional<std::int64_t> number_of(const nlohmann::json& in, const char* name);

void append(std::optional<std::string>& out, std::string_view text);

/// Moves a leading think block out of the text, also one whose opening tag the chat template
/// printed; one that does not end is all reasoning.
void split_think(Parsed& parsed);

/// "Authorization: Bearer KEY", or nothing without a key.
std::vector<std::string> bearer(const std::string& key);

/// Dialect::headers that are this alone, and Dialect::speaks of wires that only chat.
std::vector<std::string> bearer_alone(const Endpoint&, const std::string& key);
bool speaks_chat(Mode mode);

/// OpenAI-shaped messages with plain text contents.
nlohmann::json chat_messages(const Prompt& prompt);

}  // namespace leitai
