#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "backends/http/outcome.h"
#include "harness/io/transport_engine.h"

namespace leitai {

/// How many requests of a model may be on their way. Judged over short windows by the share of
/// answers that say "too much": none and it rises, a quarter and it stays, more and it falls. Never
/// above what the caller submits. Not thread-safe; time is an argument.
class Gate {
 public:
  /// `start`: in flight at most in the beginning, to rise from; absent: no ramp, only backing off.
  explicit Gate(std::optional<int> start);

  bool is_open() const { return in_flight_ < limit(); }
  int limit() const;
  /// The first requests, and with them the new connections, are spread over some tens of
  /// milliseconds: servers with a short queue of connections drop those of a burst.
  EngineClock::time_point ready_at(EngineClock::time_point now) const;
  void begin(EngineClock::time_point now);
  /// An attempt ended.
  void end(const Verdict& verdict, EngineClock::time_point now);

 private:
  double limit_;
  bool is_ramping_ = true;  // doubles each window until the first pushback
  double slowness_ = 1;     // doubled by each demand for a slower ramp
  int in_flight_ = 0;
  int most_in_flight_ = 0;  // of this window
  double pushed_ = 0, ended_ = 0;
  std::optional<EngineClock::time_point> window_, first_;
};

/// Tokens that flow in at a steady rate up to a small store, as vendors count by the second too.
class Bucket {
 public:
  /// `burst`: how many seconds' worth may go at once.
  explicit Bucket(std::optional<double> per_minute, double burst = 5);

  /// When `amount` can be taken, at the earliest now. An amount above the store may be taken once
  /// it is full and leaves a debt.
  EngineClock::time_point ready_at(double amount, EngineClock::time_point now);
  void take(double amount, EngineClock::time_point now);
  void give_back(double amount) { level_ += amount; }

 private:
  void fill(EngineClock::time_point now);
  double per_second_ = 0;  // 0: no bound
  double size_ = 0;
  double level_ = 0;
  EngineClock::time_point filled_{};
};

struct RetryPolicy {
  int attempts = 6;                             // the first one counts
  std::chrono::milliseconds max_wait{120'000};  // of one pause
  std::chrono::milliseconds base{500};
};

/// The pause before the next attempt: full jitter over an exponential bound, and never less than
/// the service asks for. Absent: give up (attempts used, nothing to repeat, or a longer wait is
/// asked for than allowed). Pure; `draw` is uniform in [0, 1).
std::optional<std::chrono::milliseconds> pause_before_retry(const RetryPolicy& policy,
                                                            const Verdict& verdict, int attempts,
                                                            double draw);

}  // namespace leitai
