#include "harness/stats/agreement.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <map>

namespace leitai {

namespace {

/// Sum of a table and the shares of its rows and columns.
struct Margins {
  double total = 0;
  std::vector<double> rows, columns;  // shares
};

Margins margins_of(AgreementTable table) {
  Margins margins;
  margins.rows.assign(table.size(), 0.0);
  margins.columns.assign(table.size(), 0.0);
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (std::size_t j = 0; j < table.size(); ++j) {
      margins.total += table[i][j];
      margins.rows[i] += table[i][j];
      margins.columns[j] += table[i][j];
    }
  }
  for (double& share : margins.rows) share /= margins.total;
  for (double& share : margins.columns) share /= margins.total;
  return margins;
}

double weight_of(KappaWeights weights, std::size_t i, std::size_t j) {
  const double distance = std::abs(static_cast<double>(i) - static_cast<double>(j));
  switch (weights) {
    case KappaWeights::None:
      return i == j ? 0 : 1;
    case KappaWeights::Linear:
      return distance;
    case KappaWeights::Quadratic:
      return distance * distance;
  }
  return 0;
}

ChanceCorrected corrected(double observed, double expected) {
  ChanceCorrected out = {observed, expected, std::nullopt};
  if (expected < 1) out.value = (observed - expected) / (1 - expected);
  return out;
}

double share_of(std::span<const int> flags) {
  double sum = 0;
  for (const int flag : flags) sum += flag != 0;
  return sum / static_cast<double>(flags.size());
}

}  // namespace

std::optional<double> krippendorff_alpha(std::span<const std::vector<std::optional<double>>> units,
                                         AlphaMetric metric) {
  std::map<double, std::map<double, double>> coincidences;
  std::map<double, double> totals;  // n_c
  double n = 0;
  for (const auto& unit : units) {
    std::map<double, double> counts;
    double values = 0;
    for (const auto& value : unit) {
      if (!value) continue;
      ++counts[*value];
      ++values;
    }
    if (values < 2) continue;
    n += values;
    for (const auto& [c, count_c] : counts) {
      totals[c] += count_c;
      for (const auto& [k, count_k] : counts)
        coincidences[c][k] += count_c * (count_k - (c == k)) / (values - 1);
    }
  }
  std::map<double, double> up_to;  // number of values <= c
  double seen = 0;
  for (const auto& [c, count] : totals) up_to[c] = seen += count;

  const auto squared_distance = [&](double c, double k) {
    double d = 0;
    switch (metric) {
      case AlphaMetric::Nominal:
        d = c != k;
        break;
      case AlphaMetric::Ordinal:
        d = up_to[std::max(c, k)] - up_to[std::min(c, k)] + totals[std::min(c, k)] -
            (totals[c] + totals[k]) / 2;
        break;
      case AlphaMetric::Interval:
        d = c - k;
        break;
      case AlphaMetric::Ratio:
        d = c + k == 0 ? 0 : (c - k) / (c + k);
        break;
    }
    return d * d;
  };
  double observed = 0, expected = 0;
  for (const auto& [c, count_c] : totals) {
    for (const auto& [k, count_k] : totals) {
      if (c == k) continue;
      const double d2 = squared_distance(c, k);
      observed += coincidences[c][k] * d2;
      expected += count_c * count_k * d2;
    }
  }
  if (expected == 0) return std::nullopt;
  return 1 - (n - 1) * observed / expected;
}

std::optional<double> cohen_kappa(AgreementTable table, KappaWeights weights) {
  const Margins margins = margins_of(table);
  if (!(margins.total > 0)) return std::nullopt;
  double observed = 0, expected = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (std::size_t j = 0; j < table.size(); ++j) {
      const double weight = weight_of(weights, i, j);
      observed += weight * table[i][j] / margins.total;
      expected += weight * margins.rows[i] * margins.columns[j];
    }
  }
  if (expected == 0) return std::nullopt;
  return 1 - observed / expected;
}

std::optional<double> cohen_kappa_se(AgreementTable table) {
  const std::optional<double> kappa = cohen_kappa(table);
  if (!kappa) return std::nullopt;
  const Margins margins = margins_of(table);
  const double off = 1 - *kappa;
  double chance = 0, diagonal = 0, rest = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    chance += margins.rows[i] * margins.columns[i];
    for (std::size_t j = 0; j < table.size(); ++j) {
      const double p = table[i][j] / margins.total;
      const double pull = margins.columns[i] + margins.rows[j];
      if (i == j)
        diagonal += p * (1 - pull * off) * (1 - pull * off);
      else
        rest += off * off * p * pull * pull;
    }
  }
  const double centre = *kappa - chance * off;
  const double variance = diagonal + rest - centre * centre;
  return std::sqrt(std::max(0.0, variance) / margins.total) / (1 - chance);
}

ChanceCorrected error_consistency(std::span<const int> right_a, std::span<const int> right_b) {
  double same = 0;
  for (std::size_t i = 0; i < right_a.size(); ++i) same += (right_a[i] != 0) == (right_b[i] != 0);
  const double a = share_of(right_a), b = share_of(right_b);
  return corrected(same / static_cast<double>(right_a.size()), a * b + (1 - a) * (1 - b));
}

ChanceCorrected capa(double observed, double accuracy_a, double accuracy_b, double wrong_share) {
  return corrected(observed,
                   accuracy_a * accuracy_b + wrong_share * (1 - accuracy_a) * (1 - accuracy_b));
}

CapaDiscrete capa_discrete(std::span<const int> gold, std::span<const int> a,
                           std::span<const int> b, std::span<const int> options) {
  CapaDiscrete out;
  std::vector<int> right_a, right_b;
  double same = 0, wrong_share = 0;
  for (std::size_t i = 0; i < gold.size(); ++i) {
    right_a.push_back(a[i] == gold[i]);
    right_b.push_back(b[i] == gold[i]);
    same += a[i] == b[i];
    wrong_share += 1.0 / (options[i] - 1);
    if (a[i] == gold[i] || b[i] == gold[i]) continue;
    ++out.both_wrong;
    out.same_wrong += a[i] == b[i];
  }
  const auto n = static_cast<double>(gold.size());
  out.accuracy_a = share_of(right_a);
  out.accuracy_b = share_of(right_b);
  out.answers = capa(same / n, out.accuracy_a, out.accuracy_b, wrong_share / n);
  out.errors = error_consistency(right_a, right_b);
  const bool even = std::all_of(options.begin(), options.end(),
                                [&](int count) { return count == options.front(); });
  if (even && options.front() > 2) {
    const auto k = static_cast<double>(out.same_wrong);
    const auto rest = static_cast<double>(out.both_wrong - out.same_wrong);
    out.p_same_wrong = k == 0 ? 1.0 : boost::math::ibeta(k, rest + 1, 1.0 / (options.front() - 1));
  }
  return out;
}

ChanceCorrected capa_probabilistic(std::span<const int> gold,
                                   std::span<const std::vector<double>> a,
                                   std::span<const std::vector<double>> b) {
  double same = 0, right_a = 0, right_b = 0, wrong_share = 0;
  for (std::size_t i = 0; i < gold.size(); ++i) {
    for (std::size_t j = 0; j < a[i].size(); ++j) same += a[i][j] * b[i][j];
    right_a += a[i][static_cast<std::size_t>(gold[i])];
    right_b += b[i][static_cast<std::size_t>(gold[i])];
    wrong_share += 1 / static_cast<double>(a[i].size() - 1);
  }
  const auto n = static_cast<double>(gold.size());
  return capa(same / n, right_a / n, right_b / n, wrong_share / n);
}

}  // namespace leitai
