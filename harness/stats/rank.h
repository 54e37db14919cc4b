#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "harness/core/leaderboard.h"

namespace leitai {

/// Ranks from 1 for the smallest; equal values share their mean rank, or the smallest of theirs.
std::vector<double> average_ranks(std::span<const double> values);
std::vector<std::int64_t> minimum_ranks(std::span<const double> values);

/// Association of two equally long lists. A coefficient is absent where a list does not vary.
struct Correlations {
  std::int64_t concordant = 0;
  std::int64_t discordant = 0;
  std::optional<double> kendall_tau_b;
  std::optional<double> kendall_tau_c;  // Stuart 1953: 2 (C - D) / (n^2 (m - 1) / m)
  std::optional<double> spearman;       // of average ranks
  std::optional<double> pearson;
};

/// Cost O(n^2).
Correlations correlations(std::span<const double> x, std::span<const double> y);

/// All ranks that a model may have, 1 best.
struct RankSet {
  int low = 1;
  int high = 1;
};

/// From decisions on all pairs: [1 + number that are resolved better, M - number resolved worse].
/// `is_better(a, b)` where a is resolved to be better than b. Covers all true ranks jointly at the
/// level of the decisions (Mogstad, Romano, Shaikh, Wilhelm, Review of Economic Studies 2024).
std::vector<RankSet> rank_sets(std::size_t models,
                               const std::function<bool(std::size_t, std::size_t)>& is_better);

struct HolmRanks {
  std::vector<double> p;       // two-sided normal, pairs (0,1), (0,2) .. (1,2) ..
  std::vector<double> p_holm;  // resolved where at most alpha
  std::vector<RankSet> sets;
};

/// `pair_se` in the order of the pairs, positive.
HolmRanks rank_sets_holm(std::span<const double> means, std::span<const double> pair_se,
                         double alpha);

struct MaxTRanks {
  double critical = 0;          // 1 - alpha quantile of the largest |t| over the pairs
  std::vector<double> pair_se;  // sd of the replicates' differences
  std::vector<RankSet> sets;
  std::vector<double> p_best;  // share of replicates with that model first, ties shared
};

/// Max-T over pairs: `replicates[b][model]` are means of bootstrap replicates that drew the same
/// items for all models, at least two. Uses the dependence that Holm ignores. A pair that no
/// replicate tells apart stays unresolved. Cost O(replicates * models^2).
MaxTRanks rank_sets_max_t(std::span<const double> means,
                          std::span<const std::vector<double>> replicates, double alpha);

/// 1 + number of models whose interval lies wholly above (FastChat's "arena rank"). Not
/// simultaneous and blind to pairing: for display.
std::vector<int> arena_ranks(std::span<const Interval> intervals);

}  // namespace leitai
