#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "harness/io/compression.h"
#include "harness/io/files.h"
#include "harness/store.h"
#include "harness/store_db.h"

namespace leitai {

/// Columns marked "packed" in schema.sql.
class Packer {
 public:
  /// Binds `text` as it is, or as a zstd frame in `scratch` where that pays or the text is not
  /// UTF-8. `scratch` must live as the statement does.
  void bind(Statement& statement, int index, std::string_view text, std::string& scratch);
  /// Throws DamagedError if the frame is.
  std::string get(const Statement& statement, int column, const std::filesystem::path& file);

 private:
  Zstd zstd_{1};
};

/// Remembers what was stored lately, in bounded memory: a table of fixed size that newer entries
/// overwrite.
class Recent {
 public:
  using Key = std::array<std::uint64_t, 2>;
  std::optional<std::int64_t> find(const Key& key) const {
    const Slot& slot = slots_[key[0] % kSlots];
    return slot.value != 0 && slot.key == key ? std::optional(slot.value) : std::nullopt;
  }
  void put(const Key& key, std::int64_t value) {
    slots_[key[0] % kSlots] = {key, value};
  }  // value: not 0
  void clear() { slots_.assign(kSlots, {}); }

 private:
  static constexpr std::size_t kSlots = 1 << 15;
  struct Slot {
    Key key{};
    std::int64_t value = 0;
  };
  std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
};

/// Statements of record(), kept for the life of the store.
struct Writers {
  explicit Writers(Database& db);
  Statement insert_item, find_prompt, insert_prompt, insert_request, find_request, insert_response,
      find_outcome, to_event, delete_response, delete_scores, set_current, insert_score,
      insert_event, insert_model;
};

/// Of the JSON of an item; equal for equal items.
std::int64_t item_body_hash(std::string_view body);

struct Store::Impl {
  Impl(std::optional<FileLock> taken, const std::filesystem::path& path, Database::Access access)
      : lock(std::move(taken)), db(path, access) {}

  Writers& writers();  // throws Error if the store was opened for reading
  std::int64_t put_prompt(const Prompt& prompt);
  void put_item(const Item& item);
  void put_score(std::int64_t request_id, const Score& score, std::int64_t now_ms);
  /// False if a response is there that must stay.
  std::int64_t find_request(const Request& request);
  bool put_answer(const AnswerView& answer, std::int64_t now_ms);
  void put_response(std::int64_t request_id, const Response& response, std::int64_t now_ms);
  void note_failed(std::int64_t request_id);

  /// Of a row of kRecordColumns.
  Record record_of(const Statement& row, Detail detail);
  std::vector<Record> records(Statement& statement, Detail detail);
  void each_readable(Detail detail, const std::function<bool(const Record&)>& visit,
                     std::vector<bool>& seen, const std::string& reason);

  std::recursive_mutex mutex;    // guards all below; recursive, since a visitor may ask for an item
  std::optional<FileLock> lock;  // of the writer
  Database db;
  Packer packer;
  std::unique_ptr<Writers> statements;  // null until the first write
  bool can_write = false;
  Recent prompts;
  Recent items;
  std::unordered_set<std::string> known_models;
  SamplingParams last_wanted;  // mostly the same for many requests
  std::string last_wanted_json;
};

/// Throws Error if a store must not be written there.
void refuse_network(const std::filesystem::path& folder, const FileSystem& where);

/// Milliseconds since 1970 UTC.
std::int64_t now_ms();

}  // namespace leitai
