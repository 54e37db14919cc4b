#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace leitai {

enum class RowFormat { Jsonl, Csv, Tsv, Json, Text };

/// What the name of a data file does not say.
struct RowsForm {
  std::string member;  // .json: the member of the document that holds the rows; "" for all of it
  bool has_header = true;  // .csv
};

/// By extension: .jsonl .ndjson .csv .tsv .json .txt .parquet; each also packed (.gz, .zst) or in
/// an archive ("data.zip!rows.csv"). Throws Error for another.
RowFormat row_format_of(const std::filesystem::path& path);

/// The rows of a data file. Only where each row lies is kept in memory; a row is read when asked
/// for (a .json file is one document and is kept whole). Immutable and thread-safe.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual std::int64_t size() const = 0;

  /// Jsonl, Json, Parquet: the value. Csv: an object by the header's names, cells as strings;
  /// without a header the array of cells. Tsv: the array of cells. Text: the line. Throws
  /// Error("WHERE:LINE: ...") for a row that is malformed.
  virtual nlohmann::json row(std::int64_t index) const = 0;

  /// 1-based line on which the row begins (for .json: its position).
  virtual std::int64_t line(std::int64_t index) const = 0;
};

/// Reads the file once. A UTF-8 byte order mark and CRLF are taken off; blank lines are no rows;
/// quoted CSV cells may hold line breaks (RFC 4180). Throws Error where the file cannot be read.
std::unique_ptr<Rows> open_rows(const std::filesystem::path& path, const RowsForm& form = {});

}  // namespace leitai
