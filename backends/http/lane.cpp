#include "backends/http/lane.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "backends/http/price.h"
#include "harness/core/codec.h"
#include "harness/core/random.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

using std::chrono::milliseconds;

/// "45 s", "3600 s", "3 hours", "1,157 days".
std::string words_of(milliseconds time) {
  const double seconds = static_cast<double>(time.count()) / 1000;
  const auto in = [&](double unit, const char* name) {
    return fmt::format("{} {}", with_commas(std::llround(seconds / unit)), name);
  };
  if (seconds < 2 * 3600) return fmt::format("{:g} s", seconds);
  return seconds < 2 * 86400 ? in(3600, "hours") : in(86400, "days");
}

double in_ms(EngineClock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

milliseconds of_seconds(double seconds) {
  return milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

/// How many seconds' worth of a rate may go at once: vendors that check each second refuse more.
double burst_seconds(const Limits& limits) { return limits.is_per_second ? 1 : 5; }

std::vector<std::string> headers_of(const Resolved& resolved) {
  std::vector<std::string> out = resolved.dialect->headers(resolved.endpoint, resolved.key);
  out.emplace_back("Content-Type: application/json");
  out.emplace_back(resolved.endpoint.stream ? "Accept: text/event-stream, application/json"
                                            : "Accept: application/json");
  for (const std::string& line : resolved.endpoint.provider.headers) out.push_back(line);
  return out;
}

double uniform(const Job& job) {
  const auto& bytes = job.request.digest.bytes;
  std::uint64_t seed = job.request.seed;
  for (std::size_t i = 0; i < 8; ++i) seed = seed * 257 + bytes[i];
  return static_cast<double>(SplitMix64::at(seed, static_cast<std::uint64_t>(job.attempts)) >> 11) *
         0x1p-53;
}

/// The body: what was sealed into the digest, with the prompt spliced in.
std::string body_of(const Resolved& resolved, const Request& request) {
  const std::string prompt = dump(resolved.dialect->prompt(resolved.endpoint, request));
  const std::string& sent = request.sent_json;
  if (sent.size() <= 2) return prompt;
  return prompt.substr(0, prompt.size() - 1) + "," + sent.substr(1);
}

/// UTC of a moment of the steady clock, in milliseconds since 1970.
std::int64_t unix_ms(EngineClock::time_point moment) {
  const auto then = std::chrono::system_clock::now() - (EngineClock::now() - moment);
  return std::chrono::duration_cast<milliseconds>(then.time_since_epoch()).count();
}

void tell_service(const Attempt& attempt, AttemptReader& reader, std::int64_t sent_at_ms,
                  ServiceFacts& out) {
  constexpr std::size_t kLongest = 200;  // of what is kept of an identifier
  const Parsed& parsed = attempt.parsed;
  const auto kept = [](const std::optional<std::string>& text) {
    return text ? std::optional(repair_utf8(std::string_view(*text).substr(0, kLongest)))
                : std::nullopt;
  };
  out.request_id = kept(parsed.id);
  for (const auto& [name, value] : attempt.headers) {  // where given, it is what support asks for
    if (name == "x-request-id" || name == "request-id" || name == "x-ds-trace-id")
      out.request_id = kept(value);
  }
  out.fingerprint = kept(parsed.fingerprint);
  out.upstream = kept(parsed.upstream);
  if (reader.has_body()) out.body_sha256 = reader.body_digest().hex();
  out.sent_at_ms = sent_at_ms;
}

/// Bytes of all that is asked.
std::size_t prompt_bytes(const Request& request) {
  std::size_t bytes = request.prompt.text ? request.prompt.text->size() : 0;
  for (const Message& one : request.prompt.messages) bytes += one.text().size();
  return bytes;
}

}  // namespace

Lane::Lane(Resolved resolved, const BackendContext& context, TransportEngine& engine,
           std::shared_ptr<Vendor> vendor, Channel<Answer>& answers)
    : resolved_(std::move(resolved)),
      context_(context),
      policy_{context.attempts, of_seconds(context.max_wait_s), milliseconds(500)},
      engine_(engine),
      vendor_(std::move(vendor)),
      answers_(answers),
      headers_(headers_of(resolved_)),
      gate_(resolved_.endpoint.provider.limits.start),
      requests_(context.rpm ? context.rpm : resolved_.endpoint.provider.limits.rpm,
                burst_seconds(resolved_.endpoint.provider.limits)),
      tokens_(context.tpm ? context.tpm : resolved_.endpoint.provider.limits.tpm,
              burst_seconds(resolved_.endpoint.provider.limits)) {}

Lane::~Lane() {
  if (!has_joined_) return;
  vendor_->leave(this);
  vendor_->ended(flying_.size());
  vendor_->serve();
}

void Lane::add(std::shared_ptr<Job> job) {
  if (is_cancelled_ || is_draining_)
    return fail(job, {FailureKind::Network, "cancelled", std::nullopt});
  if (!has_joined_) vendor_->join(this, resolved_.endpoint.provider.limits, context_);
  has_joined_ = true;
  ready_.push_back(std::move(job));
  pump();
}

void Lane::pump() {
  if (is_pumping_) return;
  is_pumping_ = true;
  while (!ready_.empty()) {
    const std::shared_ptr<Job> job = ready_.front();
    if (vendor_->stopped || is_cancelled_) {
      ready_.pop_front();
      fail(job, is_cancelled_ ? Failure{FailureKind::Network, "cancelled", std::nullopt}
                              : *vendor_->stopped);
      continue;
    }
    if (!gate_.is_open()) break;
    const auto now = EngineClock::now();
    if (vendor_->held_until - now > policy_.max_wait) {  // nobody has to wait so long
      ready_.pop_front();
      fail(job, {FailureKind::RateLimit,
                 fmt::format("the service asks all requests to wait {:.0f} s, more than "
                             "retry.max_wait allows",
                             in_ms(vendor_->held_until - now) / 1000),
                 429});
      continue;
    }
    const double tokens = tokens_of(*job);
    const auto when = std::max({vendor_->ready_at(tokens, now), gate_.ready_at(now),
                                requests_.ready_at(1, now), tokens_.ready_at(tokens, now)});
    if (when > now) {
      wake_at(when);
      break;
    }
    if (!vendor_->take_turn(this)) break;  // it comes back when there is room
    vendor_->take(tokens, now);
    requests_.take(1, now);
    tokens_.take(tokens, now);
    job->reserved_tokens = tokens;
    ready_.pop_front();
    begin(job);
  }
  is_pumping_ = false;
  if (has_joined_) vendor_->serve();
}

void Lane::wake_at(EngineClock::time_point when) {
  if (wake_ && *wake_ <= when) return;
  wake_ = when;
  engine_.post_at(when, [self = weak_from_this(), when] {
    if (const auto lane = self.lock()) {
      if (lane->wake_ == when) lane->wake_.reset();
      lane->pump();
    }
  });
}

/// What the request will cost at most, estimated: a token is about four bytes of English and one
/// to two of Chinese characters, three of which are nine bytes.
double Lane::tokens_of(const Job& job) const {
  return static_cast<double>(prompt_bytes(job.request)) / 3 +
         job.request.wanted.max_tokens.value_or(1024);
}

std::optional<milliseconds> Lane::time_left(const Job& job) const {
  if (!job.request.time_limit || !job.first_begun) return job.request.time_limit;
  const auto spent =
      std::chrono::duration_cast<milliseconds>(EngineClock::now() - *job.first_begun);
  return *job.request.time_limit - spent;
}

void Lane::begin(const std::shared_ptr<Job>& job) {
  job->begun = EngineClock::now();
  if (!job->first_begun) job->first_begun = job->begun;
  ++job->attempts;
  gate_.begin(job->begun);
  vendor_->begun();
  job->reader =
      std::make_unique<AttemptReader>(resolved_.dialect->reader(resolved_.endpoint, job->request));
  flying_.insert(job);
  job->call = engine_.begin(make_call(job));
}

Call Lane::make_call(const std::shared_ptr<Job>& job) {
  Call call;
  call.url = resolved_.dialect->url(resolved_.endpoint);
  call.body = body_of(resolved_, job->request);
  call.headers = headers_;
  call.http2 = resolved_.endpoint.provider.http2;
  call.ca_file = context_.ca_file;
  call.clocks = {of_seconds(context_.connect_timeout_s), of_seconds(context_.first_byte_timeout_s),
                 of_seconds(context_.idle_timeout_s), of_seconds(context_.total_timeout_s)};
  if (const auto left = time_left(*job))
    call.clocks.total = std::clamp(*left, milliseconds(1), call.clocks.total);
  // The engine ends or drops every call before the lane goes, so `this` lives long enough.
  call.on_data = [job](std::string_view bytes) {
    return job->reader->take(bytes, EngineClock::now());
  };
  call.on_end = [this, job](CallResult result) { ended(job, std::move(result)); };
  return call;
}

void Lane::ended(const std::shared_ptr<Job>& job, CallResult result) {
  flying_.erase(job);
  vendor_->ended();
  AttemptReader& reader = *job->reader;
  reader.finish();
  if (!job->first_sent) job->first_sent = result.sent;
  Attempt attempt;
  attempt.end = result.end;
  attempt.status = result.status;
  attempt.headers = std::move(result.headers);
  attempt.why = std::move(result.why);
  attempt.parsed = std::move(reader.parsed());
  attempt.has_body = reader.has_body();
  attempt.body_start = reader.start();
  attempt.now_unix = std::time(nullptr);
  const Provider& provider = resolved_.endpoint.provider;
  Verdict verdict = judge(provider, attempt);
  if (is_cancelled_ && verdict.outcome == Outcome::Failed)
    verdict = {.kind = FailureKind::Network, .message = "cancelled"};
  const auto now = EngineClock::now();
  gate_.end(verdict, now);
  const Usage& used = attempt.parsed.usage;
  std::optional<Price> charged;
  if (used.prompt_tokens || used.completion_tokens) {
    const auto spent = used.prompt_tokens.value_or(0) + used.completion_tokens.value_or(0);
    const double unused = job->reserved_tokens - static_cast<double>(spent);
    tokens_.give_back(unused);
    vendor_->give_back(unused);
    charged = bill(*job, attempt.parsed, unix_ms(result.sent) / 1000);
  }
  if (attempt.status == 429 && verdict.retry_after)
    vendor_->held_until = std::max(vendor_->held_until, now + *verdict.retry_after);
  if (verdict.advice == Advice::StopQueue) {
    stop_queue(verdict, attempt.status);
    verdict.message = vendor_->stopped->message;
  }
  auto pause = pause_before_retry(policy_, verdict, job->attempts, uniform(*job));
  if (pause) {
    const auto left = time_left(*job);
    if (left && *pause >= *left) pause.reset();
  }
  if (pause && !is_cancelled_ && !is_draining_ &&
      (!charged || !context_.may_repeat || context_.may_repeat(*charged))) {
    job->lost = job->billed;
    job->last = Failure{verdict.kind.value_or(FailureKind::Server), std::move(verdict.message),
                        attempt.status ? std::optional<int>(attempt.status) : std::nullopt};
    repeat(job, *pause);
    return pump();
  }
  Response response;
  response.outcome = verdict.outcome;
  response.finish_reason = verdict.finish;
  Parsed& parsed = attempt.parsed;
  if (verdict.outcome == Outcome::Failed) {
    if (verdict.retry_after && *verdict.retry_after > policy_.max_wait)
      verdict.message += fmt::format(" (it asks to wait {}, more than retry.max_wait allows)",
                                     words_of(*verdict.retry_after));
    if (job->attempts > 1) verdict.message += fmt::format(" (after {} attempts)", job->attempts);
    response.finish_reason.reset();
    response.failure =
        Failure{verdict.kind.value_or(FailureKind::Server), std::move(verdict.message),
                attempt.status ? std::optional<int>(attempt.status) : std::nullopt};
  } else {
    // What came, came: also the part of an answer before the service blocked the rest.
    response.text = parsed.text.empty() && !parsed.refusal.empty() ? std::move(parsed.refusal)
                                                                   : std::move(parsed.text);
    response.reasoning = std::move(parsed.reasoning);
    response.logprobs = std::move(parsed.logprobs);
    response.continuation_logprobs = std::move(parsed.continuation_logprobs);
    response.continuation_greedy = std::move(parsed.continuation_greedy);
    response.continuation_tokens = std::move(parsed.continuation_tokens);
    if (reader.is_stream()) reader.clock().fill(response.timing, result.sent);
    response.blocked = verdict.blocked;
    response.service.http_status = attempt.status;
    if (!verdict.said.empty()) response.service.said = std::move(verdict.said);
  }
  if (!verdict.code.empty()) response.service.code = std::move(verdict.code);
  tell_service(attempt, reader, unix_ms(result.sent), response.service);
  response.usage = parsed.usage;
  response.served_model = std::move(parsed.served_model);
  response.timing.total_ms = in_ms(now - result.sent);
  response.timing.queued_ms = in_ms(*job->first_sent - job->submitted);
  deliver(job, std::move(response));
  pump();
}

void Lane::repeat(const std::shared_ptr<Job>& job, milliseconds pause) {
  job->reader.reset();
  waiting_.insert(job);
  engine_.post_at(EngineClock::now() + pause, [self = weak_from_this(), job] {
    const auto lane = self.lock();
    if (!lane || lane->waiting_.erase(job) == 0) return;
    lane->ready_.push_front(job);  // it was asked before those behind
    lane->pump();
  });
}

/// The first answer of its kind speaks for all: the rest fails at once with one clear message.
void Lane::stop_queue(const Verdict& verdict, int status) {
  if (vendor_->stopped) return;
  vendor_->stopped = Failure{*verdict.kind, resolved_.redact(verdict.message),
                             status ? std::optional<int>(status) : std::nullopt};
  vendor_->give_up();
}

void Lane::give_up() {
  std::vector<std::shared_ptr<Job>> waiting(waiting_.begin(), waiting_.end());
  waiting_.clear();
  for (const auto& job : waiting) fail(job, *vendor_->stopped);
  pump();
}

/// By the price of the moment at which it was sent. What the service charged for an attempt that is
/// then repeated was paid all the same.
std::optional<Price> Lane::bill(Job& job, const Parsed& parsed, std::int64_t sent_unix) {
  const Provider& provider = resolved_.endpoint.provider;
  const auto price = parsed.cost && !provider.tells_cost.empty()
                         ? Price{*parsed.cost, provider.tells_cost}
                         : price_of(provider, resolved_.endpoint.model, parsed.usage,
                                    is_thinking(provider, job.request.wanted), sent_unix);
  if (!price) return std::nullopt;
  if (!job.billed) {
    job.billed = price;
  } else {
    job.billed->amount += price->amount;
  }
  if (parsed.cost) {
    const auto told = static_cast<std::int64_t>(std::ceil(*parsed.cost * 1e6));
    if (told > most_told_) most_told_ = told;
  }
  return price;
}

void Lane::cancel(bool is_silent) {
  is_cancelled_ = true;
  is_silent_ = is_silent_ || is_silent;
  std::vector<std::shared_ptr<Job>> flying(flying_.begin(), flying_.end());
  for (const auto& job : flying) engine_.stop(job->call);
  std::vector<std::shared_ptr<Job>> waiting(waiting_.begin(), waiting_.end());
  waiting_.clear();
  for (const auto& job : waiting) fail(job, {FailureKind::Network, "cancelled", std::nullopt});
  pump();
}

void Lane::drain() {
  is_draining_ = true;
  std::vector<std::shared_ptr<Job>> back(waiting_.begin(), waiting_.end());
  back.insert(back.end(), ready_.begin(), ready_.end());
  waiting_.clear();
  ready_.clear();
  for (const auto& job : back)
    fail(job, job->last.value_or(Failure{FailureKind::Network, "cancelled", std::nullopt}));
}

void Lane::fail(const std::shared_ptr<Job>& job, const Failure& failure) {
  Response response;
  response.failure = failure;
  if (job->attempts == 0) response.failure->http_status.reset();
  deliver(job, std::move(response));
}

void Lane::deliver(const std::shared_ptr<Job>& job, Response response) {
  job->reader.reset();
  if (is_silent_) return;
  response.request_id = job->request.id;
  response.price = job->billed;
  if (job->lost) response.retry_cost = job->lost->amount;
  response.attempts = job->attempts;  // 0: it was never sent
  // A server may echo the key anywhere.
  const Redactor& redact = resolved_.redact;
  response.text = redact(std::move(response.text));
  if (response.reasoning) response.reasoning = redact(std::move(*response.reasoning));
  ServiceFacts& service = response.service;
  for (std::optional<std::string>* text :
       {&response.served_model, &service.request_id, &service.fingerprint, &service.upstream,
        &service.code, &service.said}) {
    if (*text) *text = redact(std::move(**text));
  }
  if (response.failure) response.failure->message = redact(std::move(response.failure->message));
  for (TokenLogprob& one : response.logprobs) one.token = redact(std::move(one.token));
  watch_.see(job->request, response);
  answers_.push({std::move(job->request), std::move(response)});
}

}  // namespace leitai
