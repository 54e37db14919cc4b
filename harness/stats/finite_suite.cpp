#include "harness/stats/finite_suite.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "harness/stats/log_factorial.h"

namespace leitai {

namespace {

std::size_t index(std::int64_t n) { return static_cast<std::size_t>(n); }

/// Log of the ratio of one theta.
class SingleRatio {
 public:
  SingleRatio(std::int64_t n, std::int64_t seen, std::int64_t successes)
      : n_(n), seen_(seen), successes_(successes), logs_(index(n) + 1) {
    constant_ =
        logs_.choose(index(n + 1), index(seen + 1)) - std::log(static_cast<long double>(n + 1));
  }

  long double operator()(std::int64_t theta) const {
    if (theta < successes_ || n_ - theta < seen_ - successes_)
      return std::numeric_limits<long double>::infinity();
    return constant_ - logs_.choose(index(theta), index(successes_)) -
           logs_.choose(index(n_ - theta), index(seen_ - successes_));
  }

 private:
  std::int64_t n_, seen_, successes_;
  LogFactorials logs_;
  long double constant_ = 0;
};

/// Log of the ratio of (only A, only B, neither or both) counts of the full suite.
class PairedRatio {
 public:
  PairedRatio(std::int64_t n, const PairCounts& seen) : n_(n), seen_(seen), logs_(index(n) + 2) {
    const std::int64_t t = seen.wins + seen.losses + seen.zeros;
    constant_ = logs_.choose(index(n + 2), index(t + 2)) - logs_.choose(index(n + 2), 2);
  }

  /// Smallest over all triples with wins - losses = `difference`; infinite if there is none.
  long double smallest(std::int64_t difference) const {
    long double best = std::numeric_limits<long double>::infinity();
    const std::int64_t from = std::max(seen_.losses, seen_.wins - difference);
    for (std::int64_t losses = from;; ++losses) {
      const std::int64_t wins = losses + difference, zeros = n_ - wins - losses;
      if (zeros < seen_.zeros) return best;
      best = std::min(best, constant_ - logs_.choose(index(wins), index(seen_.wins)) -
                                logs_.choose(index(losses), index(seen_.losses)) -
                                logs_.choose(index(zeros), index(seen_.zeros)));
    }
  }

 private:
  std::int64_t n_;
  PairCounts seen_;
  LogFactorials logs_;
  long double constant_ = 0;
};

/// Log of 1 / alpha, lowered by what rounding may add to an equal ratio.
long double limit_of(double alpha) { return -std::log(static_cast<long double>(alpha)) - 1e-15L; }

}  // namespace

double prior_posterior_ratio(std::int64_t n, std::int64_t seen, std::int64_t successes,
                             std::int64_t theta) {
  return static_cast<double>(std::exp(SingleRatio(n, seen, successes)(theta)));
}

CountRange finite_suite_range(std::int64_t n, std::int64_t seen, std::int64_t successes,
                              double alpha) {
  const SingleRatio ratio(n, seen, successes);
  const long double limit = limit_of(alpha);
  CountRange range = {successes, n - (seen - successes)};
  while (range.low < range.high && ratio(range.low) >= limit) ++range.low;
  while (range.high > range.low && ratio(range.high) >= limit) --range.high;
  return range;
}

CountRange finite_suite_paired_range(std::int64_t n, const PairCounts& seen, double alpha) {
  const PairedRatio ratio(n, seen);
  const long double limit = limit_of(alpha);
  const std::int64_t unseen = n - seen.wins - seen.losses - seen.zeros;
  const std::int64_t lead = seen.wins - seen.losses;
  CountRange range = {lead - unseen, lead + unseen};
  while (range.low < range.high && ratio.smallest(range.low) >= limit) ++range.low;
  while (range.high > range.low && ratio.smallest(range.high) >= limit) --range.high;
  return range;
}

std::optional<Leader> finite_suite_leader(std::int64_t n, const PairCounts& seen, double alpha) {
  const std::int64_t lead = seen.wins - seen.losses;
  if (lead == 0) return std::nullopt;
  const PairedRatio ratio(n, seen);
  const std::int64_t away = lead > 0 ? -1 : 1;  // a full suite of other parity may miss the tie
  const long double limit = limit_of(alpha);
  if (ratio.smallest(0) < limit || ratio.smallest(away) < limit) return std::nullopt;
  return lead > 0 ? Leader::A : Leader::B;
}

}  // namespace leitai
