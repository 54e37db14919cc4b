#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/leaderboard.h"

namespace leitai {

/// Arithmetic mean. `values` must not be empty.
double sample_mean(std::span<const double> values);

/// Standard deviation with n - 1; absent below two values.
std::optional<double> sample_sd(std::span<const double> values);

/// sd / sqrt(n): the standard error of the mean of independent values; absent below two.
std::optional<double> standard_error(std::span<const double> values);

/// Quantile of ascending `sorted` by linear interpolation, h = (n - 1) q: type 7 of Hyndman & Fan,
/// "Sample quantiles in statistical packages", The American Statistician 50 (1996). Not empty,
/// q in [0, 1].
double sorted_quantile(std::span<const double> sorted, double q);

/// Both tails of alpha / 2.
Interval percentile_interval(std::span<const double> sorted, double alpha);

/// What is published about a set of latencies, in the unit of the values.
struct LatencySummary {
  std::map<std::string, double> quantiles;  // "0" "0.05" "0.25" "0.5" "0.9" "0.95" "0.99" "1"
  double mean = 0;
  std::optional<double> geometric_mean;  // absent where a value is not positive
  std::optional<double> harmonic_mean;   // absent where a value is not positive
  std::optional<double> sd;
};

/// Absent for no values.
std::optional<LatencySummary> latency_summary(std::vector<double> values);

}  // namespace leitai
