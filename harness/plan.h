#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/config.h"
#include "harness/core/backend.h"
#include "harness/core/request.h"
#include "harness/core/suite.h"

namespace leitai {

/// A request with the item it asks about.
struct Planned {
  Request request;
  Item item;
  std::int64_t position = 0;  // of the item in the suite's order
};

/// Tells whether the rest of a suite need not be asked; may be empty.
using SuiteDecided = std::function<bool(const std::string& suite)>;

/// Tells whether a request has a stored answer; made anew for each (model, suite), so that memory
/// stays flat.
struct IsDone {
  std::function<bool(const Request&, const Item&)> contains;
  std::function<void()> finish;  // the suite has been gone through to its end; may be empty

  IsDone() = default;
  IsDone(std::function<bool(const Request&, const Item&)> has, std::function<void()> end)
      : contains(std::move(has)), finish(std::move(end)) {}
  /// From a function of the request alone.
  template <typename F>
  requires std::is_invocable_r_v<bool, F, const Request&> IsDone(F has)
      : contains(
            [has = std::move(has)](const Request& request, const Item&) { return has(request); }) {}
};
using DoneLookup = std::function<IsDone(const std::string& model, const std::string& suite)>;

enum class ItemOrder {
  Seeded,   // a random order fixed by the run's seed
  Natural,  // the order of the data
};

/// The requests of one model that have no stored answer yet, made one at a time: suites in the
/// run's order, inside a suite all samples of an item together. Holds no more than one request. The
/// set difference of DESIGN.md.
class PlanCursor {
 public:
  PlanCursor(const RunConfig& config, const Model& model, const Backend& backend,
             std::span<const std::unique_ptr<Suite>> suites, DoneLookup done, ItemOrder order,
             SuiteDecided is_decided = {});

  /// The next request. Absent at the end, or after skipping `most_skips` requests that are done
  /// (then is_finished() is false). Throws Error where a suite cannot be asked in the wanted mode.
  std::optional<Planned> next(std::int64_t most_skips = INT64_MAX);

  bool is_finished() const { return suite_ >= suites_.size(); }

  /// Where it stands: the suite, and the position in its order; absent at the end.
  std::optional<std::pair<std::string, std::int64_t>> place() const;

  /// Requests seen so far that were done already.
  std::int64_t skipped() const { return skipped_; }

 private:
  Planned make(const Suite& suite, const Item& item, int sample) const;

  const RunConfig& config_;
  const Model& model_;
  const Backend& backend_;
  std::span<const std::unique_ptr<Suite>> suites_;
  DoneLookup lookup_;
  ItemOrder order_;
  SuiteDecided is_decided_;
  IsDone is_done_;
  std::size_t suite_ = 0;
  std::int64_t index_ = 0;
  int sample_ = 0;
  std::optional<Item> item_;
  std::int64_t skipped_ = 0;
};

/// Throws Error that names model and suite where one can never be asked the other (a mode that its
/// wire does not know): before anything is sent.
void check_askable(const RunConfig& config, const Model& model, const Backend& backend,
                   std::span<const std::unique_ptr<Suite>> suites);

/// Requests of the whole plan for one model, done or not.
std::int64_t plan_size(const RunConfig& config, std::span<const std::unique_ptr<Suite>> suites);

/// Index in the suite of the item at `position` of its random order, which the run's seed fixes.
std::int64_t item_at(std::int64_t position, const SuiteInfo& suite, std::uint64_t seed);

/// A bijection of [0, n): where `index` goes in the order of `key`. A Feistel network with cycle
/// walking, so that no table is held (Black and Rogaway, "Ciphers with arbitrary finite domains",
/// CT-RSA 2002).
std::int64_t permuted(std::int64_t index, std::int64_t n, std::uint64_t key);

}  // namespace leitai
