#include "harness/stats/sequential.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <numbers>

namespace leitai {

namespace {

long double log_beta(long double a, long double b) {
  return boost::math::lgamma(a) + boost::math::lgamma(b) - boost::math::lgamma(a + b);
}

/// "E >= 1/alpha" that rounding does not undo where both sides are equal.
bool reaches(double log_e, double alpha) { return log_e >= -std::log(alpha) - 1e-12; }

}  // namespace

double log_beta_mixture(std::int64_t w, std::int64_t l, double a) {
  if (w + l == 0) return 0;
  const auto wins = static_cast<long double>(w), losses = static_cast<long double>(l);
  return static_cast<double>((wins + losses) * std::numbers::ln2_v<long double> +
                             log_beta(a + wins, a + losses) - log_beta(a, a));
}

double beta_mixture(std::int64_t w, std::int64_t l, double a) {
  return std::exp(log_beta_mixture(w, l, a));
}

double beta_mixture_one_sided(std::int64_t w, std::int64_t l, double a) {
  const double better =
      boost::math::ibeta(a + static_cast<double>(l), a + static_cast<double>(w), 0.5);
  return 2 * better * beta_mixture(w, l, a);
}

std::optional<std::int64_t> beta_mixture_boundary(std::int64_t d, double a, double alpha) {
  // E grows from d/2 wins on.
  std::int64_t low = (d + 1) / 2, high = d;
  if (!reaches(log_beta_mixture(d, 0, a), alpha)) return std::nullopt;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (reaches(log_beta_mixture(middle, d - middle, a), alpha))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

AnytimePath anytime_p_path(std::span<const int> differences, double a, double alpha) {
  AnytimePath path;
  std::int64_t w = 0, l = 0;
  double best = 0;  // largest log E
  for (const int difference : differences) {
    w += difference > 0;
    l += difference < 0;
    if (difference != 0) best = std::max(best, log_beta_mixture(w, l, a));
    path.p.push_back(std::min(1.0, std::exp(-best)));
    if (!path.stop_at && reaches(best, alpha))
      path.stop_at = static_cast<std::int64_t>(path.p.size());
  }
  return path;
}

AsymptoticCs asymptotic_cs(double t_star, double sigma, double t, double alpha) {
  const double level = -2 * std::log(alpha);
  const double rho2 = (level + std::log(1 + level)) / t_star;
  const double scaled = t * rho2 + 1;
  return {.rho = std::sqrt(rho2),
          .half_width =
              sigma * std::sqrt(2 * scaled / (t * t * rho2) * std::log(std::sqrt(scaled) / alpha))};
}

double msprt(double n, double variance, double tau2, double theta_hat) {
  const double widened = variance + n * tau2;
  return std::sqrt(variance / widened) *
         std::exp(n * n * tau2 * theta_hat * theta_hat / (2 * variance * widened));
}

}  // namespace leitai
