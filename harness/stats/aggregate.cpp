#include "harness/stats/aggregate.h"

#include <algorithm>
#include <cmath>

#include "harness/stats/quantile.h"

namespace leitai {

SuiteMeans suite_means(std::span<const SuiteScore> suites) {
  const auto k = static_cast<double>(suites.size());
  SuiteMeans out;
  std::vector<double> accuracies;
  double items = 0, logs = 0, inverses = 0;
  double macro_variance = 0, micro_variance = 0, pooled = 0, adjusted_variance = 0;
  bool has_errors = true, has_zero = false;
  for (const SuiteScore& suite : suites) {
    const double p = suite.accuracy, n = suite.n, span = 1 - suite.baseline;
    accuracies.push_back(p);
    items += n;
    out.micro += n * p;
    has_zero |= p <= 0;
    logs += std::log(p);
    inverses += 1 / p;
    const double adjusted = (p - suite.baseline) / span;
    out.chance_adjusted.push_back(adjusted);
    out.clipped_mean += 100 * std::max(0.0, adjusted) / k;
    if (n < 2) {
      has_errors = false;
      continue;
    }
    const double variance = p * (1 - p) / (n - 1);  // of the suite's mean
    macro_variance += variance;
    micro_variance += n * n * variance;
    pooled += (n - 1) * n * variance;
    adjusted_variance += variance / (span * span);
  }
  out.macro = sample_mean(accuracies);
  out.micro /= items;
  out.mean_adjusted = sample_mean(out.chance_adjusted);
  out.geometric = has_zero ? 0 : std::exp(logs / k);
  out.harmonic = has_zero ? 0 : k / inverses;
  out.se_random_suites = standard_error(accuracies);
  if (has_errors) {
    out.se_macro = std::sqrt(macro_variance) / k;
    out.se_micro = std::sqrt(micro_variance) / items;
    out.pooled_stderr = std::sqrt(pooled / (items - k) / items);
    out.se_mean_adjusted = std::sqrt(adjusted_variance) / k;
  }
  return out;
}

std::vector<double> mean_win_rate(std::span<const std::vector<double>> scores) {
  if (scores.size() < 2) return {};
  std::vector<double> rates;
  for (const std::vector<double>& own : scores) {
    double won = 0;
    for (const std::vector<double>& other : scores) {
      if (&other == &own) continue;
      for (std::size_t column = 0; column < own.size(); ++column)
        won += own[column] > other[column] ? 1 : own[column] == other[column] ? 0.5 : 0;
    }
    rates.push_back(won / static_cast<double>((scores.size() - 1) * own.size()));
  }
  return rates;
}

HierarchicalMean hierarchical_mean(const ScoreTree& tree) {
  HierarchicalMean out;
  double sum = 0, items = 0;
  for (const auto& [domain, suites] : tree) {
    double means = 0;
    for (const auto& [suite, scores] : suites) {
      const double mean = sample_mean(scores);
      const auto n = static_cast<double>(scores.size());
      means += mean;
      sum += mean * n;
      items += n;
    }
    const double mean = means / static_cast<double>(suites.size());
    out.domains[domain] = mean;
    out.index += 100 * mean / static_cast<double>(tree.size());
  }
  out.micro = sum / items;
  return out;
}

double polymath_difficulty_weighted(std::span<const double, 4> accuracies) {
  return (accuracies[0] + 2 * accuracies[1] + 4 * accuracies[2] + 8 * accuracies[3]) / 15;
}

}  // namespace leitai
