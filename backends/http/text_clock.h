#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/core/log_histogram.h"
#include "harness/core/response.h"
#include "harness/io/transport_engine.h"

namespace leitai {

/// When the text of one attempt arrived: the moments of the first reasoning or answer text, of the
/// first answer text and of the last text, and the gaps between two events that carry any, in
/// memory that is the same however long the stream is.
class TextClock {
 public:
  /// An event with text arrived; `text` is all answer text so far.
  void tick(EngineClock::time_point now, std::string_view text);

  std::optional<EngineClock::time_point> first() const { return first_; }

  /// Fills all of `out` but its total and the wait before; `sent` is when the first byte of the
  /// request went out.
  void fill(Timing& out, EngineClock::time_point sent) const;

 private:
  std::optional<EngineClock::time_point> first_, first_answer_, last_;
  std::size_t seen_ = 0;                                            // bytes of text looked at
  enum class Where { Begin, Block, Behind } where_ = Where::Begin;  // of a leading think block
  std::int64_t events_ = 0;
  LogHistogram gaps_;  // milliseconds
};

}  // namespace leitai
