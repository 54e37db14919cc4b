#pragma once

#include <nlohmann/json_fwd.hpp>
#include <functional>
#include <optional>
#include <string>

namespace leitai::cli {

/// Reads JSON lines from standard input (or `in_file`), writes one JSON line for each, in order, flushed; never stops at a
/// bad line: an exception of `answer` becomes {"error": ...}. Returns the exit code.
int serve_lines(const std::optional<std::string>& in_file,
                const std::function<std::string(const nlohmann::ordered_json&)>& answer);

}  // namespace leitai::cli
