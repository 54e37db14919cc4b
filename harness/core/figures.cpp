#include "harness/core/figures.h"

#include <fmt/format.h>

#include <cmath>

namespace leitai {

std::string signed_points(double share) {
  const double value = std::round(1000 * share) / 10;
  return value == 0 ? "0.0" : fmt::format("{:+.1f}", value);
}

std::string plain_points(double share) { return fmt::format("{:.1f}", std::abs(100 * share)); }

std::string chance_text(double p) {
  if (p < 0.001) return "< .001";
  if (p >= 0.9995) return "1";
  return fmt::format("{:.3f}", p).substr(1);
}

}  // namespace leitai
