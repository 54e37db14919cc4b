#include "harness/stats/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "harness/core/random.h"
#include "harness/stats/proportion.h"
#include "harness/stats/quantile.h"

namespace leitai {

namespace {

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

/// Sum of n values drawn with replacement.
double draw_sum(std::span<const double> values, SplitMix64& random) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += values[random.below(values.size())];
  return sum;
}

double draw_mean(std::span<const double> values, SplitMix64& random) {
  return draw_sum(values, random) / static_cast<double>(values.size());
}

std::vector<double> sorted_copy(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

/// Each of `values` divided by `divisor`.
std::vector<double> scaled(std::vector<double> values, double divisor) {
  for (double& value : values) value /= divisor;
  return values;
}

double total(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

std::vector<double> replicate_sums(std::span<const double> values,
                                   const BootstrapOptions& options) {
  SplitMix64 random(options.seed);
  std::vector<double> sums(static_cast<std::size_t>(options.replicates));
  for (double& sum : sums) sum = draw_sum(values, random);
  return sums;
}

}  // namespace

Bca bca(std::span<const double> sorted, double estimate, std::span<const double> leave_one_out,
        double alpha) {
  return bca(
      sorted, estimate, leave_one_out.size(),
      [&](const std::function<void(double)>& visit) {
        for (const double value : leave_one_out) visit(value);
      },
      alpha);
}

Bca bca(std::span<const double> sorted, double estimate, std::size_t n, const Values& leave_one_out,
        double alpha) {
  Bca result;
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), estimate);
  result.less = first - sorted.begin();
  result.equal = last - first;
  const double below =
      (static_cast<double>(result.less) + 0.5 * static_cast<double>(result.equal)) /
      static_cast<double>(sorted.size());
  if (below > 0 && below < 1) result.z0 = normal_quantile(below);
  if (n > 1) {
    double sum = 0, squares = 0, cubes = 0;
    leave_one_out([&](double value) { sum += value; });
    const double centre = sum / static_cast<double>(n);
    leave_one_out([&](double value) {
      const double d = centre - value;
      squares += d * d;
      cubes += d * d * d;
    });
    // Below the rounding of the values themselves there is no variation.
    const double noise = 1e-14 * std::max(1e-300, std::abs(centre));
    if (squares > noise * noise * static_cast<double>(n))
      result.acceleration = cubes / (6 * std::pow(squares, 1.5));
  }
  if (!result.z0 || !result.acceleration) return result;
  const double z0 = *result.z0, a = *result.acceleration;
  const auto level = [&](double q) {
    const double z = z0 + normal_quantile(q);
    return normal_cdf(z0 + z / (1 - a * z));
  };
  result.levels = {level(alpha / 2), level(1 - alpha / 2)};
  result.interval = Interval{sorted_quantile(sorted, (*result.levels)[0]),
                             sorted_quantile(sorted, (*result.levels)[1])};
  return result;
}

BootstrapMean bootstrap_mean(std::span<const double> values, double denominator,
                             const BootstrapOptions& options) {
  const auto n = static_cast<double>(values.size());
  BootstrapMean result;
  result.sums = replicate_sums(values, options);
  const double sum = total(values), scale = n * denominator;
  result.mean = sum / scale;
  const std::vector<double> sorted = sorted_copy(scaled(result.sums, scale));
  result.se = sample_sd(sorted);
  result.percentile = percentile_interval(sorted, options.alpha);
  std::vector<double> leave_one_out;
  if (values.size() > 1) {
    leave_one_out.reserve(values.size());
    for (const double value : values)
      leave_one_out.push_back((sum - value) / ((n - 1) * denominator));
  }
  result.bca = bca(sorted, result.mean, leave_one_out, options.alpha);
  return result;
}

BootstrapDifference bootstrap_paired_difference(std::span<const double> differences,
                                                const BootstrapOptions& options) {
  const auto n = static_cast<double>(differences.size());
  BootstrapDifference result;
  result.sums = replicate_sums(differences, options);
  result.delta = total(differences) / n;
  const std::vector<double> sorted = sorted_copy(scaled(result.sums, n));
  result.se = sample_sd(sorted);
  result.percentile = percentile_interval(sorted, options.alpha);
  double at_most_0 = 0, at_least_0 = 0;
  for (const double sum : result.sums) {
    at_most_0 += sum <= 0;
    at_least_0 += sum >= 0;
  }
  const auto replicates = static_cast<double>(result.sums.size());
  result.share_le_0 = at_most_0 / replicates;
  result.p_two_sided = std::min(1.0, 2 * (std::min(at_most_0, at_least_0) + 1) / (replicates + 1));
  return result;
}

BootstrapRatio bootstrap_clusters_ratio(std::span<const std::vector<double>> clusters,
                                        const BootstrapOptions& options) {
  std::vector<std::array<double, 2>> parts;  // of each cluster
  parts.reserve(clusters.size());
  double sum = 0, items = 0;
  for (const std::vector<double>& cluster : clusters) {
    parts.push_back({total(cluster), static_cast<double>(cluster.size())});
    sum += parts.back()[0];
    items += parts.back()[1];
  }
  BootstrapRatio result;
  result.mean = sum / items;
  SplitMix64 random(options.seed);
  std::vector<double> ratios;
  for (int b = 0; b < options.replicates; ++b) {
    std::array<double, 2> replicate = {0, 0};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::array<double, 2>& part = parts[random.below(parts.size())];
      replicate[0] += part[0];
      replicate[1] += part[1];
    }
    result.replicates.push_back(replicate);
    ratios.push_back(replicate[0] / replicate[1]);
  }
  std::sort(ratios.begin(), ratios.end());
  result.se = sample_sd(ratios);
  result.percentile = percentile_interval(ratios, options.alpha);
  return result;
}

BootstrapSuites bootstrap_suites(std::span<const std::vector<double>> suites, SuiteDraw draw,
                                 const BootstrapOptions& options) {
  BootstrapSuites result;
  SplitMix64 random(options.seed);
  for (int b = 0; b < options.replicates; ++b) {
    double sum = 0;
    for (std::size_t j = 0; j < suites.size(); ++j)
      sum += draw_mean(suites[draw == SuiteDraw::Fixed ? j : random.below(suites.size())], random);
    result.replicates.push_back(sum / static_cast<double>(suites.size()));
  }
  const std::vector<double> sorted = sorted_copy(result.replicates);
  result.mean = sample_mean(sorted);
  result.sd = sample_sd(sorted);
  result.percentile = percentile_interval(sorted, options.alpha);
  return result;
}

}  // namespace leitai
