#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "harness/core/item.h"
#include "harness/core/reporter.h"
#include "harness/core/request.h"
#include "harness/core/response.h"
#include "harness/core/score.h"
#include "harness/core/suite.h"

namespace leitai {

/// A competitor as stored.
struct StoredModel {
  std::string id;
  std::string identity;     // BackendTraits::identity
  std::string describe;     // BackendTraits::describe
  std::string config_json;  // resolved configuration without secrets, a JSON object
};

/// A suite as stored.
struct StoredSuite {
  SuiteInfo info;
  std::string scorer;        // name@version; "" when nothing is graded
  std::int64_t planned = 0;  // items the plan holds for each model
};

/// Requests of one (model, suite) that have an answer. 24 bytes a request.
class DoneSet {
 public:
  bool contains(const Digest& digest) const;
  /// As above, and for this very item: two items with the same prompt have the same digest.
  bool contains(const Request& request) const;
  std::size_t size() const { return entries_.size(); }

 private:
  friend class Store;
  struct Entry {
    std::array<std::uint8_t, 16> digest;  // first bytes
    std::uint64_t item;                   // hash
    auto operator<=>(const Entry&) const = default;
  };
  std::vector<Entry> entries_;  // sorted
};

/// All requests of one (model, suite), answered or not, as the run that goes through the suite
/// meets them. What it does not meet is no longer wanted: settle() takes it out of the results, and
/// back in when a later run wants it again. 48 bytes a request and 16 an item.
class PlanRows {
 public:
  /// Marks the request as wanted. True if it has an answer that counts (any outcome but failed).
  bool meet(const Request& request);
  /// The stored item differs from this one: another reference answer, other tags or words.
  bool is_changed(const Item& item) const;

 private:
  friend class Store;
  struct Entry {
    std::array<std::uint8_t, 16> digest;  // first bytes
    std::uint64_t item;                   // hash
    std::int64_t request_id;
    bool is_done, is_current, is_met;
    auto key() const { return std::tie(digest, item); }
  };
  std::vector<Entry> entries_;                             // sorted by key
  std::unordered_map<std::uint64_t, std::int64_t> items_;  // hash of id -> hash of body
};

/// What record() takes; all pointers stay the caller's. `score` and `item` may be null.
struct AnswerView {
  const Request* request = nullptr;
  const Response* response = nullptr;
  const Score* score = nullptr;
  const Item* item = nullptr;
};

struct ScoredRequest {
  std::int64_t request_id = 0;
  Score score;
};

/// Responses of one kind.
struct StoredCount {
  std::string model;
  std::string suite;
  Outcome outcome = Outcome::Failed;
  std::optional<ScoreStatus> status;  // absent: not graded
  std::int64_t n = 0;
};

/// What answers of one model took.
struct StoredSpending {
  std::string model;
  std::string currency;       // "": without a price
  double amount = 0;          // in `currency`
  std::int64_t requests = 0;  // that somebody was asked for
  std::int64_t tokens = 0;    // prompt and completion
};

struct StoredEvent {
  std::string at;    // ISO 8601, UTC
  std::string kind;  // "interrupted", "failed_before", ...
  std::string json;
};

/// The record of a run: FOLDER/store.sqlite (tables in schema.sql). One process writes; any number
/// read meanwhile. What a member that writes has returned from survives SIGKILL and a power loss.
/// Every member throws Error where the file, the disk or the rights fail; what was committed before
/// stays. Thread-safe: members wait for each other.
class Store : public RunReader {
 public:
  /// Opens for writing, makes folder and file where they are missing, migrates an older file.
  /// Throws Error if another process writes the same run, if the folder is on a network file
  /// system, or if the file is not ours, newer or damaged.
  static Store create_or_open(const std::filesystem::path& folder, std::string_view leitai_version);

  /// Opens for reading. Works in a read-only folder.
  static Store open_read(const std::filesystem::path& folder);

  /// True if the folder holds a store.
  static bool exists(const std::filesystem::path& folder);

  ~Store() override;
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  const std::filesystem::path& path() const;  // of the file

  // ---- writing
  void set_meta(std::string_view key, std::string_view value);
  void put_models(
      std::span<const StoredModel> models);  // in the run's order; keeps those stored before
  void put_suites(std::span<const StoredSuite> suites);  // likewise
  void put_items(std::span<const Item> items);           // a changed item replaces the stored one

  /// One transaction. A failed response is replaced by a newer outcome and kept as event
  /// "failed_before"; any other stored response stays as it is and the newer one is not stored.
  /// Returns how many were stored.
  std::int64_t record(std::span<const AnswerView> answers);

  /// Adds their scores to answers that are stored; those that are not are left out.
  void put_late_scores(std::span<const AnswerView> answers);

  /// Replaces scores by the same scorer (of any version); the newest score of a response counts.
  void put_scores(std::span<const ScoredRequest> scores);

  void add_event(std::string_view kind, const nlohmann::json& body);

  // ---- reading
  std::optional<std::string> meta(std::string_view key) const;
  std::vector<StoredModel> models() const;  // in the run's order
  std::vector<StoredSuite> suites() const;

  PlanRows load_plan(std::string_view model, std::string_view suite) const;

  /// The suite was gone through to its end: what was met is current, what was not met is not.
  /// Returns how many changed.
  std::int64_t settle(const PlanRows& rows);

  /// Requests with a stored outcome other than failed.
  DoneSet load_done(std::string_view model, std::string_view suite) const;

  /// In a damaged file: visits every answer that can still be read, then throws Error with how many
  /// cannot.
  void each(Detail detail, const std::function<bool(const Record&)>& visit) const override;
  /// The same in the order of their request ids: read once from front to back. `between` is called
  /// where nothing is being read, every few thousand: what it writes does not pile up in the WAL.
  void each_lot(Detail detail, const std::function<void(const Record&)>& visit,
                const std::function<void()>& between) const;
  /// Answers of a suite that have no score, or none but INFRA_ERROR; failed ones are not among
  /// them. Stops when `visit` returns false.
  void each_ungraded(std::string_view suite, const std::function<bool(const Record&)>& visit) const;
  bool has_repeats() const override;
  void each_fact(const std::function<bool(const Record&)>& visit) const override;
  void each_summary(const std::function<void(const ItemSummary&)>& visit) const override;
  std::optional<Item> item(std::string_view suite, std::string_view id) const override;

  /// Every item of a suite ("" for all), in the order stored. Stops when `visit` returns false.
  void each_item(std::string_view suite, const std::function<bool(const Item&)>& visit) const;

  /// The newest responses to one item, with prompts; of one model if `model` is not empty.
  std::vector<Record> find(std::string_view suite, std::string_view item,
                           std::string_view model = {}) const;
  std::optional<Record> find(std::int64_t request_id) const;

  /// What all answers took, older and replaced ones included, by model and currency.
  std::vector<StoredSpending> spending() const;

  std::vector<StoredCount> counts() const;  // newest responses, by (model, suite, outcome, status)
  /// Suite -> scorers (name@version) of its stored grades that `is_usual` does not hold for. One
  /// pass over the grades; a second one with their requests only where there are such.
  std::map<std::string, std::set<std::string>> unusual_scorers(
      const std::function<bool(const std::string& scorer)>& is_usual) const;

  std::vector<StoredEvent> events(std::string_view kind = {}) const;
  std::int64_t size() const;  // stored responses

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace leitai
