#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "harness/config.h"
#include "harness/core/suite.h"
#include "harness/item_outcome.h"
#include "harness/stats/betting.h"

namespace leitai {

/// How the comparison of one suite stands.
struct StopState {
  std::string suite;
  std::string rule;           // "sequential", "finite"
  double alpha = 0.05;        // of this suite: that of the run over the number of suites
  std::int64_t items = 0;     // of the whole suite
  std::int64_t seen = 0;      // in order, by both
  PairCounts counts;          // over what was seen; wins are the first model's
  double e_value = 1;         // largest so far; sequential: p = 1 / e
  std::optional<int> leader;  // 0 or 1: certified
};

/// Anytime-valid comparison of two models while they answer (scoring specification B12). Items are
/// taken in the random order that the run's seed fixed before anything was asked, whatever order
/// answers arrive in; a suite is decided as soon as the evidence is enough, and nothing of it need
/// be asked any more. Items without a score of either side are passed over for both.
///
/// `sequential`: which is better on items like these. Beta mixture over discordant items (a = 10
/// where 75 or more are expected at one in five, else 1); graded scores by betting, looked at every
/// 16 items. `finite`: which would be ahead at the end of this suite (prior-posterior ratio).
/// The error rate holds over all suites (Bonferroni). Thread-safe.
class EarlyStop {
 public:
  /// Throws Error unless there are exactly two models.
  EarlyStop(const RunConfig& config, std::span<const std::unique_ptr<Suite>> suites);

  /// The outcome of the item at place `position` of a suite's order, over all its samples. A second
  /// one for the same place is ignored.
  void place(std::size_t model, const std::string& suite, std::int64_t position,
             const ItemOutcome& outcome);

  bool is_decided(const std::string& suite) const;

  /// First position that is not yet seen by both.
  std::int64_t frontier(const std::string& suite) const;

  std::vector<StopState> states() const;

 private:
  struct Cell {
    float score[2] = {0, 0};
    bool is_there[2] = {false, false};
    bool is_missing = false;
  };
  struct Progress {
    StopState state;
    double a = 10;  // of the beta mixture
    std::int64_t frontier = 0;
    std::vector<Cell> cells;     // by position, as far as something arrived
    std::vector<double> values;  // of graded differences, as (d + 1) / 2
    std::size_t looked = 0;      // values at the last look
    bool is_graded = false;
  };
  void advance(Progress& progress);
  void judge(Progress& progress);

  mutable std::mutex mutex_;
  std::map<std::string, Progress> suites_;  // guarded by mutex_
};

/// "gsm8k: A is ahead, certain after 180 of 1,319 items ...".
std::string stop_sentence(const StopState& state, const std::string& first,
                          const std::string& second);

}  // namespace leitai
