#include "backends/http/flow.h"

#include <algorithm>
#include <cmath>

namespace leitai {

namespace {

constexpr double kOpen = 1 << 20;
constexpr auto kWindow = std::chrono::milliseconds(500);

bool is_pushback(const Verdict& verdict) {
  return verdict.kind == FailureKind::RateLimit || verdict.kind == FailureKind::Overload;
}

}  // namespace

Gate::Gate(std::optional<int> start) : limit_(start ? std::max(1, *start) : kOpen) {}

int Gate::limit() const { return std::max(1, static_cast<int>(limit_)); }

EngineClock::time_point Gate::ready_at(EngineClock::time_point now) const {
  if (!first_) return now;
  // Allowed after t ms: 4 + t + t^2 / 40, that is 64 after 33 ms, 2,000 after 260 ms.
  const double t = std::chrono::duration<double, std::milli>(now - *first_).count();
  if (in_flight_ < 4 + t + t * t / 40) return now;
  const double missing = in_flight_ - 4;
  const double needed = 20 * (std::sqrt(1 + missing / 10) - 1);
  return std::max(now, *first_ + std::chrono::microseconds(static_cast<int>(needed * 1000) + 100));
}

void Gate::begin(EngineClock::time_point now) {
  if (!first_) first_ = now;
  ++in_flight_;
  most_in_flight_ = std::max(most_in_flight_, in_flight_);
}

void Gate::end(const Verdict& verdict, EngineClock::time_point now) {
  --in_flight_;
  const bool pushed = is_pushback(verdict);
  if (verdict.advice == Advice::RepeatSlower) slowness_ = std::min(64.0, slowness_ * 2);
  if (pushed || verdict.outcome != Outcome::Failed) {
    pushed_ += pushed;
    ended_ += 1;
  }
  if (!window_) window_ = now;
  if (ended_ == 0 || now - *window_ < kWindow) return;
  const double share = pushed_ / ended_;
  if (share > 0) is_ramping_ = false;
  const double rise = is_ramping_ ? 2 : 1 + 0.25 / slowness_;
  const double factor = (1 - share) * rise + share * 0.3;
  if (factor < 1) limit_ = std::min<double>(limit_, most_in_flight_);  // what was really tried
  limit_ = std::clamp(factor < 1 ? limit_ * factor : std::max(limit_ * factor, limit_ + 1 - share),
                      1.0, kOpen);
  window_ = now;
  pushed_ = ended_ = 0;
  most_in_flight_ = in_flight_;
}

Bucket::Bucket(std::optional<double> per_minute, double burst) {
  if (!per_minute || *per_minute <= 0) return;
  per_second_ = *per_minute / 60;
  size_ = std::max(1.0, per_second_ * burst);
  level_ = size_;
}

void Bucket::fill(EngineClock::time_point now) {
  if (filled_ != EngineClock::time_point{}) {
    const double seconds = std::chrono::duration<double>(now - filled_).count();
    level_ = std::min(size_, level_ + seconds * per_second_);
  }
  filled_ = now;
}

EngineClock::time_point Bucket::ready_at(double amount, EngineClock::time_point now) {
  if (per_second_ == 0) return now;
  fill(now);
  const double missing = std::min(amount, size_) - level_;
  if (missing <= 0) return now;
  return now + std::chrono::microseconds(
                   static_cast<std::int64_t>(std::ceil(missing / per_second_ * 1e6)));
}

void Bucket::take(double amount, EngineClock::time_point now) {
  if (per_second_ == 0) return;
  fill(now);
  level_ -= amount;
}

std::optional<std::chrono::milliseconds> pause_before_retry(const RetryPolicy& policy,
                                                            const Verdict& verdict, int attempts,
                                                            double draw) {
  if (verdict.advice != Advice::Repeat && verdict.advice != Advice::RepeatSlower)
    return std::nullopt;
  if (attempts >= policy.attempts) return std::nullopt;
  const double factor = std::pow(2.0, std::min(attempts - 1, 20));
  const double bound = std::min(static_cast<double>(policy.max_wait.count()),
                                static_cast<double>(policy.base.count()) * factor);
  auto pause = std::chrono::milliseconds(static_cast<std::int64_t>(bound * draw));
  if (verdict.retry_after) {
    if (*verdict.retry_after > policy.max_wait) return std::nullopt;
    // Spread behind the moment that the service names, so that not all come back at once.
    pause = *verdict.retry_after + std::min(pause, std::chrono::milliseconds(1000));
  } else if (verdict.hint) {
    pause = std::max(pause, std::min(*verdict.hint, policy.max_wait));
  }
  return pause;
}

}  // namespace leitai
