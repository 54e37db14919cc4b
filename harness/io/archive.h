#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/core/digest.h"

namespace leitai {

/// Writes the entry `name` of an archive (zip, tar ...) to the new file `out`, at most `max_bytes`;
/// returns the digest of what was written. No other entry is touched. Throws Error if the archive
/// is damaged, has no such entry, the entry is larger, or `out` cannot be written.
Digest extract_entry(const std::filesystem::path& archive, const std::string& name,
                     const std::filesystem::path& out, std::int64_t max_bytes);

}  // namespace leitai
