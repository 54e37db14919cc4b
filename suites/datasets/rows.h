#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace leitai {

enum class RowFormat { Jsonl, Csv, Tsv, Json };

/// By extension: .jsonl .ndjson .csv .tsv .json; .jsonl also packed (.gz, .zst). Throws Error for
/// another.
RowFormat row_format_of(const std::filesystem::path& path);

/// The rows of a data file. Only where each row lies is kept in memory; a row is read when asked
/// for (a .json file is one document and is kept whole). Immutable and thread-safe.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual std::int64_t size() const = 0;

  /// Jsonl, Json: the value. Csv: an object by the header's names, cells as strings. Tsv: the array
  /// of cells, no header. Throws Error("WHERE:LINE: ...") for a row that is malformed.
  virtual nlohmann::json row(std::int64_t index) const = 0;

  /// 1-based line on which the row begins (for .json: its position).
  virtual std::int64_t line(std::int64_t index) const = 0;
};

/// Reads the file once. A UTF-8 byte order mark and CRLF are taken off; blank lines are no rows;
/// quoted CSV cells may hold line breaks (RFC 4180). Throws Error where the file cannot be read.
std::unique_ptr<Rows> open_rows(const std::filesystem::path& path, RowFormat format);

}  // namespace leitai
