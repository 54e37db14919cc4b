#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/contrast.h"
#include "harness/score_book.h"

namespace leitai {

/// The items of two columns of a book, side by side.
struct PairedScores {
  std::vector<ScorePair> pairs;  // items that both have a score for
  /// The same with what is missing filled in: right for A and wrong for B, and the other way round.
  std::vector<ScorePair> best, worst;
  std::int64_t missing = 0;     // items that a side, or both, failed on
  std::int64_t missing_a = 0;   // of these, A did
  std::int64_t missing_b = 0;   // B did
  std::int64_t on_neither = 0;  // items for which neither side had an answer to give
  std::int64_t failed_a = 0;    // items that A failed on
  std::int64_t failed_b = 0;
  std::int64_t not_asked_a = 0;  // items that only B has an answer to
  std::int64_t not_asked_b = 0;
  std::int64_t ungraded = 0;  // items with answers that nobody graded
  bool has_repeats = false;   // several samples of an item

  /// Share of the items that a side failed on.
  double share_missing() const {
    const auto all = static_cast<double>(pairs.size()) + static_cast<double>(missing);
    return all > 0 ? static_cast<double>(missing) / all : 0;
  }
};

/// Items that neither side could be asked (no recorded line of either), and those that one side was
/// never asked, are in no pair and miss nothing.
/// Items with the same pair key get the same cluster; so do an item and its twin.
PairedScores paired_scores(const ScoreBook& book, const ScoreBook::Column& a,
                           const ScoreBook::Column& b);

/// Without the items of controls (twins of published suites), unless there are no others.
std::vector<ScorePair> without_controls(const ScoreBook& book, const std::vector<ScorePair>& pairs);

/// Weights of the suites present in `pairs` in an index, by position in the book; those of the
/// suite `without` and its subsets are 0.
std::vector<SuiteWeight> suite_weights(const ScoreBook& book, const std::vector<ScorePair>& pairs,
                                       const std::string& without = "");

/// Weights of suites in the index: families weigh the same, in a family the suites, in a suite its
/// subsets; controls beside others weigh nothing. In the order of `suites`; they sum to 1.
std::vector<double> index_weights(const std::vector<BookSuite>& suites);

/// Names of items with a > b (`of_a`) or a < b, at most `most`: the first of each suite, then the
/// second of each.
std::vector<std::string> better_items(const ScoreBook& book, const std::vector<ScorePair>& pairs,
                                      bool of_a, std::size_t most);

}  // namespace leitai
