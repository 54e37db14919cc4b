#include "backends/http/attempt_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/json_depth.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

constexpr std::size_t kStartBytes = 1024;
constexpr std::string_view kMark = "\xEF\xBB\xBF";

/// Discarded where `text` is no JSON or is nested too deep for those who look into it.
nlohmann::json shallow_json(std::string_view text) {
  if (is_too_deep(text)) return nlohmann::json(nlohmann::json::value_t::discarded);
  return nlohmann::json::parse(text, nullptr, false);
}

}  // namespace

Arrival AttemptReader::take(std::string_view bytes, EngineClock::time_point now) {
  now_ = now;
  hash_.update(bytes);
  if (start_.size() < kStartBytes)
    start_.append(bytes.substr(0, std::min(bytes.size(), kStartBytes - start_.size())));
  std::string joined;
  if (form_ == Form::Unknown) {         // blank lines may come before, for minutes
    if (head_.size() < kMark.size()) {  // a byte order mark may stand before all, at any split
      const std::size_t before = head_.size();
      head_.append(bytes.substr(0, kMark.size() - before));
      if (head_ == kMark) {
        bytes.remove_prefix(kMark.size() - before);
        if (bytes.empty()) return Arrival::Noise;
      } else if (kMark.starts_with(head_)) {
        return Arrival::Noise;
      } else if (before > 0) {
        joined = head_.substr(0, before) + std::string(bytes);
        bytes = joined;
      }
    }
    const std::size_t first = bytes.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return Arrival::Noise;
    bytes.remove_prefix(first);  // they mean the same at any split: nothing
    const char c = bytes.front();
    form_ = c == '{' || c == '[' || c == '<' ? Form::Whole : Form::Events;
  }
  has_progress_ = false;
  if (form_ == Form::Whole) {
    body_.append(bytes);
    if (trim(bytes).empty()) return Arrival::Noise;
    return Arrival::Progress;
  }
  if (!sse_.feed(bytes, [&](auto name, auto data) { event(name, data, false); }) &&
      parsed().malformed.empty())
    parsed().malformed = "an event of the stream is larger than allowed";
  return has_progress_ ? Arrival::Progress : Arrival::Noise;
}

void AttemptReader::event(std::string_view name, std::string_view data, bool is_last) {
  data = trim(data);
  has_progress_ = true;
  // "[DONE]" and what is no JSON at all says nothing.
  if (data.empty() || (data.front() != '{' && !data.starts_with("[{"))) {
    if (!is_valid_utf8(data)) parsed().malformed = "the stream is not UTF-8";
    return;
  }
  if (reader_->skim(data)) {
    clock_.tick(now_, parsed().text);
    return;
  }
  const nlohmann::json json = shallow_json(data);
  if (json.is_discarded()) {
    if (is_last) return;  // broken off in the middle of an event
    if (parsed().malformed.empty())
      parsed().malformed = is_valid_utf8(data) ? "an event of the stream is malformed JSON"
                                               : "the stream is not UTF-8";
    return;
  }
  guarded([&] {
    const bool has_text = reader_->event(name, json);
    if (!has_text) return;
    clock_.tick(now_, parsed().text);
    reader_->learn(data, json);
  });
}

/// JSON of another shape than the wire's must not end the I/O thread.
template <typename Work>
void AttemptReader::guarded(Work work) {
  try {
    work();
  } catch (const nlohmann::json::exception&) {
    if (parsed().malformed.empty()) parsed().malformed = "the answer has an unknown shape";
  }
}

void AttemptReader::finish() {
  if (form_ == Form::Events) {
    sse_.finish([&](auto name, auto data) { event(name, data, true); });
  } else if (form_ == Form::Whole) {
    const nlohmann::json json = shallow_json(body_);
    if (json.is_discarded()) {
      parsed().malformed =
          is_valid_utf8(body_) ? "the body is malformed JSON" : "the body is not UTF-8";
    } else {
      guarded([&] { reader_->whole(json); });
    }
  }
  reader_->finish();
}

}  // namespace leitai
