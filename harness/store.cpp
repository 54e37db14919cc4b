#include "harness/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/store_impl.h"

namespace leitai {

namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "store.sqlite";

std::uint64_t item_hash(std::string_view item) { return std::hash<std::string_view>{}(item); }

std::array<std::uint8_t, 16> prefix_of(const Digest& digest) {
  std::array<std::uint8_t, 16> out;
  std::copy_n(digest.bytes.begin(), out.size(), out.begin());
  return out;
}

}  // namespace

void refuse_network(const fs::path& folder, const FileSystem& where) {
  if (!where.is_network) return;
  throw Error(fmt::format(
      "{}: lies on a network file system ({} on {}), where the store's write-ahead log can break\n "
      "       put the run on a local disk (--out DIR) and copy it afterwards",
      folder.string(), where.type, where.mount_point));
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool DoneSet::contains(const Digest& digest) const {
  const auto prefix = prefix_of(digest);
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), prefix,
                       [](const Entry& entry, const auto& key) { return entry.digest < key; });
  return found != entries_.end() && found->digest == prefix;
}

bool DoneSet::contains(const Request& request) const {
  return std::binary_search(entries_.begin(), entries_.end(),
                            Entry{prefix_of(request.digest), item_hash(request.item)});
}

bool Store::exists(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / kFile, ignored);
}

Store Store::create_or_open(const fs::path& folder, std::string_view leitai_version) {
  make_folder(folder);
  refuse_network(folder, file_system_of(folder));
  std::string holder;
  std::optional<FileLock> lock = FileLock::try_take(folder / "store.lock", &holder);
  if (!lock) {
    throw Error(fmt::format(
        "{}: another leitai is writing this run ({})\n        wait for it or end it, or choose "
        "another run with --name; reading (report, show, export) works meanwhile",
        folder.string(), holder));
  }
  auto impl = std::make_unique<Impl>(std::move(lock), folder / kFile, Database::Access::Write);
  Database& db = impl->db;
  // A file that is not ours must not be touched, so it is looked at before the journal mode is set.
  const bool is_ours = db.query_int("PRAGMA application_id") == kApplicationId;
  if (!is_ours && db.query_int("SELECT count(*) FROM sqlite_schema") > 0)
    prepare_schema(db, Database::Access::Read, leitai_version);
  if (is_ours && db.query_int("PRAGMA user_version") > kTableVersion)
    prepare_schema(db, Database::Access::Read, leitai_version);
  // FULL: a commit is on the disk when it returns. The runner groups commits, so that this costs
  // little.
  db.execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000; "
      "PRAGMA journal_size_limit = 67108864;");
  prepare_schema(db, Database::Access::Write, leitai_version);
  impl->can_write = true;
  return Store(std::move(impl));
}

Store Store::open_read(const fs::path& folder) {
  if (!exists(folder)) {
    std::error_code ignored;
    throw Error(
        fs::exists(folder, ignored)
            ? fmt::format(
                  "{}: holds no run (no {})\n        `leitai ls runs` lists the runs there are",
                  folder.string(), kFile)
            : fmt::format(
                  "{}: there is no such run\n        `leitai ls runs` lists the runs there are",
                  folder.string()));
  }
  auto impl = std::make_unique<Impl>(std::nullopt, folder / kFile, Database::Access::Read);
  prepare_schema(impl->db, Database::Access::Read, "");
  return Store(std::move(impl));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

const fs::path& Store::path() const { return impl_->db.path(); }

void Store::set_meta(std::string_view key, std::string_view value) {
  std::lock_guard guard(impl_->mutex);
  impl_->writers();
  Statement put(
      impl_->db,
      "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
  put.bind(1, key);
  put.bind(2, value);
  put.run();
}

std::optional<std::string> Store::meta(std::string_view key) const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db, "SELECT value FROM meta WHERE key = ?1");
  get.bind(1, key);
  return get.step() ? get.get_optional_text(0) : std::nullopt;
}

void Store::put_models(std::span<const StoredModel> models) {
  std::lock_guard guard(impl_->mutex);
  impl_->writers();
  Transaction transaction(impl_->db);
  Statement put(impl_->db,
                "INSERT OR REPLACE INTO models (model, position, identity, describe, config) "
                "VALUES (?1, ?2, ?3, ?4, ?5)");
  std::int64_t position = 0;
  impl_->db.execute(
      "UPDATE models SET position = position + 1000000");  // those of earlier calls come last
  for (const StoredModel& model : models) {
    put.bind(1, model.id);
    put.bind(2, position++);
    put.bind(3, model.identity);
    put.bind(4, model.describe);
    put.bind(5, model.config_json);
    put.run();
  }
  transaction.commit();
}

std::vector<StoredModel> Store::models() const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db,
                "SELECT model, identity, describe, config FROM models ORDER BY position, model");
  std::vector<StoredModel> out;
  while (get.step())
    out.push_back({get.get_text(0), get.get_text(1), get.get_text(2), get.get_text(3)});
  return out;
}

void Store::put_suites(std::span<const StoredSuite> suites) {
  std::lock_guard guard(impl_->mutex);
  impl_->writers();
  Transaction transaction(impl_->db);
  Statement put(impl_->db,
                "INSERT OR REPLACE INTO suites (suite, position, version, family, kind, language, "
                "licence, publish, mode, "
                "params, size, whole, floor, scorer, planned) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
                "?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)");
  std::int64_t position = 0;
  impl_->db.execute("UPDATE suites SET position = position + 1000000");
  for (const StoredSuite& suite : suites) {
    const SuiteInfo& info = suite.info;
    const std::string params = dump(to_json(info.params));
    put.bind(1, info.name);
    put.bind(2, position++);
    put.bind(3, info.version);
    put.bind(4, info.family);
    put.bind(5, info.kind);
    put.bind(6, info.language);
    put.bind(7, info.licence);
    put.bind(8, info.publish);
    put.bind(9, to_text(info.mode));
    put.bind(10, params);
    put.bind(11, info.size);
    put.bind(12, info.whole);
    put.bind(13, info.floor);
    put.bind(14, suite.scorer);
    put.bind(15, suite.planned);
    put.run();
  }
  transaction.commit();
}

std::vector<StoredSuite> Store::suites() const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db,
                "SELECT suite, version, family, kind, language, licence, publish, mode, params, "
                "size, whole, floor, scorer, planned "
                "FROM suites ORDER BY position, suite");
  std::vector<StoredSuite> out;
  while (get.step()) {
    StoredSuite& suite = out.emplace_back();
    suite.info.name = get.get_text(0);
    suite.info.version = get.get_text(1);
    suite.info.family = get.get_text(2);
    suite.info.kind = get.get_text(3);
    suite.info.language = get.get_text(4);
    suite.info.licence = get.get_text(5);
    suite.info.publish = get.get_text(6);
    suite.info.mode = mode_from(get.get_bytes(7)).value_or(Mode::Chat);
    suite.info.params = sampling_params_from(parse_json(get.get_bytes(8), path().string()));
    suite.info.size = get.get_int(9);
    suite.info.whole = get.get_int(10);
    suite.info.floor = get.get_double(11);
    suite.scorer = get.get_text(12);
    suite.planned = get.get_int(13);
  }
  return out;
}

DoneSet Store::load_done(std::string_view model, std::string_view suite) const {
  std::lock_guard guard(impl_->mutex);
  Statement get(
      impl_->db,
      "SELECT r.digest, r.item FROM requests r JOIN responses p ON p.request_id = r.request_id "
      "WHERE r.model = ?1 AND r.suite = ?2 AND p.outcome <> 'failed'");
  get.bind(1, model);
  get.bind(2, suite);
  DoneSet out;
  while (get.step()) {
    DoneSet::Entry& entry = out.entries_.emplace_back();
    const std::string_view digest = get.get_bytes(0);
    std::memcpy(entry.digest.data(), digest.data(), std::min(digest.size(), entry.digest.size()));
    entry.item = item_hash(get.get_bytes(1));
  }
  out.entries_.shrink_to_fit();
  std::sort(out.entries_.begin(), out.entries_.end());
  return out;
}

void Store::add_event(std::string_view kind, const nlohmann::json& body) {
  std::lock_guard guard(impl_->mutex);
  const std::string text = dump(body);
  Statement& put = impl_->writers().insert_event;
  const InUse use(put);
  put.bind(1, kind);
  put.bind(2, text);
  put.step();
}

std::vector<StoredEvent> Store::events(std::string_view kind) const {
  std::lock_guard guard(impl_->mutex);
  Statement get(impl_->db,
                "SELECT at, kind, body FROM events WHERE ?1 = '' OR kind = ?1 ORDER BY event_id");
  get.bind(1, kind);
  std::vector<StoredEvent> out;
  while (get.step()) out.push_back({get.get_text(0), get.get_text(1), get.get_text(2)});
  return out;
}

std::int64_t Store::size() const {
  std::lock_guard guard(impl_->mutex);
  return impl_->db.query_int("SELECT count(*) FROM responses");
}

}  // namespace leitai
