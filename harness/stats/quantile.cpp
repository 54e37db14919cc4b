#include "harness/stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace leitai {

double sample_mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::optional<double> sample_sd(std::span<const double> values) {
  if (values.size() < 2) return std::nullopt;
  const double mean = sample_mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::optional<double> standard_error(std::span<const double> values) {
  const std::optional<double> sd = sample_sd(values);
  if (!sd) return std::nullopt;
  return *sd / std::sqrt(static_cast<double>(values.size()));
}

double sorted_quantile(std::span<const double> sorted, double q) {
  const double h = static_cast<double>(sorted.size() - 1) * q;
  const auto below = std::min(static_cast<std::size_t>(h), sorted.size() - 1);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (h - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Interval percentile_interval(std::span<const double> sorted, double alpha) {
  return {sorted_quantile(sorted, alpha / 2), sorted_quantile(sorted, 1 - alpha / 2)};
}

std::optional<LatencySummary> latency_summary(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  static constexpr std::pair<const char*, double> kQuantiles[] = {
      {"0", 0.0},   {"0.05", 0.05}, {"0.25", 0.25}, {"0.5", 0.5},
      {"0.9", 0.9}, {"0.95", 0.95}, {"0.99", 0.99}, {"1", 1.0}};
  LatencySummary summary;
  for (const auto& [name, q] : kQuantiles) summary.quantiles[name] = sorted_quantile(values, q);
  summary.mean = sample_mean(values);
  summary.sd = sample_sd(values);
  if (values.front() > 0) {
    double logs = 0, inverses = 0;
    for (const double value : values) {
      logs += std::log(value);
      inverses += 1 / value;
    }
    const auto n = static_cast<double>(values.size());
    summary.geometric_mean = std::exp(logs / n);
    summary.harmonic_mean = n / inverses;
  }
  return summary;
}

}  // namespace leitai
