#include "harness/stats/flaky.h"

#include <algorithm>
#include <boost/math/distributions/hypergeometric.hpp>

#include "harness/stats/multiplicity.h"

namespace leitai {

double flakiness(std::int64_t passes, std::int64_t samples) {
  const double p = static_cast<double>(passes) / static_cast<double>(samples);
  return 4 * p * (1 - p);
}

double jeffreys_mean(std::int64_t passes, std::int64_t samples) {
  return (static_cast<double>(passes) + 0.5) / (static_cast<double>(samples) + 1);
}

double fisher_exact(std::int64_t passes_a, std::int64_t samples_a, std::int64_t passes_b,
                    std::int64_t samples_b) {
  const std::int64_t passes = passes_a + passes_b, all = samples_a + samples_b;
  const boost::math::hypergeometric tables(static_cast<std::uint64_t>(passes),
                                           static_cast<std::uint64_t>(samples_a),
                                           static_cast<std::uint64_t>(all));
  const double seen = boost::math::pdf(tables, static_cast<std::uint64_t>(passes_a));
  double p = 0;
  for (std::int64_t k = std::max<std::int64_t>(0, passes - samples_b);
       k <= std::min(passes, samples_a); ++k) {
    const double likely = boost::math::pdf(tables, static_cast<std::uint64_t>(k));
    if (likely <= seen * (1 + 1e-9)) p += likely;
  }
  return std::min(1.0, p);
}

std::vector<ItemChange> changed_items(std::span<const std::int64_t> a,
                                      std::span<const std::int64_t> b, std::int64_t samples_a,
                                      std::int64_t samples_b, double alpha) {
  std::vector<double> p;
  for (std::size_t i = 0; i < a.size(); ++i)
    p.push_back(fisher_exact(a[i], samples_a, b[i], samples_b));
  const std::vector<double> adjusted = bh_adjusted(p);
  std::vector<ItemChange> changed;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (adjusted[i] <= alpha) changed.push_back({i, p[i], adjusted[i]});
  return changed;
}

}  // namespace leitai
