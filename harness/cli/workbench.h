#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "harness/core/error.h"

namespace leitai::cli {

/// Ends the workbench where a bad line would not: what every further line needs is missing.
class FatalError : public Error {
 public:
  using Error::Error;
};

/// Reads JSON lines from standard input (or `in_file`), writes one JSON line for each, in order,
/// flushed; never stops at a bad line: an exception of `answer` becomes {"error": ...}. Returns the
/// exit code.
int serve_lines(const std::optional<std::string>& in_file,
                const std::function<std::string(const nlohmann::ordered_json&)>& answer);

}  // namespace leitai::cli
