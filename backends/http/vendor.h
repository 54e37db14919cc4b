#pragma once

#include <optional>
#include <vector>

#include "backends/http/flow.h"
#include "backends/http/provider.h"
#include "harness/core/backend.h"
#include "harness/core/response.h"

namespace leitai {

class Lane;

/// What the models of one vendor and key share: breaker, hold, buckets, and the requests in flight
/// where the account has one bound. I/O thread only.
class Vendor {
 public:
  std::optional<Failure> stopped;  // the breaker: authentication, balance or quota
  EngineClock::time_point held_until{};

  /// Takes the limits that `lane` knows of: the user's, else the record's.
  void join(Lane* lane, const Limits& limits, const BackendContext& context);
  void leave(Lane* lane);

  /// When requests and tokens of the vendor allow a request.
  EngineClock::time_point ready_at(double tokens, EngineClock::time_point now);
  void take(double tokens, EngineClock::time_point now);
  void give_back(double tokens) { tokens_.give_back(tokens); }

  /// May `lane` begin a request now? If not, it waits for its turn. Of those that wait, the one
  /// with the fewest requests in flight is next, so that a slow model cannot fill all places.
  bool take_turn(Lane* lane);
  void begun() { ++flying_; }
  void ended(std::size_t n = 1) { flying_ -= static_cast<int>(n); }
  /// Lets those that wait begin as long as there is room.
  void serve();

  /// The breaker has tripped: nothing of any model is sent any more.
  void give_up();

 private:
  bool has_room() const { return !bound_ || flying_ < *bound_; }
  Lane* next() const;

  std::optional<int> bound_;
  int flying_ = 0;
  Bucket requests_{std::nullopt}, tokens_{std::nullopt};
  std::vector<Lane*> lanes_;
  std::vector<Lane*> waiting_;  // for a turn, longest first
  bool is_serving_ = false;
};

}  // namespace leitai
