#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace leitai {

/// Chance that at least one of k samples is right, from c right ones among n: 1 - C(n-c,k)/C(n,k).
/// Chen et al., "Evaluating large language models trained on code" (2021). Absent for k > n or
/// k < 1: not defined with fewer samples than asked for.
std::optional<double> pass_at_k(std::int64_t n, std::int64_t c, std::int64_t k);

/// pass^k, the chance that all k samples are right: C(c,k)/C(n,k). Absent for k > n or k < 1.
std::optional<double> pass_hat_k(std::int64_t n, std::int64_t c, std::int64_t k);

/// 1 - (1 - c/n)^k: too low on average; for comparison with boards that print it.
double pass_at_k_plug_in(std::int64_t n, std::int64_t c, std::int64_t k);

/// Votes of one item's samples; an absent answer does not vote.
using Votes = std::span<const std::optional<std::string>>;

/// Index of the winner among the first k samples, where it occurs first; of several answers with
/// the most votes the one that occurs first wins. Absent where nobody votes.
std::optional<std::size_t> majority_of_first(Votes votes, std::size_t k);

/// maj@k: expectation, over all subsets of k samples, of the share of the vote that `gold` wins
/// (answers with equally many votes share it). Exact, by counting subsets. At most 1,000 samples;
/// k in [1, n].
double expected_majority(Votes votes, const std::string& gold, std::size_t k);

}  // namespace leitai
