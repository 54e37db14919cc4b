#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/core/response.h"
#include "harness/io/transport_engine.h"

namespace leitai {

/// When the text of one attempt arrived: the moments of the first reasoning or answer text, of the
/// first answer text and of the last text, and the gaps between two events that carry any. The
/// memory is the same however long the stream is: gaps are counted in classes that are an eighth of
/// a doubling wide, so that a quantile is right within 5 %.
class TextClock {
 public:
  /// An event with text arrived; `text` is all answer text so far.
  void tick(EngineClock::time_point now, std::string_view text);

  std::optional<EngineClock::time_point> first() const { return first_; }

  /// Fills all of `out` but its total and the wait before; `sent` is when the first byte of the
  /// request went out.
  void fill(Timing& out, EngineClock::time_point sent) const;

 private:
  static constexpr int kPerDoubling = 8;
  static constexpr int kClasses = 32 * kPerDoubling;  // microseconds: up to 71 minutes

  double quantile(double share) const;

  std::optional<EngineClock::time_point> first_, first_answer_, last_;
  std::size_t seen_ = 0;                                            // bytes of text looked at
  enum class Where { Begin, Block, Behind } where_ = Where::Begin;  // of a leading think block
  std::int64_t events_ = 0;
  std::array<std::uint32_t, kClasses> gaps_{};
};

}  // namespace leitai
