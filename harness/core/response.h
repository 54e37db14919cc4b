#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/request.h"

namespace leitai {

/// What happened to a request: a fact, never rewritten.
enum class Outcome { Answered, Truncated, Filtered, Empty, Failed };

/// Why a request failed. Present if and only if the outcome is Failed.
enum class FailureKind {
  Auth,
  Balance,
  Quota,
  RateLimit,
  Overload,
  Server,
  Network,
  Timeout,
  Protocol,
  Request,
  Context,
  Tls,
  Budget,
  Permission
};

/// Canonical finish reasons (providers.md 6.4). Absent: the server gave none.
enum class FinishReason { Stop, Length, Filtered, Tool };

struct Failure {
  FailureKind kind = FailureKind::Server;
  std::string message;  // made safe to print by the reporter, never holds a secret
  std::optional<int> http_status;
};

struct Usage {
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> completion_tokens;  // reasoning included
  std::optional<std::int64_t> reasoning_tokens;
  std::optional<std::int64_t> cached_tokens;
};

/// Of the attempt that was kept, in milliseconds from its first byte sent, unless said otherwise.
struct Timing {
  std::optional<double> ttft_ms;  // to the first event that carries reasoning or answer text
  std::optional<double> total_ms;
  std::optional<double> queued_ms;       // submitted to first byte sent
  std::optional<double> answer_ttft_ms;  // to the first event that carries answer text
  std::optional<double> last_text_ms;    // to the last event that carries text
  std::optional<double> gap_p50_ms;      // between two such events: the median
  std::optional<double> gap_p99_ms;      // and the 99th percentile
  std::optional<std::int64_t> text_events;
};

/// What a service blocked, where it said so or it follows from when it did.
enum class Blocked { Input, Output };

/// What whoever answered over a network said of the answer, to find out later why it is what it is.
struct ServiceFacts {
  std::optional<int> http_status;
  std::optional<std::string> request_id;   // the service's own name of the call
  std::optional<std::string> fingerprint;  // of the deployed build
  std::optional<std::string> upstream;     // host behind a reseller
  std::optional<std::string> code;         // its word for an error or a refusal
  std::optional<std::string> said;         // its sentence about a refusal
  std::optional<std::string> body_sha256;  // of the bytes of the body as they came, in hex
  std::optional<std::int64_t> sent_at_ms;  // first byte of the request, milliseconds since 1970 UTC
};

/// Amount in the currency that the vendor charges; never converted.
struct Price {
  double amount = 0;
  std::string currency;  // ISO 4217
};

/// One generated or scored token.
struct TokenLogprob {
  std::string token;
  double logprob = 0;
};

struct Response {
  std::int64_t request_id = 0;
  Outcome outcome = Outcome::Failed;
  std::optional<Failure> failure;
  std::string text;
  std::optional<std::string> reasoning;  // what arrived apart from the answer
  std::optional<FinishReason> finish_reason;
  Usage usage;
  Timing timing;
  std::optional<Price> price;        // of all attempts
  std::optional<double> retry_cost;  // the part of it that bought no answer
  // What a budget counted where the service told no usage.
  std::optional<std::int64_t> assumed_tokens;
  std::optional<Price> assumed_price;
  std::optional<std::string> served_model;  // as named by whoever answered
  std::optional<Blocked> blocked;           // Filtered: what was; absent where nobody knows
  ServiceFacts service;
  int attempts = 1;
  std::vector<TokenLogprob> logprobs;         // generated tokens, when asked for
  std::vector<double> continuation_logprobs;  // LogLikelihood mode: sum a continuation
  std::vector<bool> continuation_greedy;      // LogLikelihood mode: would greedy decoding say it
  std::vector<int> continuation_tokens;       // LogLikelihood mode: tokens of each continuation
};

/// A response with the request it answers, as it travels from backend to store.
struct Answer {
  Request request;
  Response response;
};

}  // namespace leitai
