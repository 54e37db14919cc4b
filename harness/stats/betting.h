#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/core/leaderboard.h"

/// Tests and confidence sequences for the mean of bounded values by betting: Waudby-Smith & Ramdas,
/// "Estimating means of bounded random variables by betting", JRSS-B 86 (2024). A difference D in
/// [-1, 1] of two models enters as X = (D + 1) / 2; its mean m stands for Delta = 2 m - 1.
namespace leitai {

/// Paired items with differences +1 (wins), -1 (losses) and 0: all that the mixture depends on.
struct PairCounts {
  std::int64_t wins = 0;
  std::int64_t losses = 0;
  std::int64_t zeros = 0;
};

/// E-value against "the mean of X is at most m": mean over bets lambda_j = j / ((J + 1) m),
/// j = 1..J, of prod (1 + lambda_j (X - m)). Does not depend on the order. m in (0, 1).
double betting_mixture_plus(const PairCounts& counts, double m, int bets = 32);

/// Against "at least m".
double betting_mixture_minus(const PairCounts& counts, double m, int bets = 32);

/// Confidence sequence for Delta: every m whose two-sided e-value, the mean of both, is below
/// 1 / alpha.
Interval betting_mixture_interval(const PairCounts& counts, double alpha, int bets = 32);

/// Bets that follow the variance seen so far. The order of the values matters.
class PluginBets {
 public:
  /// lambda_t = sqrt(2 ln(2/alpha) / (variance_{t-1} t ln(1 + t))) for values in [0, 1]; no bet
  /// exceeds `cap` / m or `cap` / (1 - m).
  PluginBets(std::vector<double> values, double alpha, double cap = 0.5);

  const std::vector<double>& bets() const { return bets_; }

  double plus(double m) const;   // capital of the bets on a mean above m
  double minus(double m) const;  // below m
  double e_value(double m) const { return 0.5 * std::max(plus(m), minus(m)); }

  /// Means with e_value(m) < 1 / alpha after the last value (not the running intersection); absent
  /// where no mean is left.
  std::optional<Interval> interval() const;

 private:
  double log_plus(double m) const;
  double log_minus(double m) const;

  std::vector<double> values_;
  std::vector<double> bets_;
  double alpha_;
  double cap_;
};

}  // namespace leitai
