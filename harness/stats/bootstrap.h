#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "harness/core/leaderboard.h"

/// Bootstrap of the independent unit (Efron 1979). Every draw comes from SplitMix64 in
/// replicate-major order, index = below(n), so that another program repeats the replicates to the
/// bit. Standard errors are the standard deviation (n - 1) of the replicates and hence do not
/// depend on their number. Intervals are type-7 quantiles. All lists given must not be empty.
namespace leitai {

struct BootstrapOptions {
  std::uint64_t seed = 0;
  int replicates = 10000;  // at least 1
  double alpha = 0.05;
};

/// Bias-corrected and accelerated interval: Efron, "Better bootstrap confidence intervals", JASA 82
/// (1987). Replicates equal to the estimate count one half.
struct Bca {
  std::int64_t less = 0;
  std::int64_t equal = 0;
  std::optional<double> z0;            // absent: the estimate lies outside all replicates
  std::optional<double> acceleration;  // absent: the leave-one-out values do not vary
  std::optional<std::array<double, 2>> levels;
  std::optional<Interval> interval;
};

/// `sorted` replicates ascending, `leave_one_out` the statistic without each unit.
Bca bca(std::span<const double> sorted, double estimate, std::span<const double> leave_one_out,
        double alpha);

/// The same, where the `n` values are given one by one, in order, each time anew: none is kept.
using Values = std::function<void(const std::function<void(double)>&)>;
Bca bca(std::span<const double> sorted, double estimate, std::size_t n, const Values& leave_one_out,
        double alpha);

struct BootstrapMean {
  double mean = 0;
  std::vector<double> sums;  // of each replicate, in order, before the division
  std::optional<double> se;
  Interval percentile;
  Bca bca;
};

/// Mean of values / denominator. Ties between replicates and estimate, which BCa counts, are exact
/// where the values are whole numbers: scale graded scores by a fixed denominator.
BootstrapMean bootstrap_mean(std::span<const double> values, double denominator,
                             const BootstrapOptions& options);

struct BootstrapDifference {
  double delta = 0;
  std::vector<double> sums;
  std::optional<double> se;
  Interval percentile;
  double share_le_0 = 0;   // of the replicates
  double p_two_sided = 1;  // 2 (min(#{<= 0}, #{>= 0}) + 1) / (B + 1), at most 1
};

/// Mean of the differences of two models on the same items.
BootstrapDifference bootstrap_paired_difference(std::span<const double> differences,
                                                const BootstrapOptions& options);

struct BootstrapRatio {
  double mean = 0;
  std::vector<std::array<double, 2>> replicates;  // sum of scores, number of items
  std::optional<double> se;
  Interval percentile;
};

/// Whole clusters are drawn; the statistic is the sum of scores over the number of items.
BootstrapRatio bootstrap_clusters_ratio(std::span<const std::vector<double>> clusters,
                                        const BootstrapOptions& options);

enum class SuiteDraw {
  Fixed,   // stratified: items within each suite
  Random,  // two levels: a suite, then its items, left to right
};

struct BootstrapSuites {
  double mean = 0;  // of the replicates
  std::vector<double> replicates;
  std::optional<double> sd;
  Interval percentile;
};

/// Unweighted mean of suite means.
BootstrapSuites bootstrap_suites(std::span<const std::vector<double>> suites, SuiteDraw draw,
                                 const BootstrapOptions& options);

}  // namespace leitai
