#include "tests/fuzz/http_checks.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "backends/http/attempt_reader.h"
#include "backends/http/outcome.h"
#include "backends/http/price.h"
#include "backends/http/sse.h"
#include "harness/core/text.h"

namespace leitai::fuzz {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestWait = std::chrono::hours(24 * 366 * 4);

const Request& request_for(const Dialect& wire) {
  static const auto make = [](Mode mode) {
    Request out;
    out.mode = mode;
    out.prompt.text = "context";
    out.prompt.continuations = {" a", " b"};
    out.prompt.messages = {message(Role::User, "question")};
    return out;
  };
  static const Request kChat = make(Mode::Chat), kScored = make(Mode::LogLikelihood);
  return wire.speaks(Mode::Chat) ? kChat : kScored;
}

const Endpoint& endpoint() {
  static const Endpoint kEndpoint{Provider{}, "openai", "http://h", "m", true};
  return kEndpoint;
}

Attempt attempt_of(const Dialect& wire, std::string_view body, std::size_t piece, int status) {
  AttemptReader reader(wire.reader(endpoint(), request_for(wire)));
  for (std::size_t i = 0; i < body.size(); i += piece) reader.take(body.substr(i, piece), {});
  reader.finish();
  Attempt out;
  out.status = status;
  out.parsed = std::move(reader.parsed());
  out.has_body = reader.has_body();
  out.body_start = reader.start();
  return out;
}

/// Both ways of cutting the same bytes mean the same.
std::string compare(const Dialect& wire, const Attempt& whole, const Attempt& split) {
  const Verdict one = judge(endpoint().provider, whole), two = judge(endpoint().provider, split);
  if (whole.parsed.text != split.parsed.text) return fmt::format("{}: other text", wire.name);
  if (whole.parsed.reasoning != split.parsed.reasoning)
    return fmt::format("{}: other reasoning", wire.name);
  if (one.outcome != two.outcome || one.kind != two.kind || one.finish != two.finish)
    return fmt::format("{}: another outcome", wire.name);
  if (one.message != two.message) return fmt::format("{}: other words", wire.name);
  if (one.outcome == Outcome::Failed && (!one.kind || one.message.empty()))
    return fmt::format("{}: a failure without kind or words", wire.name);
  if (one.outcome == Outcome::Answered && whole.parsed.text.empty() &&
      whole.parsed.refusal.empty() && whole.parsed.continuation_logprobs.empty())
    return fmt::format("{}: an answer without text", wire.name);
  if (!is_valid_utf8(whole.parsed.text) && one.outcome != Outcome::Failed)
    return fmt::format("{}: an answer that is not UTF-8", wire.name);
  return "";
}

std::string wait_mistake(std::string_view what, const std::optional<milliseconds>& wait) {
  if (!wait || (wait->count() >= 0 && *wait <= kLongestWait)) return "";
  return fmt::format("{}: {} ms", what, wait->count());
}

}  // namespace

std::string check_sse(std::string_view bytes) {
  const auto events = [&](std::size_t piece) {
    std::vector<std::string> out;
    SseReader reader;
    const auto keep = [&](std::string_view name, std::string_view data) {
      out.push_back(std::string(name) + '\0' + std::string(data));
    };
    for (std::size_t i = 0; i < bytes.size(); i += piece) reader.feed(bytes.substr(i, piece), keep);
    reader.finish(keep);
    return out;
  };
  const std::size_t piece = 1 + bytes.size() % 7;
  if (events(bytes.size() + 1) != events(piece)) return "other events at another split";
  for (const Dialect* wire : dialects()) {
    std::string wrong = compare(*wire, attempt_of(*wire, bytes, bytes.size() + 1, 200),
                                attempt_of(*wire, bytes, piece, 200));
    if (!wrong.empty()) return wrong;
  }
  return "";
}

std::string check_envelope(std::string_view bytes) {
  constexpr int kStatuses[] = {200, 400, 401, 402, 403, 404, 408, 413, 429, 451, 500, 503, 529};
  if (bytes.empty()) return "";
  const auto pick = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  const auto wires = dialects();
  const Dialect& wire = *wires[pick % wires.size()];
  const int status = kStatuses[pick / wires.size() % std::size(kStatuses)];
  return compare(wire, attempt_of(wire, bytes, bytes.size() + 1, status),
                 attempt_of(wire, bytes, 1 + bytes.size() % 5, status));
}

std::string check_headers(std::string_view bytes) {
  Attempt attempt;
  bool is_first = true;
  for (const std::string_view raw : split(bytes, '\n')) {
    const std::string_view line = trim(raw);
    if (is_first) attempt.status = static_cast<int>(parse_int(line).value_or(429) % 1000);
    is_first = false;
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos)
      attempt.headers.emplace_back(ascii_lower(line.substr(0, colon)),
                                   std::string(trim(line.substr(colon + 1))));
  }
  attempt.now_unix = 1767225600;
  std::string wrong = wait_mistake("retry-after", retry_after(attempt.headers, attempt.now_unix));
  if (wrong.empty()) wrong = wait_mistake("hint", reset_hint(attempt.headers, attempt.now_unix));
  const Verdict verdict = judge(endpoint().provider, attempt);
  if (wrong.empty()) wrong = wait_mistake("verdict's retry-after", verdict.retry_after);
  if (wrong.empty()) wrong = wait_mistake("verdict's hint", verdict.hint);
  if (wrong.empty() && verdict.outcome != Outcome::Failed) return "an answer without a body";
  return wrong;
}

std::string check_provider(std::string_view bytes) {
  std::vector<std::string> mistakes;
  const std::optional<Provider> read = read_provider(bytes, "fuzz.json", mistakes);
  if (!read) return mistakes.empty() ? "refused without a word" : "";
  if (!mistakes.empty()) return "";
  const Provider provider = for_model(*read, "qwen3-max");
  SamplingParams wanted;
  wanted.temperature = 0;
  wanted.top_p = 0.5;
  wanted.max_tokens = 100;
  wanted.thinking = "on";
  wanted.stop = {"a", "b", "c", "d", "e"};
  const SamplingParams sent = sendable(provider, wanted);
  if (sent.temperature && *sent.temperature != 0) return "another temperature than was wanted";
  extra_members(provider, wanted);
  Request request;
  request.wanted = wanted;
  price_at_most(provider, "qwen3-max", request, 1767225600);
  price_of(provider, "qwen3-max", {10, 20, 5, 3}, is_thinking(provider, wanted), 1767225600);
  return "";
}

}  // namespace leitai::fuzz
