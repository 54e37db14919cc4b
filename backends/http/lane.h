#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "backends/http/attempt_reader.h"
#include "backends/http/endpoint.h"
#include "backends/http/flow.h"
#include "backends/http/vendor.h"
#include "backends/http/watch.h"
#include "harness/core/backend.h"
#include "harness/core/channel.h"
#include "harness/io/transport_engine.h"

namespace leitai {

/// One request on its way through its attempts.
struct Job {
  Request request;
  int attempts = 0;
  EngineClock::time_point submitted, begun;
  std::optional<EngineClock::time_point> first_begun, first_sent;
  std::uint64_t call = 0;
  double reserved_tokens = 0;
  std::optional<Price> billed;  // by all attempts so far
  std::optional<Price> lost;    // the part of it that bought no answer
  std::optional<Failure> last;  // why it waits for another attempt
  std::unique_ptr<AttemptReader> reader;
};

/// The requests of one model: queue, attempts, delivery. Everything but the constructor runs on the
/// I/O thread.
class Lane : public std::enable_shared_from_this<Lane> {
 public:
  Lane(Resolved resolved, const BackendContext& context, TransportEngine& engine,
       std::shared_ptr<Vendor> vendor, Channel<Answer>& answers);
  ~Lane();

  void add(std::shared_ptr<Job> job);
  /// Gives everything up; each request still yields its Answer unless `is_silent`.
  void cancel(bool is_silent);
  /// Begins nothing more: what was not sent comes back, what waits to be repeated as it failed.
  void drain();

  const Watch& watch() const { return watch_; }  // any thread
  /// The most that the service told of one attempt so far, in millionths; any thread.
  std::int64_t most_told() const { return most_told_; }

  // For the vendor that the lanes share.
  /// Begins what may begin now; otherwise leaves a call for the moment when it may.
  void pump();
  /// The vendor has stopped: fails what waits.
  void give_up();
  std::size_t in_flight() const { return flying_.size(); }

 private:
  void wake_at(EngineClock::time_point when);
  void begin(const std::shared_ptr<Job>& job);
  Call make_call(const std::shared_ptr<Job>& job);
  void ended(const std::shared_ptr<Job>& job, CallResult result);
  void repeat(const std::shared_ptr<Job>& job, std::chrono::milliseconds pause);
  void stop_queue(const Verdict& verdict, int status);
  void fail(const std::shared_ptr<Job>& job, const Failure& failure);
  /// `sent_unix`: seconds since 1970 UTC; the price of that moment holds.
  /// Returns what it was charged.
  std::optional<Price> bill(Job& job, const Parsed& parsed, std::int64_t sent_unix);
  void deliver(const std::shared_ptr<Job>& job, Response response);
  std::optional<std::chrono::milliseconds> time_left(const Job& job) const;
  double tokens_of(const Job& job) const;

  const Resolved resolved_;
  const BackendContext context_;
  const RetryPolicy policy_;
  TransportEngine& engine_;
  const std::shared_ptr<Vendor> vendor_;
  Channel<Answer>& answers_;
  const std::vector<std::string> headers_;
  Watch watch_;
  std::atomic<std::int64_t> most_told_ = 0;
  Gate gate_;
  Bucket requests_, tokens_;
  std::deque<std::shared_ptr<Job>> ready_;
  std::unordered_set<std::shared_ptr<Job>> waiting_;  // between two attempts
  std::unordered_set<std::shared_ptr<Job>> flying_;
  std::optional<EngineClock::time_point> wake_;
  bool is_cancelled_ = false;
  bool is_silent_ = false;
  bool is_draining_ = false;
  bool is_pumping_ = false;
  bool has_joined_ = false;  // the vendor
};

}  // namespace leitai
