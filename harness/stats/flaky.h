#pragma once

#include <cstdint>
#include <span>
#include <vector>

/// Items whose verdict changes from sample to sample, or from run to run.
namespace leitai {

/// 4 (c / K) (1 - c / K): 0 for an item that always passes or never does, 1 for a coin toss.
double flakiness(std::int64_t passes, std::int64_t samples);

/// Posterior mean under Jeffreys' prior: (c + 1/2) / (K + 1).
double jeffreys_mean(std::int64_t passes, std::int64_t samples);

/// Two-sided p of "both runs pass this item equally often" (Fisher 1922): the sum of all tables
/// with the same margins that are no likelier than the one seen.
double fisher_exact(std::int64_t passes_a, std::int64_t samples_a, std::int64_t passes_b,
                    std::int64_t samples_b);

/// Items that changed between two runs: Fisher's test of each, Benjamini-Hochberg over all.
/// One item never decides a gate.
struct ItemChange {
  std::size_t item = 0;
  double p = 1;
  double p_bh = 1;
};

/// `a[i]` and `b[i]` passes of `samples` each; equally long. Those with p_bh <= alpha.
std::vector<ItemChange> changed_items(std::span<const std::int64_t> a,
                                      std::span<const std::int64_t> b, std::int64_t samples_a,
                                      std::int64_t samples_b, double alpha = 0.1);

}  // namespace leitai
