#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace leitai {

/// Writes the rows of a Parquet file to the new file `out`, a JSON object a line, in order. The
/// work is done by DuckDB's C library, opened at the first call: $LEITAI_DUCKDB, else
/// $LEITAI_HOME/lib/libduckdb.so (where `third_party/setup.sh --parquet` puts it), else the
/// system's. `shown` names the file in messages. Throws Error where the library is absent (with how
/// to get it), is older than the calls used, or the file is damaged
/// or unpacks to more than `max_bytes`.
void parquet_to_jsonl(const std::filesystem::path& path, const std::string& shown,
                      const std::filesystem::path& out, std::uint64_t max_bytes);

/// Where the library was found; "" where it is absent.
std::string parquet_library();

}  // namespace leitai
