#include "harness/stats/power.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>

#include "harness/stats/paired_binary.h"
#include "harness/stats/proportion.h"

namespace leitai {

double items_for_paired_binary(double p_d, double delta, const PowerOptions& options) {
  const double z_a = normal_quantile(1 - options.alpha / 2), z_b = normal_quantile(options.power);
  const double root = z_a * std::sqrt(p_d) + z_b * std::sqrt(std::max(0.0, p_d - delta * delta));
  return root * root / (delta * delta);
}

Detectable detectable_paired_binary(double n, double p_d, const PowerOptions& options) {
  // sqrt(n) delta = z_a sqrt(p_d) + z_b sqrt(p_d - delta^2), squared: a quadratic in delta.
  const double z_a = normal_quantile(1 - options.alpha / 2), z_b = normal_quantile(options.power);
  const double half = z_a * std::sqrt(n * p_d), a = n + z_b * z_b;
  const double root = std::sqrt(std::max(0.0, half * half - a * (z_a * z_a - z_b * z_b) * p_d));
  const double delta = (half + std::copysign(root, z_b)) / a;
  return {delta, delta <= p_d};
}

double detectable_by_error(double se, const PowerOptions& options) {
  return (normal_quantile(1 - options.alpha / 2) + normal_quantile(options.power)) * se;
}

double items_for_graded(const GradedDesign& design, double delta, const PowerOptions& options) {
  const double z = detectable_by_error(1, options);
  const double variance =
      design.omega2 + design.sigma2_a / design.samples_a + design.sigma2_b / design.samples_b;
  return z * z * variance / (delta * delta);
}

std::int64_t whole_items(double items) {
  return static_cast<std::int64_t>(std::ceil(items * (1 - 1e-12)));
}

McNemarPower exact_power_mcnemar(std::int64_t n, double p_b, double p_c, double alpha) {
  McNemarPower out;
  const double p_d = p_b + p_c;
  if (!(p_d > 0)) return out;
  const boost::math::binomial discordant(static_cast<double>(n), std::min(1.0, p_d));
  for (std::int64_t d = 1; d <= n; ++d) {
    const double weight = boost::math::pdf(discordant, static_cast<double>(d));
    if (weight < 1e-18) continue;
    // Both tests reject in the two tails alone.
    const boost::math::binomial split(static_cast<double>(d), p_b / p_d);
    const auto tails = [&](auto p_value) {
      std::int64_t cut = -1;  // largest min(b, c) that rejects
      while (2 * (cut + 1) < d && p_value(cut + 1, d - cut - 1) <= alpha) ++cut;
      if (cut < 0) return 0.0;
      const auto k = static_cast<double>(cut);
      return boost::math::cdf(split, k) +
             boost::math::cdf(boost::math::complement(split, static_cast<double>(d) - k - 1));
    };
    out.exact += weight * tails(mcnemar_exact);
    out.midp += weight * tails(mcnemar_midp);
  }
  return out;
}

}  // namespace leitai
