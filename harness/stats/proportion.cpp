#include "harness/stats/proportion.h"

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <numbers>

namespace leitai {

double normal_quantile(double p) {
  // erfc^-1 keeps its precision in both tails.
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * p);
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

}  // namespace leitai
