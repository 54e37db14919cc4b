#include "backends/http/text_clock.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "harness/core/text.h"

namespace leitai {

namespace {

constexpr std::string_view kOpen = "<think>", kClose = "</think>";

double in_ms(EngineClock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

void TextClock::tick(EngineClock::time_point now, std::string_view text) {
  if (!first_) first_ = now;
  if (last_) gaps_.add(in_ms(now - *last_));
  last_ = now;
  ++events_;
  if (text.size() <= seen_) return;
  // A tag may be split over two events.
  const std::size_t from = seen_ < kClose.size() ? 0 : seen_ - kClose.size() + 1;
  const std::size_t before = std::exchange(seen_, text.size());
  if (const std::size_t close = text.find(kClose, from); close != std::string_view::npos) {
    where_ = Where::Behind;  // also where the template had printed the opening tag
    first_answer_.reset();
    if (!trim(text.substr(close + kClose.size())).empty()) first_answer_ = now;
    return;
  }
  if (where_ == Where::Begin) {
    const std::string_view begun = trim(text);
    if (begun.empty()) return;
    if (begun.starts_with(kOpen)) {
      where_ = Where::Block;
      first_answer_.reset();
      return;
    }
    if (!first_answer_) first_answer_ = now;
    if (!kOpen.starts_with(begun)) where_ = Where::Behind;
  } else if (where_ == Where::Behind && !first_answer_ && !trim(text.substr(before)).empty()) {
    first_answer_ = now;
  }
}

void TextClock::fill(Timing& out, EngineClock::time_point sent) const {
  if (first_) out.ttft_ms = in_ms(*first_ - sent);
  if (first_answer_) out.answer_ttft_ms = in_ms(*first_answer_ - sent);
  if (last_) out.last_text_ms = in_ms(*last_ - sent);
  out.text_events = events_;
  out.gap_p50_ms = gaps_.quantile(0.5);
  out.gap_p99_ms = gaps_.quantile(0.99);
}

}  // namespace leitai
