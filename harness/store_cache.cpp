#include "harness/store_cache.h"

#include <fmt/format.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/io/files.h"
#include "harness/store_db.h"

namespace leitai {

namespace {

constexpr std::int64_t kCacheId = 0x6C656963;  // "leic"

std::string_view as_bytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

}  // namespace

struct AnswerCache::Impl {
  explicit Impl(const std::filesystem::path& file) : db(file, Database::Access::Write) {
    const std::int64_t id = db.query_int("PRAGMA application_id");
    if (id != kCacheId && db.query_int("SELECT count(*) FROM sqlite_schema") > 0)
      throw Error(fmt::format("{}: is no cache of answers\n        move it away", file.string()));
    db.execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;");
    db.execute(fmt::format("PRAGMA application_id = {};"
                           "CREATE TABLE IF NOT EXISTS answers ("
                           "digest BLOB PRIMARY KEY, model TEXT NOT NULL, body TEXT NOT NULL, "
                           "at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))"
                           ") WITHOUT ROWID;",
                           kCacheId)
                   .c_str());
  }
  std::mutex mutex;  // guards db
  Database db;
};

AnswerCache::AnswerCache(const std::filesystem::path& file) {
  if (file.has_parent_path()) make_folder(file.parent_path());
  impl_ = std::make_unique<Impl>(file);
}

AnswerCache::~AnswerCache() = default;

std::optional<Response> AnswerCache::find(const Digest& digest) const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db, "SELECT body FROM answers WHERE digest = ?1");
  get.bind_blob(1, as_bytes(digest));
  if (!get.step()) return std::nullopt;
  Response out = response_from(parse_json(get.get_bytes(0), impl_->db.path().string()));
  out.price.reset();
  out.timing.queued_ms.reset();
  return out;
}

bool AnswerCache::holds(const Digest& digest) const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db, "SELECT 1 FROM answers WHERE digest = ?1");
  get.bind_blob(1, as_bytes(digest));
  return get.step();
}

void AnswerCache::put(const Digest& digest, const std::string& model, const Response& response) {
  if (response.outcome != Outcome::Answered) return;
  const std::string body = dump(to_json(response));
  std::lock_guard guard(impl_->mutex);
  Statement put(impl_->db,
                "INSERT OR IGNORE INTO answers (digest, model, body) VALUES (?1, ?2, ?3)");
  put.bind_blob(1, as_bytes(digest));
  put.bind(2, model);
  put.bind(3, body);
  put.run();
}

std::vector<AnswerCache::Line> AnswerCache::lines() const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db,
                "SELECT model, count(*), sum(length(body)), min(at), max(at) FROM answers GROUP BY "
                "model ORDER BY model");
  std::vector<Line> out;
  while (get.step())
    out.push_back(
        {get.get_text(0), get.get_int(1), get.get_int(2), get.get_text(3), get.get_text(4)});
  return out;
}

std::int64_t AnswerCache::prune(double days) {
  std::lock_guard guard(impl_->mutex);
  Statement drop(impl_->db,
                 "DELETE FROM answers WHERE at <= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', ?1)");
  const std::string age = fmt::format("-{:.0f} seconds", days * 86400);
  drop.bind(1, age);
  drop.run();
  return impl_->db.changes();
}

}  // namespace leitai
