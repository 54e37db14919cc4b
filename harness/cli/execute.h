#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "harness/config.h"
#include "harness/runner.h"
#include "harness/store.h"

namespace leitai::cli {

/// A run that was carried to its end, or as far as it came.
struct Executed {
  std::filesystem::path folder;
  Store store;  // still open for writing
  RunResult result;
  std::vector<std::string> remarks;  // what the backends have to say at the end
};

/// Opens suites, backends and the run's folder, asks what has no stored answer, grades and stores.
/// Handles SIGINT and SIGTERM. `config` is resolved. `again` is the command that goes on, for
/// messages. Throws Error.
Executed execute(const RunConfig& config, const std::optional<std::string>& suites_dir,
                 const Global& global, const std::string& again);

/// `verb` with its words, quoted for a shell.
std::string command_line(std::string_view verb, std::span<const std::string> args);

}  // namespace leitai::cli
