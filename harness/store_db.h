#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/error.h"

struct sqlite3;
struct sqlite3_stmt;

/// SQLite for the store alone: a connection, statements, errors in the operator's words.
namespace leitai {

/// Part of the file cannot be read. Caught where other rows can still be.
class DamagedError : public Error {
 public:
  using Error::Error;
};

/// Not thread-safe: the store's lock guards it.
class Database {
 public:
  enum class Access { Read, Write };

  /// Write makes the file if it is missing. A file without a write-ahead log in a folder that
  /// cannot be written is read as it is.
  Database(const std::filesystem::path& path, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const char* sql);
  std::int64_t query_int(const char* sql);
  std::int64_t changes() const;
  std::int64_t last_row() const;
  bool in_transaction() const;
  const std::filesystem::path& path() const { return path_; }
  sqlite3* handle() const { return handle_; }

  /// Throws what the last result code means: DamagedError or Error.
  [[noreturn]] void fail(int code) const;
  [[noreturn]] void fail_empty() const;  // the file was made and nothing was put into it yet

 private:
  std::filesystem::path path_;
  sqlite3* handle_ = nullptr;
};

/// Rolls back unless commit() returned.
class Transaction {
 public:
  explicit Transaction(Database& db);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& db_;
  bool is_open_ = true;
};

/// A prepared statement. Bound text and blobs must live until the statement is stepped for the last
/// time.
class Statement {
 public:
  Statement(Database& db, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Forgets rows and bindings; index counts from 1.
  void reset();
  void bind(int index, std::int64_t value);
  void bind(int index, int value) { bind(index, std::int64_t{value}); }
  void bind(int index, double value);
  void bind(int index, std::string_view text);
  void bind_blob(int index, std::string_view bytes);
  void bind_null(int index);
  template <typename T>
  void bind(int index, const std::optional<T>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind_null(index);
    }
  }

  /// True while there is a row.
  bool step();
  /// Steps to the end and resets.
  void run();

  /// Columns count from 0; views live until the next step or reset.
  bool is_null(int column) const;
  bool is_blob(int column) const;
  std::int64_t get_int(int column) const;
  double get_double(int column) const;
  std::string_view get_bytes(int column) const;  // text or blob; "" for null
  std::string get_text(int column) const { return std::string(get_bytes(column)); }
  std::optional<std::int64_t> get_optional_int(int column) const;
  std::optional<double> get_optional_double(int column) const;
  std::optional<std::string> get_optional_text(int column) const;

 private:
  Database& db_;
  sqlite3_stmt* handle_ = nullptr;
};

/// Resets a kept statement when its use ends, also by an exception.
struct InUse {
  Statement& statement;
  explicit InUse(Statement& s) : statement(s) { statement.reset(); }
  ~InUse() { statement.reset(); }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;
};

inline constexpr std::int64_t kApplicationId = 0x6C656974;  // "leit"
inline constexpr int kTableVersion = 3;                     // of the tables in schema.sql

/// One step of the schema, from version `from` to the next.
struct Migration {
  int from;
  const char* sql;
};

/// The steps there are.
std::span<const Migration> migrations();

/// Brings the tables to version `wanted` in one transaction. Throws Error if a step is missing;
/// then nothing has changed.
void migrate(Database& db, std::span<const Migration> steps, int wanted);

/// Makes the tables in an empty file, migrates an older one. Throws Error for a file that is not
/// ours or newer.
void prepare_schema(Database& db, Database::Access access, std::string_view leitai_version);

}  // namespace leitai
