#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/core/leaderboard.h"
#include "harness/stats/paired_graded.h"

/// Items that share a passage, a template or a source problem: the cluster is the unit.
namespace leitai {

/// Mean of items and its standard error by clusters: Miller, "Adding Error Bars to Evals",
/// arXiv 2411.00640, appendix A, times the factor C / (C - 1) of few clusters. Degrees of freedom
/// C - 1. All that needs two clusters is absent for one.
struct ClusteredMean {
  std::int64_t n = 0;
  std::int64_t clusters = 0;
  double mean = 0;
  std::optional<double> se_naive;  // as if items were independent
  std::optional<double> se_cluster;
  double se_cluster_no_factor = 0;
  std::optional<double> deff_vs_naive;  // (se_cluster / se_naive)^2
  // One-way analysis of variance with clusters of unequal size.
  std::optional<double> msb;         // between clusters
  std::optional<double> msw;         // within; absent where each item is a cluster
  std::optional<double> n0;          // (n - sum m^2 / n) / (C - 1)
  std::optional<double> icc;         // (msb - msw) / (msb + (n0 - 1) msw)
  std::optional<Interval> interval;  // Student's t with C - 1, not cut to [0, 1]
  std::vector<double> cluster_sums;  // in the order in which clusters first appear
};

/// `cluster[i]` names the cluster of values[i]; equally long, not empty.
ClusteredMean clustered_mean(std::span<const double> values, std::span<const std::int64_t> cluster,
                             double alpha = 0.05);

/// Differences of two models: t test by clusters, and whole clusters flipped.
struct ClusteredDifference {
  ClusteredMean mean;
  PairedT test;  // all but the mean absent for one cluster
  SignFlip flip;
};

ClusteredDifference clustered_difference(std::span<const double> differences,
                                         std::span<const std::int64_t> cluster, double alpha = 0.05,
                                         const SignFlipOptions& options = {});

}  // namespace leitai
