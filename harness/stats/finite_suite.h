#pragma once

#include <cstdint>
#include <optional>

#include "harness/stats/betting.h"

/// What the full run of a finite suite would print, from the part seen so far in random order:
/// prior-posterior ratio with a uniform prior (Waudby-Smith & Ramdas, "Confidence sequences for
/// sampling without replacement", NeurIPS 2020). Ends with certainty when all is seen.
namespace leitai {

/// Ratio for "theta of the n items are right" after `successes` of `seen`; infinite for a theta
/// that what was seen rules out.
double prior_posterior_ratio(std::int64_t n, std::int64_t seen, std::int64_t successes,
                             std::int64_t theta);

struct CountRange {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// Confidence sequence for theta: all with a ratio below 1 / alpha. 0 <= successes <= seen <= n.
CountRange finite_suite_range(std::int64_t n, std::int64_t seen, std::int64_t successes,
                              double alpha);

/// For (items that only A gets right) - (only B) in the full suite of n. Cost O(n^2).
CountRange finite_suite_paired_range(std::int64_t n, const PairCounts& seen, double alpha);

enum class Leader { A, B };

/// The model certified to end ahead; absent while open. Looks at the ties alone, beyond which the
/// ratio only grows: cost O(n).
std::optional<Leader> finite_suite_leader(std::int64_t n, const PairCounts& seen, double alpha);

}  // namespace leitai
