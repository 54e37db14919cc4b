#include "harness/contrast.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "harness/stats/cluster.h"
#include "harness/stats/multiplicity.h"
#include "harness/stats/paired_binary.h"
#include "harness/stats/paired_graded.h"
#include "harness/stats/power.h"
#include "harness/stats/proportion.h"

namespace leitai {

namespace {

constexpr std::int64_t kFewestClusters = 10;    // for an interval by clusters
constexpr std::size_t kMostFlipped = 2000;      // differences; beyond, the t test is as good
constexpr std::int64_t kTellingDiscordant = 6;  // fewer say little about their share

bool is_binary(double score) { return score == 0 || score == 1; }

Standing standing_of(double difference, double p, double alpha) {
  if (p >= alpha || difference == 0) return Standing::Indistinguishable;
  return difference > 0 ? Standing::Ahead : Standing::Behind;
}

void fill_binary(Contrast& out, const PairedTable& table, const ContrastOptions& options) {
  out.method = "McNemar mid-p, Tango interval";
  out.difference = table.delta();
  out.p = mcnemar_midp(table.only_a, table.only_b);
  out.interval = tango(table.items(), table.only_a, table.only_b, options.alpha);
  const auto n = static_cast<double>(table.items()), d = static_cast<double>(table.discordant());
  // With next to nothing discordant the share is known by its upper bound only.
  const double p_d = table.discordant() >= kTellingDiscordant ? d / n : wilson(d, n).high;
  const PowerOptions power{options.alpha, 0.8};
  const Detectable smallest = detectable_paired_binary(n, p_d, power);
  if (smallest.feasible) out.detectable = smallest.delta;
  if (p_d > 0.01) out.items_for_a_point = items_for_paired_binary(p_d, 0.01, power);
}

/// All differences are the same, which says how rare others are, not that there are none: the
/// bounds of no discordant item among as many.
void fill_alike(Contrast& out, std::size_t units, double alpha) {
  const auto n = static_cast<double>(units);
  const Interval around = tango(static_cast<std::int64_t>(units), 0, 0, alpha);
  out.interval = Interval{std::max(-1.0, out.difference + around.low),
                          std::min(1.0, out.difference + around.high)};
  out.detectable = detectable_by_error(std::sqrt(wilson(0, n).high / n), {alpha, 0.8});
}

void fill_graded(Contrast& out, std::span<const double> differences, const SignFlipOptions& flips,
                 double alpha) {
  const PairedT test = paired_t(differences, alpha);
  out.method = "sign flip, t interval";
  out.difference = test.mean;
  out.interval = test.interval;
  const auto moving = static_cast<std::size_t>(
      std::count_if(differences.begin(), differences.end(), [](double d) { return d != 0; }));
  out.p = moving <= kMostFlipped ? sign_flip(differences, flips).p : test.p.value_or(1);
  if (moving > kMostFlipped) out.method = "t test and interval";
  if (test.se && *test.se > 0) {
    out.detectable = detectable_by_error(*test.se, {alpha, 0.8});
    out.items_for_a_point =
        static_cast<double>(differences.size()) * std::pow(*out.detectable / 0.01, 2);
  } else {
    fill_alike(out, differences.size(), alpha);
  }
}

void fill_clustered(Contrast& out, std::span<const double> differences,
                    std::span<const std::int64_t> clusters, const SignFlipOptions& flips,
                    double alpha) {
  const ClusteredDifference test = clustered_difference(differences, clusters, alpha, flips);
  out.clusters = test.mean.clusters;
  out.difference = test.mean.mean;
  out.method = "t by clusters";
  out.p = test.test.p.value_or(1);
  out.interval = test.mean.interval;
  if (out.clusters < kFewestClusters) {
    out.method = "cluster sign flip";
    out.p = test.flip.p;
    out.interval.reset();
  }
  if (test.mean.se_cluster && *test.mean.se_cluster > 0) {
    out.detectable = detectable_by_error(*test.mean.se_cluster, {alpha, 0.8});
    out.items_for_a_point =
        static_cast<double>(differences.size()) * std::pow(*out.detectable / 0.01, 2);
  } else if (out.clusters >= kFewestClusters) {
    fill_alike(out, static_cast<std::size_t>(out.clusters), alpha);
    out.p = test.flip.p;
  }
}

void count(Contrast& out, std::span<const ScorePair> pairs) {
  for (const ScorePair& pair : pairs) {
    ++out.n;
    out.won += pair.a > pair.b;
    out.lost += pair.a < pair.b;
  }
}

}  // namespace

Contrast contrast(std::span<const ScorePair> pairs, const ContrastOptions& options) {
  Contrast out;
  count(out, pairs);
  bool binary = true;
  PairedTable table;
  std::vector<double> differences;
  std::vector<std::int64_t> clusters;
  differences.reserve(pairs.size());
  clusters.reserve(pairs.size());
  for (const ScorePair& pair : pairs) {
    out.mean_a += pair.a;
    out.mean_b += pair.b;
    differences.push_back(pair.a - pair.b);
    clusters.push_back(pair.cluster);
    binary = binary && is_binary(pair.a) && is_binary(pair.b);
    table.both += pair.a == 1 && pair.b == 1;
    table.neither += pair.a == 0 && pair.b == 0;
  }
  out.mean_a /= static_cast<double>(out.n);
  out.mean_b /= static_cast<double>(out.n);
  std::vector<std::int64_t> distinct = clusters;
  std::sort(distinct.begin(), distinct.end());
  const bool is_clustered = std::adjacent_find(distinct.begin(), distinct.end()) != distinct.end();
  const SignFlipOptions flips{.seed = options.seed};
  if (is_clustered) {
    fill_clustered(out, differences, clusters, flips, options.alpha);
  } else if (binary) {
    table.only_a = out.won;
    table.only_b = out.lost;
    fill_binary(out, table, options);
  } else {
    fill_graded(out, differences, flips, options.alpha);
  }
  out.p_adjusted = out.p;
  out.standing = standing_of(out.difference, out.p, options.alpha);
  return out;
}

Contrast weighted_contrast(std::span<const ScorePair> pairs, std::span<const SuiteWeight> suites,
                           const ContrastOptions& options) {
  struct Sum {
    double n = 0, a = 0, b = 0;
  };
  std::vector<Sum> sums(suites.size());
  Contrast out;
  out.group = "index";
  for (const ScorePair& pair : pairs) {
    if (suites[pair.suite].weight == 0) continue;
    Sum& sum = sums[pair.suite];
    ++sum.n;
    sum.a += pair.a;
    sum.b += pair.b;
    ++out.n;
    out.won += pair.a > pair.b;
    out.lost += pair.a < pair.b;
  }
  double total = 0;
  for (std::size_t i = 0; i < suites.size(); ++i)
    if (sums[i].n > 0) total += suites[i].weight;
  for (std::size_t i = 0; i < suites.size(); ++i) {
    if (sums[i].n == 0) continue;
    const double scale = suites[i].weight / total / (1 - suites[i].floor);
    out.mean_a += scale * (sums[i].a / sums[i].n - suites[i].floor);
    out.mean_b += scale * (sums[i].b / sums[i].n - suites[i].floor);
  }
  out.difference = out.mean_a - out.mean_b;
  // Influence of an item on the difference, summed by cluster.
  std::unordered_map<std::int64_t, double> influence;
  influence.reserve(pairs.size());
  std::vector<bool> varies(suites.size(), false);
  for (const ScorePair& pair : pairs) {
    const Sum& sum = sums[pair.suite];
    if (sum.n < 2) continue;
    const double scale = suites[pair.suite].weight / total / (1 - suites[pair.suite].floor) / sum.n;
    const double residual = (pair.a - pair.b) - (sum.a - sum.b) / sum.n;
    varies[pair.suite] = varies[pair.suite] || std::abs(residual) > 1e-12;
    influence[pair.cluster] += scale * residual * std::sqrt(sum.n / (sum.n - 1));
  }
  double variance = 0;
  for (const auto& [cluster, value] : influence) variance += value * value;
  // Where nothing varies the spread is known by its upper bound only.
  for (std::size_t i = 0; i < suites.size(); ++i) {
    if (sums[i].n == 0 || varies[i]) continue;
    const double scale = suites[i].weight / total / (1 - suites[i].floor);
    variance += scale * scale * wilson(0, sums[i].n).high / sums[i].n;
  }
  const auto clusters = static_cast<std::int64_t>(influence.size());
  if (clusters < out.n) out.clusters = clusters;
  out.method = "t by items of each suite";
  if (clusters >= 2 && variance > 0) {
    const double se = std::sqrt(variance);
    const PairedT test =
        student_test(out.difference, se, static_cast<double>(clusters) - 1, options.alpha);
    out.p = *test.p;
    out.interval = test.interval;
    out.detectable = detectable_by_error(se, {options.alpha, 0.8});
    out.items_for_a_point = static_cast<double>(out.n) * std::pow(*out.detectable / 0.01, 2);
  }
  out.p_adjusted = out.p;
  out.standing = standing_of(out.difference, out.p, options.alpha);
  return out;
}

void adjust(std::vector<Contrast>& rows, Adjustment by, double level) {
  if (rows.size() < 2) return;
  std::vector<double> p;
  for (const Contrast& row : rows) p.push_back(row.p);
  const std::vector<double> adjusted = by == Adjustment::Holm ? holm_adjusted(p) : bh_adjusted(p);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].p_adjusted = adjusted[i];
    rows[i].adjusted_by = by == Adjustment::Holm ? "Holm" : "BH";
    rows[i].standing = standing_of(rows[i].difference, adjusted[i], level);
  }
}

}  // namespace leitai
