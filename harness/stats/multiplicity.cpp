#include "harness/stats/multiplicity.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace leitai {

namespace {

template <typename Before>
std::vector<std::size_t> ordered(std::span<const double> values, Before before) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return before(values[a], values[b]); });
  return order;
}

/// Smallest of factor(rank) p(rank) from this rank up; ranks from 1, p ascending.
template <typename Factor>
std::vector<double> step_up(std::span<const double> p, Factor factor) {
  const std::vector<std::size_t> order = ordered(p, std::less<>());
  std::vector<double> adjusted(p.size());
  double smallest = 1;
  for (std::size_t rank = p.size(); rank >= 1; --rank) {
    smallest = std::min(smallest, factor(static_cast<double>(rank)) * p[order[rank - 1]]);
    adjusted[order[rank - 1]] = smallest;
  }
  return adjusted;
}

constexpr double kRounding = 1 - 1e-12;  // an e-value that equals its threshold is rejected

}  // namespace

std::vector<double> holm_adjusted(std::span<const double> p) {
  const std::vector<std::size_t> order = ordered(p, std::less<>());
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - i) * p[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

std::vector<double> hochberg_adjusted(std::span<const double> p) {
  const auto m = static_cast<double>(p.size());
  return step_up(p, [m](double rank) { return m - rank + 1; });
}

std::vector<double> bonferroni_adjusted(std::span<const double> p) {
  std::vector<double> adjusted;
  for (const double value : p)
    adjusted.push_back(std::min(1.0, static_cast<double>(p.size()) * value));
  return adjusted;
}

std::vector<double> bh_adjusted(std::span<const double> p) {
  const auto m = static_cast<double>(p.size());
  return step_up(p, [m](double rank) { return m / rank; });
}

std::vector<double> by_adjusted(std::span<const double> p) {
  double harmonic = 0;
  for (std::size_t i = 1; i <= p.size(); ++i) harmonic += 1 / static_cast<double>(i);
  const double m = static_cast<double>(p.size()) * harmonic;
  return step_up(p, [m](double rank) { return m / rank; });
}

std::vector<std::size_t> e_bh_rejected(std::span<const double> e, double alpha) {
  const std::vector<std::size_t> order = ordered(e, std::greater<>());
  const auto m = static_cast<double>(e.size());
  std::size_t count = 0;
  for (std::size_t k = 1; k <= order.size(); ++k)
    if (e[order[k - 1]] * alpha * static_cast<double>(k) >= m * kRounding) count = k;
  std::vector<std::size_t> rejected(order.begin(),
                                    order.begin() + static_cast<std::ptrdiff_t>(count));
  std::sort(rejected.begin(), rejected.end());
  return rejected;
}

std::vector<std::size_t> e_bonferroni_rejected(std::span<const double> e, double alpha) {
  std::vector<std::size_t> rejected;
  for (std::size_t i = 0; i < e.size(); ++i)
    if (e[i] * alpha >= static_cast<double>(e.size()) * kRounding) rejected.push_back(i);
  return rejected;
}

}  // namespace leitai
