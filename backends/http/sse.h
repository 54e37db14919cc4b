#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leitai {

/// Server-sent events from bytes at any split (WHATWG HTML, "Server-sent events"): CR, LF and CRLF
/// end a line, one BOM is passed over, comments and fields that we do not use are ignored, several
/// data lines are joined by LF. An event without data is skipped, one that the stream leaves
/// unended is not told. Bytes are not decoded here.
class SseReader {
 public:
  explicit SseReader(std::size_t max_event_bytes = std::size_t{16} << 20)
      : max_event_bytes_(max_event_bytes) {}

  /// Calls `event(name, data)` for each event that `bytes` complete; both views live only during
  /// the call. False, for good, once an event is larger than allowed.
  template <typename Event>
  bool feed(std::string_view bytes, Event&& event) {
    while (!is_overfull_ && next_line(bytes)) {
      if (take_line()) {
        event(std::string_view(name_), std::string_view(data_).substr(0, data_.size() - 1));
        forget_event();
      }
    }
    return !is_overfull_;
  }

  /// A last line without its end, as a stream that breaks off leaves it, may complete an event
  /// that a caller wants to see all the same: some servers end without the blank line.
  template <typename Event>
  void finish(Event&& event) {
    if (is_overfull_) return;
    if (!line_.empty()) take_line();
    line_.clear();
    if (!data_.empty())
      event(std::string_view(name_), std::string_view(data_).substr(0, data_.size() - 1));
    forget_event();
  }

 private:
  bool next_line(std::string_view& bytes);  // true: line_ holds a whole line
  bool take_line();                         // true: it ended an event that has data
  void forget_event();

  const std::size_t max_event_bytes_;
  std::string line_;
  bool is_line_whole_ = false;
  bool after_cr_ = false;  // an LF right after a CR belongs to the same end of line
  bool is_at_start_ = true;
  bool is_overfull_ = false;
  std::string name_;
  std::string data_;  // each data line with an LF behind it
};

}  // namespace leitai
