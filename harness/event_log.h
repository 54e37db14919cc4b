#pragma once

#include <fstream>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace leitai {

/// Events as JSON lines, without prompt text or secrets: {"at": "2026-11-21T13:32:00Z", "event":
/// ..., ...}. Thread-safe.
class EventLog {
 public:
  /// Appends to each file; an empty name is skipped. Throws Error where one cannot be opened.
  explicit EventLog(const std::vector<std::string>& paths);
  void write(std::string_view event, const nlohmann::json& fields);

 private:
  std::mutex mutex_;
  std::vector<std::ofstream> files_;  // guarded by mutex_
};

/// Now in UTC, "2026-11-21T13:32:00Z".
std::string utc_now();

}  // namespace leitai
