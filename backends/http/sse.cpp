#include "backends/http/sse.h"

#include <algorithm>

namespace leitai {

bool SseReader::next_line(std::string_view& bytes) {
  if (is_line_whole_) {
    line_.clear();
    is_line_whole_ = false;
  }
  if (after_cr_ && !bytes.empty()) {
    if (bytes.front() == '\n') bytes.remove_prefix(1);
    after_cr_ = false;
  }
  const std::size_t end = bytes.find_first_of("\r\n");
  const std::size_t size = std::min(end, bytes.size());
  if (line_.size() + data_.size() + size > max_event_bytes_) {
    is_overfull_ = true;
    return false;
  }
  line_.append(bytes.substr(0, size));
  if (end == std::string_view::npos) return false;
  after_cr_ = bytes[end] == '\r';
  bytes.remove_prefix(end + 1);
  is_line_whole_ = true;
  if (is_at_start_ && line_.starts_with("\xEF\xBB\xBF")) line_.erase(0, 3);
  is_at_start_ = false;
  return true;
}

bool SseReader::take_line() {
  if (line_.empty()) {
    if (!data_.empty()) return true;
    name_.clear();
    return false;
  }
  const std::string_view line = line_;
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);  // a comment has an empty name
  std::string_view value;
  if (colon != std::string_view::npos) {
    value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
  }
  if (field == "data") {
    data_.append(value);
    data_ += '\n';
  } else if (field == "event") {
    name_ = value;
  }
  return false;
}

void SseReader::forget_event() {
  name_.clear();
  data_.clear();
}

}  // namespace leitai
