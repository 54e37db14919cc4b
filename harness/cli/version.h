#pragma once

#include <string>

namespace leitai::cli {

/// "leitai 0.1.0"
std::string short_version();

/// "0.1.0"
std::string version_number();

/// Version, commit, compiler, CUDA, CPU targets: what `--version` prints.
std::string version_text();

}  // namespace leitai::cli
