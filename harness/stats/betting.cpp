#include "harness/stats/betting.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace leitai {

namespace {

/// count * log(1 + x), also for a count of 0 at x = -1.
double grown(std::int64_t count, double x) {
  return count == 0 ? 0 : static_cast<double>(count) * std::log1p(x);
}

double log_mixture_plus(const PairCounts& counts, double m, int bets) {
  std::vector<double> logs;
  for (int j = 1; j <= bets; ++j) {
    const double share = static_cast<double>(j) / (bets + 1);  // lambda m
    const double lambda = share / m;
    logs.push_back(grown(counts.wins, lambda * (1 - m)) + grown(counts.zeros, lambda * (0.5 - m)) +
                   grown(counts.losses, -share));
  }
  const double largest = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double log : logs) sum += std::exp(log - largest);
  return largest + std::log(sum / bets);
}

PairCounts mirrored(const PairCounts& counts) {
  return {.wins = counts.losses, .losses = counts.wins, .zeros = counts.zeros};
}

double log_mixture(const PairCounts& counts, double m, int bets) {
  const double plus = log_mixture_plus(counts, m, bets);
  const double minus = log_mixture_plus(mirrored(counts), 1 - m, bets);
  const double largest = std::max(plus, minus);
  return largest + std::log(0.5 * (std::exp(plus - largest) + std::exp(minus - largest)));
}

/// Where `is_inside` changes between `inside` and `outside`.
template <typename Predicate>
double edge(double inside, double outside, Predicate is_inside) {
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (inside + outside);
    if (middle == inside || middle == outside) break;
    (is_inside(middle) ? inside : outside) = middle;
  }
  return 0.5 * (inside + outside);
}

constexpr double kNearest = 1e-13;  // closest mean to 0 and 1 that is tried

}  // namespace

double betting_mixture_plus(const PairCounts& counts, double m, int bets) {
  return std::exp(log_mixture_plus(counts, m, bets));
}

double betting_mixture_minus(const PairCounts& counts, double m, int bets) {
  return betting_mixture_plus(mirrored(counts), 1 - m, bets);
}

Interval betting_mixture_interval(const PairCounts& counts, double alpha, int bets) {
  const auto n = static_cast<double>(counts.wins + counts.losses + counts.zeros);
  if (n == 0) return {-1, 1};
  const double mean =
      (static_cast<double>(counts.wins) + 0.5 * static_cast<double>(counts.zeros)) / n;
  const auto inside = [&](double m) { return log_mixture(counts, m, bets) < -std::log(alpha); };
  const double low = mean <= kNearest || inside(kNearest) ? 0 : edge(mean, kNearest, inside);
  const double high =
      mean >= 1 - kNearest || inside(1 - kNearest) ? 1 : edge(mean, 1 - kNearest, inside);
  return {2 * low - 1, 2 * high - 1};
}

PluginBets::PluginBets(std::vector<double> values, double alpha, double cap)
    : values_(std::move(values)), alpha_(alpha), cap_(cap) {
  double sum = 0.5, squares = 0.25, variance = 0.25;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const auto t = static_cast<double>(i + 1);
    bets_.push_back(std::sqrt(2 * std::log(2 / alpha) / (variance * t * std::log1p(t))));
    sum += values_[i];
    const double mean = sum / (t + 1);
    squares += (values_[i] - mean) * (values_[i] - mean);
    variance = squares / (t + 1);
  }
}

double PluginBets::log_plus(double m) const {
  double log = 0;
  for (std::size_t i = 0; i < values_.size(); ++i)
    log += std::log1p(std::min(bets_[i], cap_ / m) * (values_[i] - m));
  return log;
}

double PluginBets::log_minus(double m) const {
  double log = 0;
  for (std::size_t i = 0; i < values_.size(); ++i)
    log += std::log1p(-std::min(bets_[i], cap_ / (1 - m)) * (values_[i] - m));
  return log;
}

double PluginBets::plus(double m) const { return std::exp(log_plus(m)); }
double PluginBets::minus(double m) const { return std::exp(log_minus(m)); }

std::optional<Interval> PluginBets::interval() const {
  // plus() falls and minus() grows with m, so each gives one end.
  const double limit = std::log(2 / alpha_);
  const auto above = [&](double m) { return log_plus(m) < limit; };
  const auto below = [&](double m) { return log_minus(m) < limit; };
  constexpr double kLow = kNearest, kHigh = 1 - kNearest;
  if (!above(kHigh) || !below(kLow)) return std::nullopt;
  const Interval found = {above(kLow) ? 0 : edge(kHigh, kLow, above),
                          below(kHigh) ? 1 : edge(kLow, kHigh, below)};
  return found.low > found.high ? std::nullopt : std::optional(found);
}

}  // namespace leitai
