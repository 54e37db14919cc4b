#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "backends/http/outcome.h"
#include "harness/io/transport_engine.h"

namespace leitai {

/// How many requests of a model may be on their way: rises with every success, is halved where the
/// service says that it is too much, recovers more slowly afterwards. Never above what the caller
/// submits. Not thread-safe; time is an argument.
class Gate {
 public:
  /// `start`: in flight at most in the beginning; absent: no ramp, only backing off.
  explicit Gate(std::optional<int> start);

  bool is_open() const { return in_flight_ < limit(); }
  int limit() const;
  void begin() { ++in_flight_; }
  /// An attempt that began at `begun` ended.
  void end(const Verdict& verdict, EngineClock::time_point begun, EngineClock::time_point now);

 private:
  double limit_;
  bool is_ramping_ = true;
  double slowness_ = 1;  // doubled by each demand for a slower ramp
  int in_flight_ = 0;
  EngineClock::time_point cut_{};
};

/// Tokens that flow in at a steady rate up to a small store, as vendors count by the second too.
class Bucket {
 public:
  explicit Bucket(std::optional<double> per_minute);

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
