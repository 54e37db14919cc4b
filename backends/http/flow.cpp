#include "backends/http/flow.h"

#include <algorithm>
#include <cmath>

namespace leitai {

namespace {

constexpr double kOpen = 1 << 20;
constexpr double kBurstSeconds = 5;

bool is_pushback(const Verdict& verdict) {
  return verdict.kind == FailureKind::RateLimit || verdict.kind == FailureKind::Overload;
}

}  // namespace

Gate::Gate(std::optional<int> start) : limit_(start ? std::max(1, *start) : kOpen) {}

int Gate::limit() const { return std::max(1, static_cast<int>(limit_)); }

void Gate::end(const Verdict& verdict, EngineClock::time_point begun, EngineClock::time_point now) {
  if (is_pushback(verdict)) {
    if (verdict.advice == Advice::RepeatSlower) slowness_ = std::min(64.0, slowness_ * 2);
    // All that were under way at the cut may still fail for the same reason: one cut for them.
    if (begun >= cut_) {
      limit_ = std::max(1.0, std::min<double>(limit_, in_flight_) / 2);
      is_ramping_ = false;
      cut_ = now;
    }
  } else if (verdict.outcome != Outcome::Failed) {
    limit_ = std::min(kOpen, limit_ + (is_ramping_ ? 1 : 1 / (limit_ * slowness_)));
  }
  --in_flight_;
}

Bucket::Bucket(std::optional<double> per_minute) {
  if (!per_minute || *per_minute <= 0) return;
  per_second_ = *per_minute / 60;
  size_ = std::max(1.0, per_second_ * kBurstSeconds);
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
  }
  return pause;
}

}  // namespace leitai
