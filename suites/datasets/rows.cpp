#include "suites/datasets/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/json_depth.h"
#include "harness/core/json_once.h"
#include "harness/core/text.h"
#include "harness/io/data_file.h"
#include "harness/io/files.h"

namespace leitai {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr std::uint64_t kMaxRow = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaxDocument = std::uint64_t{256} << 20;  // some 2 GB once it is parsed
constexpr std::size_t kMostRows = std::size_t{1} << 26;

struct Place {
  std::uint64_t offset;
  std::uint32_t size;
  std::uint32_t line;
};

/// "" for text that can be read; else what is wrong with a part of it.
std::string trouble_of(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return "a zero byte: this is no text file";
  return is_valid_utf8(text) ? "" : "not UTF-8; save the file as UTF-8";
}

/// Cuts a file into records: lines, or lines outside quotes.
std::vector<Place> find_records(const DataFile& file, bool has_quotes) {
  std::vector<Place> out;
  std::vector<char> buffer(1 << 20);
  std::uint64_t offset = 0, begin = 0;
  std::uint32_t line = 1, first_line = 1, quote_line = 1;
  bool in_quotes = false, is_blank = true;
  const auto end_record = [&](std::uint64_t end) {
    if (end - begin > kMaxRow)
      throw Error(fmt::format("{}:{}: a row of {} is too long", file.path().string(), first_line,
                              bytes_in_words(end - begin)));
    if (!is_blank) out.push_back({begin, static_cast<std::uint32_t>(end - begin), first_line});
    if (out.size() > kMostRows)
      throw Error(fmt::format("{}: more than {} rows; this is not a data file of a suite",
                              file.path().string(), with_commas(kMostRows)));
    begin = end + 1;
    is_blank = true;
  };
  while (true) {
    const std::size_t n = file.read_at(buffer.data(), buffer.size(), offset);
    std::size_t i = 0;
    if (offset == 0 && n >= 3 && std::string_view(buffer.data(), 3) == "\xEF\xBB\xBF")
      begin = i = 3;
    if (offset > begin + kMaxRow) end_record(offset);
    for (; i < n; ++i) {
      const char c = buffer[i];
      if (c == '"' && has_quotes) {
        in_quotes = !in_quotes;
        quote_line = line;
      }
      if (c == '\n') {
        ++line;
        if (in_quotes) continue;
        end_record(offset + i);
        first_line = line;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        is_blank = false;
      }
    }
    offset += n;
    if (n < buffer.size()) break;
  }
  if (in_quotes)
    throw Error(fmt::format("{}:{}: a quotation mark opens here and none closes it",
                            file.path().string(), quote_line));
  if (offset > begin) end_record(offset);
  return out;
}

/// Cells of one record, RFC 4180.
std::vector<std::string> csv_cells(std::string_view record) {
  std::vector<std::string> out(1);
  bool in_quotes = false;
  for (std::size_t i = 0; i < record.size(); ++i) {
    const char c = record[i];
    if (in_quotes) {
      if (c != '"') {
        out.back() += c;
      } else if (i + 1 < record.size() && record[i + 1] == '"') {
        out.back() += '"';
        ++i;
      } else {
        in_quotes = false;
      }
    } else if (c == '"') {
      in_quotes = true;
    } else if (c == ',') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

class RecordRows : public Rows {
 public:
  RecordRows(const fs::path& path, RowFormat format, bool has_header)
      : file_(path), format_(format), places_(find_records(file_, format == RowFormat::Csv)) {
    if (format != RowFormat::Csv || !has_header) return;
    if (places_.empty())
      throw Error(fmt::format("{}: empty; the first line names the columns", path.string()));
    const std::string first = read(places_.front());
    if (const std::string trouble = trouble_of(first); !trouble.empty())
      throw Error(fmt::format("{}:{}: {}", path.string(), places_.front().line, trouble));
    header_ = csv_cells(first);
    for (std::string& name : header_) name = std::string(trim(name));
    for (std::size_t i = 0; i < header_.size(); ++i) {
      if (std::count(header_.begin(), header_.end(), header_[i]) > 1)
        throw Error(
            fmt::format("{}:1: the column \"{}\" is there twice", path.string(), header_[i]));
    }
    places_.erase(places_.begin());
  }

  std::int64_t size() const override { return static_cast<std::int64_t>(places_.size()); }
  std::int64_t line(std::int64_t index) const override {
    return places_[static_cast<std::size_t>(index)].line;
  }

  Json row(std::int64_t index) const override {
    const Place& place = places_[static_cast<std::size_t>(index)];
    const std::string record = read(place);
    const auto mistake = [&](const std::string& what) {
      return Error(fmt::format("{}:{}: {}", file_.path().string(), place.line, what));
    };
    if (const std::string trouble = trouble_of(record); !trouble.empty()) throw mistake(trouble);
    switch (format_) {
      case RowFormat::Jsonl: {
        if (is_too_deep(record))
          throw mistake(fmt::format("JSON nested more than {} deep", kMaxJsonDepth));
        std::string twice;
        Json value = parse_json_once(record, twice);
        if (value.is_discarded()) throw mistake("not a line of JSON");
        if (!twice.empty()) throw mistake(fmt::format("the key \"{}\" is there twice", twice));
        return value;
      }
      case RowFormat::Csv: {
        std::vector<std::string> cells = csv_cells(record);
        if (header_.empty()) return Json(std::move(cells));
        if (cells.size() != header_.size())
          throw mistake(
              fmt::format("{} cells where the header has {}", cells.size(), header_.size()));
        Json out = Json::object();
        for (std::size_t i = 0; i < cells.size(); ++i) out[header_[i]] = cells[i];
        return out;
      }
      case RowFormat::Text:
        return record;
      default: {
        Json out = Json::array();
        for (std::string_view cell : split(record, '\t')) out.push_back(std::string(cell));
        return out;
      }
    }
  }

 private:
  std::string read(const Place& place) const {
    std::string out(place.size, '\0');
    out.resize(file_.read_at(out.data(), out.size(), place.offset));
    if (out.size() != place.size)
      throw Error(fmt::format("{}: became shorter while it was read", file_.path().string()));
    if (!out.empty() && out.back() == '\r') out.pop_back();
    return out;
  }

  DataFile file_;
  RowFormat format_;
  std::vector<Place> places_;
  std::vector<std::string> header_;
};

/// A document that is kept whole.
class JsonRows : public Rows {
 public:
  JsonRows(const fs::path& path, const std::string& member) {
    const DataFile file(path);
    if (file.size() > kMaxDocument)
      throw Error(
          fmt::format("{}: {} are too long for one JSON document; lines of JSON (.jsonl) are "
                      "read one at a time",
                      path.string(), bytes_in_words(file.size())));
    std::string text(static_cast<std::size_t>(file.size()), '\0');
    text.resize(file.read_at(text.data(), text.size(), 0));
    if (is_too_deep(text))
      throw Error(fmt::format("{}: JSON nested more than {} deep", path.string(), kMaxJsonDepth));
    std::string twice;
    value_ = parse_json_once(text, twice);
    if (value_.is_discarded()) throw Error(fmt::format("{}: not JSON", path.string()));
    if (!twice.empty())
      throw Error(fmt::format("{}: the key \"{}\" is there twice", path.string(), twice));
    if (!member.empty()) {
      if (!value_.is_object() || !value_.contains(member))
        throw Error(fmt::format("{}: no member \"{}\" with rows", path.string(), member));
      Json rows = std::move(value_[member]);
      value_ = std::move(rows);
    }
    if (!value_.is_array())
      throw Error(fmt::format("{}: a JSON array of rows is wanted", path.string()));
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(value_.size()); }
  Json row(std::int64_t index) const override { return value_[static_cast<std::size_t>(index)]; }
  std::int64_t line(std::int64_t index) const override { return index + 1; }

 private:
  Json value_;
};

}  // namespace

RowFormat row_format_of(const fs::path& path) {
  const std::string extension = ascii_lower(fs::path(plain_name(path)).extension().string());
  if (extension == ".jsonl" || extension == ".ndjson" || extension == ".parquet")
    return RowFormat::Jsonl;
  if (extension == ".csv") return RowFormat::Csv;
  if (extension == ".tsv") return RowFormat::Tsv;
  if (extension == ".json") return RowFormat::Json;
  if (extension == ".txt") return RowFormat::Text;
  throw Error(fmt::format("{}: a .jsonl, .csv, .tsv, .json, .txt or .parquet file is wanted",
                          path.string()));
}

std::unique_ptr<Rows> open_rows(const fs::path& path, const RowsForm& form) {
  const RowFormat format = row_format_of(path);
  if (format == RowFormat::Json) return std::make_unique<JsonRows>(path, form.member);
  return std::make_unique<RecordRows>(path, format, form.has_header);
}

}  // namespace leitai
