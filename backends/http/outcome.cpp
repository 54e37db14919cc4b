#include "backends/http/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "backends/http/advice.h"
#include "harness/core/codec.h"
#include "harness/core/text.h"

namespace leitai {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMessageBytes = 400;

bool has_nocase(std::string_view text, const std::vector<std::string>& parts) {
  const std::string lower = ascii_lower(text);
  return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
    return lower.find(ascii_lower(part)) != std::string::npos;
  });
}

/// Rules that hold for every vendor, after its own. Codes and texts: providers.md 7.1 to 7.3.
const std::vector<FaultRule>& common_rules() {
  static const std::vector<FaultRule> kRules = {
      {.is_flagged = true, .is = Fault::Filtered, .side = Blocked::Input},
      {.code = {"content_filter", "content_policy_violation", "invalid_prompt", "cyber_policy"},
       .is = Fault::Filtered},
      {.message_has = {"content filtering"}, .is = Fault::Filtered},
      {.code = {"enforced_spend_limit_reached", "insufficient_quota"}, .is = Fault::Quota},
      {.code = {"API_KEY_INVALID", "invalid_api_key", "authentication_error"}, .is = Fault::Auth},
      {.code = {"billing_error"}, .is = Fault::Balance},
      {.code = {"context_length_exceeded", "exceed_context_size_error", "request_too_large"},
       .is = Fault::Context},
      {.message_has = {"maximum context length", "exceeded model token limit",
                       "Range of input length should be", "prompt is too long",
                       "exceeds the available context size"},
       .is = Fault::Context},
      {.status = {403},
       .message_has = {"balance", "arrear", "insufficient funds", "insufficient credit",
                       "insufficient quota", "not enough credit"},
       .is = Fault::Balance},
      {.code = {"overloaded_error", "engine_overloaded_error"}, .is = Fault::Overload},
      {.code = {"rate_limit_error", "RESOURCE_EXHAUSTED"}, .is = Fault::RateLimit},
      {.code = {"permission_error"}, .is = Fault::Permission},
  };
  return kRules;
}

bool matches(const FaultRule& rule, int status, const ServiceError& error) {
  const auto word_is = [&](const std::string& wanted) {
    return std::find(error.words.begin(), error.words.end(), wanted) != error.words.end();
  };
  const auto word_has = [&](const std::string& word) { return has_nocase(word, rule.code_has); };
  if (rule.is_flagged && !error.is_flagged) return false;
  if (!rule.status.empty() &&
      std::find(rule.status.begin(), rule.status.end(), status) == rule.status.end())
    return false;
  if (!rule.code.empty() && std::none_of(rule.code.begin(), rule.code.end(), word_is)) return false;
  if (!rule.code_has.empty() && std::none_of(error.words.begin(), error.words.end(), word_has))
    return false;
  return rule.message_has.empty() || has_nocase(error.message, rule.message_has);
}

/// A status as the standard and the vendors' tables read it; absent for those that say nothing.
std::optional<Fault> fault_of_status(int status) {
  switch (status) {
    case 401:
      return Fault::Auth;
    case 402:
      return Fault::Balance;
    case 403:
    case 451:
      return Fault::Permission;
    case 408:
      return Fault::Timeout;
    case 413:
      return Fault::Context;
    case 429:
      return Fault::RateLimit;
    case 503:
    case 529:
      return Fault::Overload;
    default:
      if (status >= 500) return Fault::Server;
      if (status >= 300) return Fault::Request;
      return std::nullopt;
  }
}

FailureKind kind_of(Fault fault) {
  switch (fault) {
    case Fault::RateLimit:
    case Fault::SlowDown:
      return FailureKind::RateLimit;
    case Fault::Overload:
      return FailureKind::Overload;
    case Fault::Timeout:
      return FailureKind::Timeout;
    case Fault::Auth:
      return FailureKind::Auth;
    case Fault::Balance:
      return FailureKind::Balance;
    case Fault::Quota:
      return FailureKind::Quota;
    case Fault::Request:
      return FailureKind::Request;
    case Fault::Context:
      return FailureKind::Context;
    case Fault::Permission:
      return FailureKind::Permission;
    case Fault::Filtered:
    case Fault::Server:
      break;
  }
  return FailureKind::Server;
}

Advice advice_of(Fault fault) {
  switch (fault) {
    case Fault::RateLimit:
    case Fault::Overload:
    case Fault::Server:
    case Fault::Timeout:
      return Advice::Repeat;
    case Fault::SlowDown:
      return Advice::RepeatSlower;
    case Fault::Auth:
    case Fault::Balance:
    case Fault::Quota:
      return Advice::StopQueue;
    default:
      return Advice::Keep;
  }
}

Verdict failed(FailureKind kind, std::string message, Advice advice) {
  Verdict out;
  out.kind = kind;
  out.message = std::move(message);
  out.advice = advice;
  return out;
}

Verdict filtered(std::optional<Blocked> side) {
  Verdict out;
  out.outcome = Outcome::Filtered;
  out.finish = FinishReason::Filtered;
  out.blocked = side;
  return out;
}

Verdict of_fault(Fault fault, std::string message) {
  return failed(kind_of(fault), std::move(message), advice_of(fault));
}

/// Which side a filter blocked. Words first ("Input data may contain ...",
/// "OutputTextSensitiveContentDetected", "Output blocked by content filtering policy"), then the
/// moment: what is refused before any text came was the question.
std::optional<Blocked> side_of(const Attempt& attempt, const ServiceError& error) {
  bool has_input = has_nocase(error.message, {"input", "prompt"});
  bool has_output = has_nocase(error.message, {"output"});
  for (const std::string& word : error.words) {
    has_input = has_input || has_nocase(word, {"input", "prompt"});
    has_output = has_output || has_nocase(word, {"output"});
  }
  if (has_input != has_output) return has_input ? Blocked::Input : Blocked::Output;
  if (!attempt.parsed.text.empty() || attempt.parsed.reasoning) return Blocked::Output;
  if (has_input) return std::nullopt;  // "input or output"
  return attempt.status >= 400 ? std::optional(Blocked::Input) : std::nullopt;
}

std::string shortened(std::string_view text) {
  text = trim(text);
  if (text.size() <= kMessageBytes) return repair_utf8(text);
  return repair_utf8(text.substr(0, kMessageBytes)) + "...";
}

/// `is_read`: the body was an error that we can read. Of any other, a web page of a proxy say, no
/// word may stop a vendor's queue.
Verdict of_error(const Provider& provider, const Attempt& attempt, const ServiceError& error,
                 bool is_read) {
  // Once generation began the status is 200 whatever happens; then a status in the code counts.
  const int status = attempt.status >= 300 ? attempt.status : error.status.value_or(attempt.status);
  std::string said;
  for (const std::string& word : error.words) {
    if (word != error.message) said += (said.empty() ? "" : " ") + word;  // once is enough
  }
  if (!error.message.empty()) said += (said.empty() ? "" : ": ") + error.message;
  const std::string message = fmt::format("HTTP {}: {}", attempt.status, shortened(said));
  const auto verdict = [&]() -> Verdict {
    for (const std::vector<FaultRule>* rules : {&provider.faults, &common_rules()}) {
      for (const FaultRule& rule : *rules) {
        if (!matches(rule, status, error)) continue;
        if (!is_read && !rule.message_has.empty() && advice_of(rule.is) == Advice::StopQueue)
          continue;
        if (rule.is == Fault::Filtered)
          return filtered(rule.side ? rule.side : side_of(attempt, error));
        return of_fault(rule.is, message);
      }
    }
    // An unknown error inside a 200 or a stream is repeated (7.3).
    return of_fault(fault_of_status(status).value_or(Fault::Server), message);
  };
  Verdict out = verdict();
  out.code = shortened(fmt::format("{}", fmt::join(error.words, " ")));
  out.said = shortened(error.message);
  return out;
}

/// HTML where JSON was wanted.
bool is_page(std::string_view body) {
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  return trim(body).starts_with('<');
}

/// The first words of a web page, without its tags.
std::string words_of_page(std::string_view page) {
  constexpr std::size_t kWordBytes = 100;
  std::string out;
  for (std::size_t at = 0; at < page.size() && out.size() < kWordBytes;) {
    if (page[at] == '<') {
      const std::string head = ascii_lower(page.substr(at, 8));
      std::size_t end = std::string_view::npos;
      for (const char* hidden : {"script", "style"}) {
        if (head.substr(1).starts_with(hidden))
          end = page.find(fmt::format("</{}", hidden), at + 1);
      }
      if (end == std::string_view::npos) end = page.find('>', at);
      at = end == std::string_view::npos ? page.size() : end + (page[end] == '>' ? 1 : 0);
      if (!out.empty() && out.back() != ' ') out += ' ';
      continue;
    }
    const char c = page[at++];
    const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!is_blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return repair_utf8(trim(out));
}

Verdict of_transport(const Attempt& attempt) {
  switch (attempt.end) {
    case CallEnd::TimedOut:
      return failed(FailureKind::Timeout, attempt.why, Advice::Repeat);
    case CallEnd::BadCertificate:
      return failed(FailureKind::Tls, attempt.why, Advice::Keep);
    case CallEnd::Tls:
      return failed(FailureKind::Tls, attempt.why, Advice::Repeat);
    case CallEnd::BadUrl:
      return failed(FailureKind::Request, attempt.why, Advice::Keep);
    case CallEnd::BadEncoding:
      return failed(FailureKind::Protocol, "the body cannot be decoded: " + attempt.why,
                    Advice::Keep);
    case CallEnd::TooLarge:
      return failed(FailureKind::Protocol, attempt.why, Advice::Keep);
    case CallEnd::Stopped:
      return failed(FailureKind::Network, "cancelled", Advice::Keep);
    default:
      return failed(FailureKind::Network,
                    attempt.why.empty() ? "the connection broke" : attempt.why, Advice::Repeat);
  }
}

Verdict of_answer(const Provider& provider, const Attempt& attempt) {
  const Parsed& parsed = attempt.parsed;
  const std::string word = ascii_lower(*parsed.finish);
  const bool is_blank = trim(parsed.text).empty();
  Verdict out;
  out.finish = finish_reason_from(word);
  if (!out.finish) {
    // Known words for "cut off by us": insufficient_system_resource, aborted, network_error, error,
    // pause_turn. Others are not known to be ends of an answer.
    const bool is_capacity = word == "insufficient_system_resource";
    return failed(
        is_capacity ? FailureKind::Overload : FailureKind::Server,
        fmt::format("the answer ended with finish reason \"{}\"", shortened(*parsed.finish)),
        Advice::Repeat);
  }
  switch (*out.finish) {
    case FinishReason::Filtered:
      out.outcome = Outcome::Filtered;
      out.blocked = Blocked::Output;
      out.code = shortened(*parsed.finish);
      return out;
    case FinishReason::Length:
      if (is_blank && (word == "model_context_window_exceeded" || word == "model_length"))
        return failed(FailureKind::Context, "the context window was full before an answer began",
                      Advice::Keep);
      out.outcome = Outcome::Truncated;
      return out;
    case FinishReason::Stop:
    case FinishReason::Tool:
      break;
  }
  if (!parsed.refusal.empty()) {
    out.outcome = Outcome::Filtered;
    out.blocked = Blocked::Output;
  } else if (is_blank && parsed.continuation_logprobs.empty()) {
    out.outcome = Outcome::Empty;
    if (provider.repeats_empty) out.advice = Advice::Repeat;
  } else {
    out.outcome = Outcome::Answered;
  }
  return out;
}

Verdict judge_attempt(const Provider& provider, const Attempt& attempt) {
  const Parsed& parsed = attempt.parsed;
  if (attempt.end == CallEnd::Stopped || attempt.end == CallEnd::TooLarge)
    return of_transport(attempt);
  if (parsed.error) return of_error(provider, attempt, *parsed.error, true);
  if (attempt.status >= 300) {  // a body that says nothing more
    ServiceError error;
    error.message = attempt.body_start;
    return of_error(provider, attempt, error, false);
  }
  if (attempt.end == CallEnd::BadEncoding) return of_transport(attempt);
  if (!parsed.malformed.empty()) {
    if (attempt.end != CallEnd::Complete && !parsed.finish) return of_transport(attempt);
    if (is_page(attempt.body_start))
      return failed(FailureKind::Protocol,
                    fmt::format("HTTP {} with a web page instead of an answer: \"{}\"; a login "
                                "page or a proxy?",
                                attempt.status, words_of_page(attempt.body_start)),
                    Advice::Repeat);
    return failed(FailureKind::Protocol, parsed.malformed, Advice::Repeat);
  }
  if (parsed.has_blocked_input) return filtered(Blocked::Input);
  // The model had finished: how the connection ended afterwards does not matter (7.3).
  if (parsed.finish) return of_answer(provider, attempt);
  if (attempt.end != CallEnd::Complete) return of_transport(attempt);
  if (!attempt.has_body)
    return failed(FailureKind::Protocol, fmt::format("HTTP {} with an empty body", attempt.status),
                  Advice::Repeat);
  return failed(FailureKind::Protocol, "the answer broke off without a finish reason",
                Advice::Repeat);
}

std::optional<std::int64_t> parse_iso(const std::string& text) {
  std::tm time{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  return end ? std::optional<std::int64_t>(timegm(&time)) : std::nullopt;
}

/// RFC 9110 dates: IMF-fixdate, RFC 850 and asctime. Day and month names do not depend on the
/// locale of LC_TIME, which is never set.
std::optional<std::int64_t> parse_http_date(const std::string& text) {
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    std::tm time{};
    if (strptime(text.c_str(), form, &time)) return timegm(&time);
  }
  return std::nullopt;
}

/// "1m30s", "500ms", "2h".
std::optional<double> parse_go_duration(std::string_view text) {
  double total = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto number = parse_double(text.substr(0, digits));
    text.remove_prefix(digits);
    const std::size_t letters = std::min(text.find_first_of("0123456789."), text.size());
    const std::string_view unit = text.substr(0, letters);
    text.remove_prefix(letters);
    const double scale = unit == "ms"  ? 1e-3
                         : unit == "s" ? 1
                         : unit == "m" ? 60
                         : unit == "h" ? 3600
                         : unit == "d" ? 86400
                                       : 0;
    if (!number || scale == 0) return std::nullopt;
    total += *number * scale;
  }
  return total;
}

milliseconds of_seconds(double seconds) {
  if (!(seconds > 0)) return milliseconds(0);  // "nan" too
  return milliseconds(static_cast<std::int64_t>(std::min(seconds, 1e8) * 1000));
}

}  // namespace

std::optional<milliseconds> retry_after(const HeaderList& headers, std::int64_t now_unix) {
  std::optional<milliseconds> out;
  for (const auto& [name, value] : headers) {
    if (name == "retry-after-ms") {
      if (const auto ms = parse_double(value)) return of_seconds(*ms / 1000);
    }
    if (name != "retry-after") continue;
    if (const auto seconds = parse_double(value)) {
      out = of_seconds(*seconds);
    } else if (const auto date = parse_http_date(value)) {
      out = of_seconds(static_cast<double>(*date - now_unix));
    }
  }
  return out;
}

std::optional<milliseconds> reset_hint(const HeaderList& headers, std::int64_t now_unix) {
  std::optional<milliseconds> out;
  for (const auto& [name, value] : headers) {
    if (name.find("ratelimit") == std::string::npos || name.find("reset") == std::string::npos)
      continue;
    std::optional<double> seconds = parse_double(value);
    if (seconds && *seconds > 1e9) *seconds -= static_cast<double>(now_unix);
    if (!seconds) seconds = parse_go_duration(value);
    if (!seconds) {
      if (const auto date = parse_iso(value)) seconds = static_cast<double>(*date - now_unix);
    }
    if (seconds) out = std::max(out.value_or(milliseconds(0)), of_seconds(*seconds));
  }
  return out;
}

Verdict judge(const Provider& provider, const Attempt& attempt) {
  Verdict out = judge_attempt(provider, attempt);
  out.message = with_advice(provider, attempt, out);
  if (out.advice == Advice::Repeat || out.advice == Advice::RepeatSlower) {
    out.retry_after = retry_after(attempt.headers, attempt.now_unix);
    if (!out.retry_after && attempt.parsed.error)
      out.retry_after = attempt.parsed.error->retry_after;
    if (!out.retry_after && out.kind == FailureKind::RateLimit)
      out.hint = reset_hint(attempt.headers, attempt.now_unix);
  }
  return out;
}

}  // namespace leitai
