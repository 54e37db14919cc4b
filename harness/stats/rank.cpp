#include "harness/stats/rank.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <set>

#include "harness/stats/multiplicity.h"
#include "harness/stats/quantile.h"

namespace leitai {

namespace {

std::vector<std::size_t> ascending(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

std::optional<double> pearson(std::span<const double> x, std::span<const double> y) {
  if (x.size() < 2) return std::nullopt;
  const double mean_x = sample_mean(x), mean_y = sample_mean(y);
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  if (!(xx > 0 && yy > 0)) return std::nullopt;
  return xy / (std::sqrt(xx) * std::sqrt(yy));
}

/// Position of pair (a, b), a < b, in the order (0,1), (0,2) .. (1,2) ..
std::size_t pair_index(std::size_t a, std::size_t b, std::size_t models) {
  return a * models - a * (a + 1) / 2 + (b - a - 1);
}

}  // namespace

std::vector<double> average_ranks(std::span<const double> values) {
  const std::vector<std::size_t> order = ascending(values);
  std::vector<double> ranks(values.size());
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = from;
    while (to < order.size() && values[order[to]] == values[order[from]]) ++to;
    for (std::size_t i = from; i < to; ++i)
      ranks[order[i]] = 0.5 * static_cast<double>(from + to + 1);
    from = to;
  }
  return ranks;
}

std::vector<std::int64_t> minimum_ranks(std::span<const double> values) {
  const std::vector<std::size_t> order = ascending(values);
  std::vector<std::int64_t> ranks(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool tied = i > 0 && values[order[i]] == values[order[i - 1]];
    ranks[order[i]] = tied ? ranks[order[i - 1]] : static_cast<std::int64_t>(i + 1);
  }
  return ranks;
}

Correlations correlations(std::span<const double> x, std::span<const double> y) {
  Correlations out;
  double untied_x = 0, untied_y = 0;  // pairs
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const int sign_x = (x[i] > x[j]) - (x[i] < x[j]), sign_y = (y[i] > y[j]) - (y[i] < y[j]);
      untied_x += sign_x != 0;
      untied_y += sign_y != 0;
      out.concordant += sign_x * sign_y > 0;
      out.discordant += sign_x * sign_y < 0;
    }
  }
  const auto score = static_cast<double>(out.concordant - out.discordant);
  if (untied_x > 0 && untied_y > 0) {
    out.kendall_tau_b = score / (std::sqrt(untied_x) * std::sqrt(untied_y));
    const auto n = static_cast<double>(x.size());
    const auto classes = static_cast<double>(
        std::min(std::set(x.begin(), x.end()).size(), std::set(y.begin(), y.end()).size()));
    out.kendall_tau_c = 2 * score / (n * n * (classes - 1) / classes);
  }
  out.spearman = pearson(average_ranks(x), average_ranks(y));
  out.pearson = pearson(x, y);
  return out;
}

std::vector<RankSet> rank_sets(std::size_t models,
                               const std::function<bool(std::size_t, std::size_t)>& is_better) {
  std::vector<RankSet> sets(models, RankSet{1, static_cast<int>(models)});
  for (std::size_t a = 0; a < models; ++a) {
    for (std::size_t b = 0; b < models; ++b) {
      if (a == b || !is_better(a, b)) continue;
      --sets[a].high;
      ++sets[b].low;
    }
  }
  return sets;
}

HolmRanks rank_sets_holm(std::span<const double> means, std::span<const double> pair_se,
                         double alpha) {
  const std::size_t models = means.size();
  HolmRanks out;
  for (std::size_t a = 0; a < models; ++a) {
    for (std::size_t b = a + 1; b < models; ++b) {
      const double z = std::abs(means[a] - means[b]) / pair_se[out.p.size()];
      out.p.push_back(std::erfc(z / std::numbers::sqrt2));
    }
  }
  out.p_holm = holm_adjusted(out.p);
  out.sets = rank_sets(models, [&](std::size_t a, std::size_t b) {
    return means[a] > means[b] &&
           out.p_holm[pair_index(std::min(a, b), std::max(a, b), models)] <= alpha;
  });
  return out;
}

MaxTRanks rank_sets_max_t(std::span<const double> means,
                          std::span<const std::vector<double>> replicates, double alpha) {
  const std::size_t models = means.size(), pairs = models * (models - 1) / 2;
  const auto n = static_cast<double>(replicates.size());
  MaxTRanks out;
  std::vector<double> sums(pairs, 0.0), squares(pairs, 0.0);
  out.p_best.assign(models, 0.0);
  for (const std::vector<double>& replicate : replicates) {
    std::size_t pair = 0;
    for (std::size_t a = 0; a < models; ++a) {
      for (std::size_t b = a + 1; b < models; ++b, ++pair) {
        // About the point estimate, which keeps the subtraction of squares harmless.
        const double d = (replicate[a] - replicate[b]) - (means[a] - means[b]);
        sums[pair] += d;
        squares[pair] += d * d;
      }
    }
    const double best = *std::max_element(replicate.begin(), replicate.end());
    const auto first = static_cast<double>(std::count(replicate.begin(), replicate.end(), best));
    for (std::size_t a = 0; a < models; ++a)
      if (replicate[a] == best) out.p_best[a] += 1 / (first * n);
  }
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const double variance = (squares[pair] - sums[pair] * sums[pair] / n) / (n - 1);
    out.pair_se.push_back(std::sqrt(std::max(0.0, variance)));
  }
  std::vector<double> largest;
  for (const std::vector<double>& replicate : replicates) {
    double t = 0;
    std::size_t pair = 0;
    for (std::size_t a = 0; a < models; ++a) {
      for (std::size_t b = a + 1; b < models; ++b, ++pair) {
        const double d = (replicate[a] - replicate[b]) - (means[a] - means[b]);
        if (out.pair_se[pair] > 0) t = std::max(t, std::abs(d) / out.pair_se[pair]);
      }
    }
    largest.push_back(t);
  }
  std::sort(largest.begin(), largest.end());
  out.critical = sorted_quantile(largest, 1 - alpha);
  out.sets = rank_sets(models, [&](std::size_t a, std::size_t b) {
    const double se = out.pair_se[pair_index(std::min(a, b), std::max(a, b), models)];
    return se > 0 && means[a] - means[b] > out.critical * se;
  });
  return out;
}

std::vector<int> arena_ranks(std::span<const Interval> intervals) {
  std::vector<int> ranks;
  for (const Interval& own : intervals) {
    int rank = 1;
    for (const Interval& other : intervals) rank += other.low > own.high;
    ranks.push_back(rank);
  }
  return ranks;
}

}  // namespace leitai
