#include "backends/http/vendor.h"

#include <algorithm>

#include "backends/http/lane.h"

namespace leitai {

void Vendor::join(Lane* lane, const Limits& limits, const BackendContext& context) {
  if (lanes_.empty()) {  // what was there belonged to models that are gone
    bound_.reset();
    const double burst = limits.is_per_second ? 1 : 5;
    requests_ = Bucket(context.vendor_rpm, burst);
    tokens_ = Bucket(context.vendor_tpm, burst);
  }
  lanes_.push_back(lane);
  if (context.vendor_in_flight) {
    bound_ = context.vendor_in_flight;
  } else if (limits.is_shared && limits.in_flight) {
    bound_ = std::max(bound_.value_or(0), *limits.in_flight);
    // Who allows one model more knows that the account has more.
    if (context.in_flight) bound_ = std::max(*bound_, *context.in_flight);
  }
}

void Vendor::leave(Lane* lane) {
  std::erase(lanes_, lane);
  std::erase(waiting_, lane);
}

EngineClock::time_point Vendor::ready_at(double tokens, EngineClock::time_point now) {
  return std::max({held_until, requests_.ready_at(1, now), tokens_.ready_at(tokens, now)});
}

void Vendor::take(double tokens, EngineClock::time_point now) {
  requests_.take(1, now);
  tokens_.take(tokens, now);
}

Lane* Vendor::next() const {
  return *std::min_element(waiting_.begin(), waiting_.end(), [](const Lane* a, const Lane* b) {
    return a->in_flight() < b->in_flight();
  });
}

bool Vendor::take_turn(Lane* lane) {
  if (!bound_) return true;
  if (std::find(waiting_.begin(), waiting_.end(), lane) == waiting_.end()) waiting_.push_back(lane);
  if (!has_room() || next() != lane) return false;
  std::erase(waiting_, lane);
  return true;
}

void Vendor::serve() {
  if (is_serving_) return;
  is_serving_ = true;
  while (!waiting_.empty() && has_room()) {
    Lane* lane = next();
    lane->pump();
    // Still first although there is room: it cannot begin for another reason, and comes back.
    if (!waiting_.empty() && has_room() && next() == lane) std::erase(waiting_, lane);
  }
  is_serving_ = false;
}

void Vendor::give_up() {
  for (Lane* lane : std::vector<Lane*>(lanes_)) lane->give_up();
}

}  // namespace leitai
