#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/http/dialect.h"
#include "backends/http/sse.h"
#include "backends/http/text_clock.h"
#include "harness/core/digest.h"
#include "harness/io/transport_engine.h"

namespace leitai {

/// The body of one attempt, stream or whole, as it arrives. Which of the two it is follows from its
/// first byte, whatever was asked for.
class AttemptReader {
 public:
  explicit AttemptReader(std::unique_ptr<AnswerReader> reader) : reader_(std::move(reader)) {}

  Arrival take(std::string_view bytes, EngineClock::time_point now);
  /// After the last byte; parses a whole body.
  void finish();

  Parsed& parsed() { return reader_->parsed; }
  bool has_body() const { return form_ != Form::Unknown; }
  const std::string& start() const { return start_; }  // first bytes, for messages
  const TextClock& clock() const { return clock_; }
  bool is_stream() const { return form_ == Form::Events; }
  /// Of all bytes so far; once.
  Digest body_digest() { return hash_.finish(); }

 private:
  enum class Form { Unknown, Events, Whole };
  void event(std::string_view name, std::string_view data, bool is_last);
  template <typename Work>
  void guarded(Work work);

  std::unique_ptr<AnswerReader> reader_;
  SseReader sse_;
  Form form_ = Form::Unknown;
  std::string start_, body_;
  std::string head_;  // up to three bytes, until it is clear whether they are a byte order mark
  bool has_progress_ = false;
  EngineClock::time_point now_{};
  TextClock clock_;
  Sha256 hash_;
};

}  // namespace leitai
