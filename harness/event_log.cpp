#include "harness/event_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/error.h"

namespace leitai {

EventLog::EventLog(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (path.empty()) continue;
    std::ofstream file(path, std::ios::app);
    if (!file)
      throw Error(fmt::format("{}: the log cannot be written: {}", path, std::strerror(errno)));
    files_.push_back(std::move(file));
  }
}

void EventLog::write(std::string_view event, const nlohmann::json& fields) {
  nlohmann::ordered_json line{{"at", utc_now()}, {"event", event}};
  for (const auto& [key, value] : fields.items()) line[key] = value;
  const std::string text =
      line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  std::lock_guard lock(mutex_);
  for (std::ofstream& file : files_) file << text << std::flush;
}

std::string utc_now() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

}  // namespace leitai
