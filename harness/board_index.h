#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/leaderboard.h"
#include "harness/score_book.h"

namespace leitai {

/// Index and rank of one model.
struct IndexRow {
  double mean = 0;    // adjusted for chance, not cut at 0
  Interval interval;  // 95 %, BCa over items
  int rank_low = 1;
  int rank_high = 1;
  double p_best = 0;  // share of the replicates in which it leads
};

struct BoardIndex {
  std::vector<IndexRow> rows;  // in the order of the models asked for
  std::int64_t items = 0;      // that all of them have a score for
  std::int64_t left_out = 0;   // that some of them lack
  int replicates = 0;
  /// Suites without which another model would lead: suite -> that model.
  std::vector<std::pair<std::string, std::string>> leads_without;
};

/// Item scores of all models of a run: 4 bytes a score and 4 an item, 8 more where some item does
/// not stand alone.
class BoardScores {
 public:
  /// One item's score. `item`: its number, the same for all models and in no other suite. `pair` is
  /// equal for items that are not independent; 0: stands alone.
  void add(const std::string& model, const std::string& suite, std::uint32_t item,
           std::uint64_t pair, double score);

  /// Of the items of `suite` that are presentations of one question (the same pair), all of which
  /// `model` has a score for: the questions right in every presentation, of all such questions.
  Measure right_in_all(const std::string& model, const std::string& suite) const;

  /// The index of C2 in the scoring specification over `suites`: scores adjusted for chance,
  /// families of the same weight, common items only; ranks from max-T sets over a bootstrap with
  /// common draws (10,000 replicates; fewer beyond 100,000 items, at least 1,000). Absent where a
  /// suite has no item that all of `models` have a score for.
  std::optional<BoardIndex> index(std::span<const std::string> models,
                                  std::span<const BookSuite> suites, std::uint64_t seed) const;

 private:
  std::uint64_t pair_of(std::uint32_t item) const {
    return item < pairs_.size() ? pairs_[item] : 0;
  }

  std::map<std::string, std::vector<std::uint32_t>> suites_;  // items in the order they came in
  std::vector<bool> is_known_;                                // by item
  std::vector<std::uint64_t> pairs_;                          // by item; short where all are 0
  std::map<std::string, std::vector<float>> scores_;  // by model and item; not a number: none
};

}  // namespace leitai
