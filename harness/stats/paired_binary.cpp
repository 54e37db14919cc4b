#include "harness/stats/paired_binary.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <limits>

#include "harness/stats/proportion.h"

namespace leitai {

namespace {

/// Twice the lower tail, before it is cut at 1.
double doubled_tail(double fewer, double more) {
  return 2 * boost::math::ibeta(more, fewer + 1, 0.5);
}

Interval clamped(double low, double high) { return {std::max(-1.0, low), std::min(1.0, high)}; }

/// Where the statistic, which falls, crosses `level`.
double tango_crossing(std::int64_t n, std::int64_t b, std::int64_t c, double level) {
  double low = -1, high = 1;
  if (tango_statistic(n, b, c, high) >= level) return high;
  if (tango_statistic(n, b, c, low) <= level) return low;
  while (true) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    (tango_statistic(n, b, c, middle) > level ? low : high) = middle;
  }
}

}  // namespace

double paired_se(const PairedTable& table) {
  const auto n = static_cast<double>(table.items()), d = static_cast<double>(table.discordant());
  const double delta = table.delta();
  return std::sqrt(std::max(0.0, d / n - delta * delta) / n);
}

std::optional<double> paired_se_unbiased(const PairedTable& table) {
  const auto n = static_cast<double>(table.items());
  if (n < 2) return std::nullopt;
  return paired_se(table) * std::sqrt(n / (n - 1));
}

double mcnemar_exact(std::int64_t b, std::int64_t c) {
  if (b == c) return 1;
  return std::min(
      1.0, doubled_tail(static_cast<double>(std::min(b, c)), static_cast<double>(std::max(b, c))));
}

double mcnemar_midp(std::int64_t b, std::int64_t c) {
  if (b == c) return 1;
  const auto fewer = static_cast<double>(std::min(b, c)),
             more = static_cast<double>(std::max(b, c));
  // P[Bin(d, 1/2) = k] = C(d, k) / 2^d as the derivative of the incomplete beta function.
  const double point = boost::math::ibeta_derivative(fewer + 1, more + 1, 0.5) / (fewer + more + 1);
  return std::clamp(doubled_tail(fewer, more) - point, 0.0, 1.0);
}

ChiSquared mcnemar_chi_squared(std::int64_t b, std::int64_t c, bool continuity) {
  if (b + c == 0) return {};
  const auto off = static_cast<double>(std::max<std::int64_t>(0, std::abs(b - c) - continuity));
  const double statistic = off * off / static_cast<double>(b + c);
  return {statistic, std::erfc(std::sqrt(statistic / 2))};
}

Interval paired_wald(const PairedTable& table, double alpha) {
  const double half = normal_quantile(1 - alpha / 2) * paired_se(table);
  return clamped(table.delta() - half, table.delta() + half);
}

Interval agresti_min(const PairedTable& table, double alpha) {
  const auto n = static_cast<double>(table.items()) + 2,
             d = static_cast<double>(table.discordant()) + 1,
             gap = static_cast<double>(table.only_a - table.only_b);
  const double half = normal_quantile(1 - alpha / 2) * std::sqrt(d - gap * gap / n) / n;
  return clamped(gap / n - half, gap / n + half);
}

Interval newcombe_paired(const PairedTable& table, NewcombePhi phi, double alpha) {
  const auto n = static_cast<double>(table.items()), a = static_cast<double>(table.both),
             b = static_cast<double>(table.only_a), c = static_cast<double>(table.only_b),
             d = static_cast<double>(table.neither);
  const Interval first = wilson(a + b, n, alpha), second = wilson(a + c, n, alpha);
  const double p1 = (a + b) / n, p2 = (a + c) / n;
  const double margins = (a + b) * (c + d) * (a + c) * (b + d);
  double product = a * d - b * c;
  if (phi == NewcombePhi::Corrected && product > 0) product = std::max(0.0, product - n / 2);
  const double correlation = margins > 0 ? product / std::sqrt(margins) : 0;
  const auto joined = [&](double x, double y) {
    return std::sqrt(std::max(0.0, x * x - 2 * correlation * x * y + y * y));
  };
  return clamped(table.delta() - joined(p1 - first.low, second.high - p2),
                 table.delta() + joined(first.high - p1, p2 - second.low));
}

double tango_statistic(std::int64_t n, std::int64_t b, std::int64_t c, double delta0) {
  const auto size = static_cast<double>(n), won = static_cast<double>(b),
             lost = static_cast<double>(c);
  const double numerator = won - lost - size * delta0;
  // The likelihood's own estimate of "only B is right" given delta0: the larger root of
  // 2N q^2 + beta q + gamma, in the form that does not cancel.
  const double beta = -won - lost + (2 * size - won + lost) * delta0;
  const double gamma = -lost * delta0 * (1 - delta0);
  const double root = std::sqrt(std::max(0.0, beta * beta - 8 * size * gamma));
  const double q = beta <= 0 ? (root - beta) / (4 * size) : -2 * gamma / (beta + root);
  const double variance = size * (2 * q + delta0 * (1 - delta0));
  if (variance > 0) return numerator / std::sqrt(variance);
  if (numerator == 0) return 0;
  return std::copysign(std::numeric_limits<double>::infinity(), numerator);
}

Interval tango(std::int64_t n, std::int64_t b, std::int64_t c, double alpha) {
  const double z = normal_quantile(1 - alpha / 2);
  return {tango_crossing(n, b, c, z), tango_crossing(n, b, c, -z)};
}

}  // namespace leitai
