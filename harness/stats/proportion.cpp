#include "harness/stats/proportion.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <numbers>

namespace leitai {

double normal_quantile(double p) {
  // erfc^-1 keeps its precision in both tails.
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * p);
}

double normal_upper_tail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

double student_quantile(double p, double df) {
  return boost::math::quantile(boost::math::students_t(df), p);
}

double student_upper_tail(double t, double df) {
  return boost::math::cdf(boost::math::complement(boost::math::students_t(df), t));
}

double student_two_sided(double t, double df) {
  return std::min(1.0, 2 * student_upper_tail(std::abs(t), df));
}

Interval wilson(double successes, double n, double alpha) {
  const double z = normal_quantile(1 - alpha / 2);
  const double p = successes / n;
  const double scale = 1 + z * z / n;
  const double centre = (p + z * z / (2 * n)) / scale;
  const double half = z * std::sqrt(std::max(0.0, p * (1 - p) / n + z * z / (4 * n * n))) / scale;
  return {successes <= 0 ? 0.0 : std::max(0.0, centre - half),
          successes >= n ? 1.0 : std::min(1.0, centre + half)};
}

Interval wilson_continuity(double successes, double n, double alpha) {
  const double z = normal_quantile(1 - alpha / 2);
  const double p = successes / n, q = 1 - p;
  const double below = z * std::sqrt(std::max(0.0, z * z - 2 - 1 / n + 4 * p * (n * q + 1)));
  const double above = z * std::sqrt(std::max(0.0, z * z + 2 - 1 / n + 4 * p * (n * q - 1)));
  const double low = (2 * n * p + z * z - 1 - below) / (2 * (n + z * z));
  const double high = (2 * n * p + z * z + 1 + above) / (2 * (n + z * z));
  return {successes <= 0 ? 0.0 : std::clamp(low, 0.0, 1.0),
          successes >= n ? 1.0 : std::clamp(high, 0.0, 1.0)};
}

Interval clopper_pearson(std::int64_t k, std::int64_t n, double alpha) {
  const auto right = static_cast<double>(k), wrong = static_cast<double>(n - k);
  return {k == 0 ? 0.0 : boost::math::ibeta_inv(right, wrong + 1, alpha / 2),
          k == n ? 1.0 : boost::math::ibetac_inv(right + 1, wrong, alpha / 2)};
}

double clopper_pearson_lower(std::int64_t k, std::int64_t n, double alpha) {
  return clopper_pearson(k, n, 2 * alpha).low;
}

Interval jeffreys(std::int64_t k, std::int64_t n, double alpha) {
  const double a = static_cast<double>(k) + 0.5, b = static_cast<double>(n - k) + 0.5;
  return {boost::math::ibeta_inv(a, b, alpha / 2), boost::math::ibetac_inv(a, b, alpha / 2)};
}

Interval agresti_coull(std::int64_t k, std::int64_t n, double alpha) {
  const double z = normal_quantile(1 - alpha / 2);
  const double size = static_cast<double>(n) + z * z;
  const double p = (static_cast<double>(k) + z * z / 2) / size;
  const double half = z * std::sqrt(p * (1 - p) / size);
  return {std::max(0.0, p - half), std::min(1.0, p + half)};
}

Difference newcombe_independent(std::int64_t k1, std::int64_t n1, std::int64_t k2, std::int64_t n2,
                                double alpha) {
  const double size1 = static_cast<double>(n1), size2 = static_cast<double>(n2);
  const double p1 = static_cast<double>(k1) / size1, p2 = static_cast<double>(k2) / size2;
  const Interval first = wilson(static_cast<double>(k1), size1, alpha),
                 second = wilson(static_cast<double>(k2), size2, alpha);
  const double delta = p1 - p2;
  return {delta,
          {delta - std::hypot(p1 - first.low, second.high - p2),
           delta + std::hypot(first.high - p1, p2 - second.low)}};
}

}  // namespace leitai
