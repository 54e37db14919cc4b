#include "harness/stats/cluster.h"

#include <cmath>
#include <unordered_map>

#include "harness/stats/quantile.h"

namespace leitai {

ClusteredMean clustered_mean(std::span<const double> values, std::span<const std::int64_t> cluster,
                             double alpha) {
  ClusteredMean out;
  std::unordered_map<std::int64_t, std::size_t> index;
  std::vector<double> sizes;
  std::vector<std::size_t> of(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto [at, is_new] = index.try_emplace(cluster[i], sizes.size());
    if (is_new) {
      sizes.push_back(0);
      out.cluster_sums.push_back(0);
    }
    of[i] = at->second;
    sizes[of[i]] += 1;
    out.cluster_sums[of[i]] += values[i];
  }
  out.n = static_cast<std::int64_t>(values.size());
  out.clusters = static_cast<std::int64_t>(sizes.size());
  out.mean = sample_mean(values);
  out.se_naive = standard_error(values);
  const auto n = static_cast<double>(out.n), c = static_cast<double>(out.clusters);
  double squares = 0, between = 0, within = 0, size_squares = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double residual = out.cluster_sums[i] - sizes[i] * out.mean;
    squares += residual * residual;
    between += residual * residual / sizes[i];
    size_squares += sizes[i] * sizes[i];
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double residual = values[i] - out.cluster_sums[of[i]] / sizes[of[i]];
    within += residual * residual;
  }
  out.se_cluster_no_factor = std::sqrt(squares) / n;
  if (out.clusters < 2) return out;
  out.se_cluster = out.se_cluster_no_factor * std::sqrt(c / (c - 1));
  if (out.se_naive && *out.se_naive > 0)
    out.deff_vs_naive = (*out.se_cluster / *out.se_naive) * (*out.se_cluster / *out.se_naive);
  out.msb = between / (c - 1);
  out.n0 = (n - size_squares / n) / (c - 1);
  if (out.n > out.clusters) {
    out.msw = within / (n - c);
    const double total = *out.msb + (*out.n0 - 1) * *out.msw;
    if (total > 0) out.icc = (*out.msb - *out.msw) / total;
  }
  out.interval = student_test(out.mean, *out.se_cluster, c - 1, alpha).interval;
  return out;
}

ClusteredDifference clustered_difference(std::span<const double> differences,
                                         std::span<const std::int64_t> cluster, double alpha,
                                         const SignFlipOptions& options) {
  ClusteredDifference out;
  out.mean = clustered_mean(differences, cluster, alpha);
  out.test.mean = out.mean.mean;
  if (out.mean.se_cluster)
    out.test = student_test(out.mean.mean, *out.mean.se_cluster,
                            static_cast<double>(out.mean.clusters) - 1, alpha);
  out.flip = sign_flip(out.mean.cluster_sums, options);
  return out;
}

}  // namespace leitai
