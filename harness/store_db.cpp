#include "harness/store_db.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>

#include "harness/core/codec.h"
#include "harness/core/embedded.h"
#include "harness/io/files.h"

namespace leitai {

/// Generated from schema.sql.
std::span<const EmbeddedFile> store_schema();

namespace {

namespace fs = std::filesystem;

constexpr int kBusyWaitMs = 10000;  // other programs may hold the file for a moment

bool is_immutable(const fs::path& path) {
  if (access(path.parent_path().c_str(), W_OK) == 0) return false;
  std::error_code ignored;
  const fs::path wal = path.string() + "-wal";
  return !fs::exists(wal, ignored) || fs::file_size(wal, ignored) == 0;
}

/// A path as a file: URI of SQLite.
std::string as_uri(const fs::path& path) {
  std::string out = "file:";
  for (const unsigned char c : fs::absolute(path).string()) {
    if (c == '%' || c == '?' || c == '#') {
      out += fmt::format("%{:02X}", c);
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

}  // namespace

Database::Database(const fs::path& path, Access access) : path_(path) {
  const int flags =
      access == Access::Write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  std::string uri = as_uri(path);
  if (access == Access::Read && is_immutable(path)) uri += "?immutable=1";
  const int code = sqlite3_open_v2(uri.c_str(), &handle_,
                                   flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  try {
    if (code != SQLITE_OK) fail(code);
    // SQLite opens a file that it may not write for reading, without a word.
    if (access == Access::Write && sqlite3_db_readonly(handle_, "main") == 1) fail(SQLITE_READONLY);
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, kBusyWaitMs);
    execute("PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;");
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close(handle_); }

void Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Database::query_int(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.get_int(0) : 0;
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }
std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void Database::fail_empty() const {
  throw Error(fmt::format(
      "{}: holds nothing yet: the run was stopped before its first answer\n        run it again",
      path_.string()));
}

void Database::fail(int code) const {
  const int system = handle_ ? sqlite3_system_errno(handle_) : 0;
  const std::string words = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  switch (code & 0xFF) {
    case SQLITE_FULL:
      throw Error(describe_io_error(path_, "cannot be written", ENOSPC) +
                  "; what was stored before is safe");
    case SQLITE_IOERR:
      if (system == ENOSPC || system == EDQUOT || system == EFBIG || code == SQLITE_IOERR_SHMSIZE) {
        throw Error(describe_io_error(path_, "cannot be written", system == 0 ? ENOSPC : system) +
                    "; what was stored before is safe");
      }
      throw Error(system != 0
                      ? describe_io_error(path_, "the disk reports an error", system)
                      : fmt::format("{}: the disk reports an error: {}\n        look at the "
                                    "system's log (dmesg); copy the run's folder elsewhere",
                                    path_.string(), words));
    case SQLITE_CORRUPT:
      throw DamagedError(
          fmt::format("{}: the file is damaged: {}\n        copy the run's folder first; then "
                      "`leitai export {} -f answers > answers.jsonl` saves what can still be read,"
                      "\n        and `-m replay:answers.jsonl,as=MODEL` brings it into a new run",
                      path_.string(), words, path_.parent_path().string()));
    case SQLITE_NOTADB:
      throw Error(
          fmt::format("{}: is not a store of leitai, or its beginning is damaged ({})\n        "
                      "restore it from a copy, or move it away and run again",
                      path_.string(), words));
    case SQLITE_READONLY:
      // Killed while the file was being made: only a writer may roll that back.
      if (code == SQLITE_READONLY_ROLLBACK) fail_empty();
      [[fallthrough]];
    case SQLITE_PERM:
    case SQLITE_AUTH:
      throw Error(describe_io_error(path_, "cannot be written", system != 0 ? system : EACCES));
    case SQLITE_CANTOPEN:
      throw Error(describe_io_error(path_, "cannot be opened", system != 0 ? system : EACCES));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(
          fmt::format("{}: another program holds it\n        end that program (an open SQL shell, "
                      "a copy under way) and run again",
                      path_.string()));
    case SQLITE_CONSTRAINT:
      throw Error(fmt::format("{}: refused: {}", path_.string(), words));
    default:
      throw Error(fmt::format("{}: {} (SQLite error {})", path_.string(), words, code));
  }
}

Transaction::Transaction(Database& db) : db_(db) { db_.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (is_open_ && db_.in_transaction())
    sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  db_.execute("COMMIT");
  is_open_ = false;
}

Statement::Statement(Database& db, const char* sql) : db_(db) {
  const int code =
      sqlite3_prepare_v3(db.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  if (code != SQLITE_OK) db.fail(code);
}

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::reset() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

void Statement::bind(int index, std::int64_t value) { sqlite3_bind_int64(handle_, index, value); }
void Statement::bind(int index, double value) { sqlite3_bind_double(handle_, index, value); }

void Statement::bind(int index, std::string_view text) {
  const int code = sqlite3_bind_text64(handle_, index, text.data() ? text.data() : "", text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) db_.fail(code);
}

void Statement::bind_blob(int index, std::string_view bytes) {
  const int code = sqlite3_bind_blob64(handle_, index, bytes.data() ? bytes.data() : "",
                                       bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) db_.fail(code);
}

void Statement::bind_null(int index) { sqlite3_bind_null(handle_, index); }

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) db_.fail(code);
  return false;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}
bool Statement::is_blob(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_BLOB;
}
std::int64_t Statement::get_int(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::get_double(int column) const { return sqlite3_column_double(handle_, column); }

std::string_view Statement::get_bytes(int column) const {
  const void* bytes = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  if (bytes == nullptr && size > 0) db_.fail(sqlite3_errcode(db_.handle()));
  return {static_cast<const char*>(bytes), bytes ? static_cast<std::size_t>(size) : 0};
}

std::optional<std::int64_t> Statement::get_optional_int(int column) const {
  return is_null(column) ? std::nullopt : std::optional(get_int(column));
}

std::optional<double> Statement::get_optional_double(int column) const {
  return is_null(column) ? std::nullopt : std::optional(get_double(column));
}

std::optional<std::string> Statement::get_optional_text(int column) const {
  return is_null(column) ? std::nullopt : std::optional(get_text(column));
}

std::span<const Migration> migrations() {
  static constexpr Migration kSteps[] = {
      {1, "ALTER TABLE items ADD COLUMN pair TEXT NOT NULL DEFAULT ''"},
      {2,
       "ALTER TABLE responses ADD COLUMN blocked TEXT;"
       "ALTER TABLE responses ADD COLUMN code TEXT;"
       "ALTER TABLE responses ADD COLUMN service_id TEXT;"
       "ALTER TABLE responses ADD COLUMN fingerprint TEXT;"
       "ALTER TABLE responses ADD COLUMN upstream TEXT;"
       "ALTER TABLE responses ADD COLUMN body_sha256 TEXT;"
       "ALTER TABLE responses ADD COLUMN sent_at INTEGER;"
       "ALTER TABLE responses ADD COLUMN answer_ttft_ms REAL;"
       "ALTER TABLE responses ADD COLUMN last_text_ms REAL;"
       "ALTER TABLE responses ADD COLUMN gap_p50_ms REAL;"
       "ALTER TABLE responses ADD COLUMN gap_p99_ms REAL;"
       "ALTER TABLE responses ADD COLUMN text_events INTEGER;"
       "ALTER TABLE responses ADD COLUMN retry_cost REAL;"
       "ALTER TABLE responses ADD COLUMN assumed_tokens INTEGER;"
       "ALTER TABLE responses ADD COLUMN assumed_cost REAL;"
       "ALTER TABLE responses ADD COLUMN assumed_currency TEXT"}};
  return kSteps;
}

void migrate(Database& db, std::span<const Migration> steps, int wanted) {
  Transaction transaction(db);
  auto version = static_cast<int>(db.query_int("PRAGMA user_version"));
  while (version < wanted) {
    const Migration* step = nullptr;
    for (const Migration& one : steps) {
      if (one.from == version) step = &one;
    }
    if (!step) {
      throw Error(
          fmt::format("{}: written by an older leitai (schema {}), and there is no way from there "
                      "to schema {}\n        read it with the leitai that wrote it",
                      db.path().string(), version, wanted));
    }
    db.execute(step->sql);
    ++version;
    db.execute(fmt::format("PRAGMA user_version = {}", version).c_str());
  }
  transaction.commit();
}

void prepare_schema(Database& db, Database::Access access, std::string_view leitai_version) {
  const std::int64_t id = db.query_int("PRAGMA application_id");
  const std::int64_t tables = db.query_int("SELECT count(*) FROM sqlite_schema");
  const std::string path = db.path().string();
  if (id != kApplicationId && tables == 0 && access == Database::Access::Read) db.fail_empty();
  if (id != kApplicationId && tables > 0) {
    throw Error(
        fmt::format("{}: is a database, but not a store of leitai\n        move it away, or choose "
                    "another run with --name or --out",
                    path));
  }
  if (id != kApplicationId) {
    Transaction transaction(db);
    db.execute(std::string(store_schema().front().bytes).c_str());
    db.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};", kApplicationId,
                           kTableVersion)
                   .c_str());
    Statement meta(db,
                   "INSERT INTO meta VALUES ('leitai_version', ?1), ('created', "
                   "strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))");
    meta.bind(1, leitai_version);
    meta.run();
    transaction.commit();
    return;
  }
  const std::int64_t version = db.query_int("PRAGMA user_version");
  if (version > kTableVersion) {
    Statement meta(db, "SELECT value FROM meta WHERE key = 'leitai_version'");
    const std::string wrote = meta.step() ? meta.get_text(0) : "a newer version";
    throw Error(
        fmt::format("{}: written by leitai {} (schema {}); this leitai knows schema {} and leaves "
                    "it alone\n        use leitai {} or newer, or choose another run with --name",
                    path, wrote, version, kTableVersion, wrote));
  }
  if (version == kTableVersion) return;
  if (access == Database::Access::Read) {
    throw Error(
        fmt::format("{}: written by an older leitai (schema {}; this one reads {})\n        "
                    "`leitai run` or `leitai score` on this run brings it up to date",
                    path, version, kTableVersion));
  }
  migrate(db, migrations(), kTableVersion);
  Statement meta(db, "INSERT OR REPLACE INTO meta VALUES ('leitai_version', ?1)");
  meta.bind(1, leitai_version);
  meta.run();
}

}  // namespace leitai
