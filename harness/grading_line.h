#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "harness/core/channel.h"
#include "harness/runner.h"

namespace leitai {

/// Between the answers' arrival and the store: several threads that grade. Where grading runs
/// programs the answer goes to the store at once and its grade when it comes, so that neither
/// SIGKILL nor an interrupt loses what was answered.
class GradingLine {
 public:
  /// `placed` is told of each answer of this call once it is graded, `failed` of what ends the run;
  /// both from threads of the line.
  GradingLine(const RunParts& parts, std::function<void(const Recorded&)> placed,
              std::function<void(const std::string&)> failed);

  void start();
  void take(Recorded one);  // from one thread
  void end();               // nothing more is taken
  bool is_over() const { return graders_done_ == n_graders_; }
  void join();

  /// What goes to the store, in the order in which it may be written; closed at the end.
  Channel<Recorded>& stored() { return stored_; }
  /// Answers whose grading an interrupt broke off. After join().
  std::int64_t ungraded() const { return n_ungraded_; }

 private:
  void grade();
  std::optional<Score> score_of(const Recorded& one) const;
  void catch_up();
  void end_feeding();
  void watch(const std::stop_token& end);
  bool is_interrupted() const { return parts_.interrupts && parts_.interrupts() > 0; }

  static constexpr int kFeeders = 2;  // take() and catch_up()
  const RunParts& parts_;
  const std::function<void(const Recorded&)> placed_;
  const std::function<void(const std::string&)> failed_;
  const int n_graders_;
  Channel<Recorded> waiting_, stored_;
  std::atomic<int> graders_done_ = 0, feeders_done_ = 0;
  std::atomic<std::int64_t> n_ungraded_ = 0;
  std::atomic<bool> are_abandoned_ = false;
  std::vector<std::jthread> threads_;
  std::jthread watch_;
};

}  // namespace leitai
