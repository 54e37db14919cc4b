#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/comparison.h"
#include "harness/score_book.h"

namespace leitai {

struct CompareOptions {
  double alpha = 0.05;
  std::uint64_t seed = 42;  // of random sign flips
};

/// Share of items without a score of one side above which bounds decide.
constexpr double kMostMissing = 0.005;

/// A against B on the items that both have a score for. Cost O(items).
///
/// Right or wrong items: McNemar's mid-p and Tango's interval. Graded scores: sign flip and
/// Student's t. Items that share a pair key are clusters: t by clusters and whole clusters flipped.
/// Over several suites: difference of the indices (paired_scores.h), standard error from the items'
/// influence by cluster. More than kMostMissing missing: the verdict stands only if it does so with
/// all missing answers right for one side and wrong for the other.
/// Throws Error where the two have no scored item in common.
Comparison compare(const ScoreBook& book, const std::string& a, const std::string& b,
                   const CompareOptions& options = {});

}  // namespace leitai
