#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace leitai {

/// One suite of right or wrong items, as it enters a mean over suites.
struct SuiteScore {
  double accuracy = 0;  // in [0, 1]
  double n = 0;         // items, at least 1
  double baseline = 0;  // of guessing, below 1
};

/// Means over suites and their standard errors; suites are fixed (and independent) but for
/// se_random_suites. With a suite of one item its standard error, and all that rest on it, are
/// absent.
struct SuiteMeans {
  double macro = 0;  // suites weigh the same
  std::optional<double> se_macro;
  double micro = 0;  // items weigh the same
  std::optional<double> se_micro;
  /// sqrt(sum (n_j - 1) n_j se_j^2 / (N - k)) / sqrt(N), as lm-evaluation-harness pools groups.
  std::optional<double> pooled_stderr;
  std::vector<double> chance_adjusted;  // (acc - baseline) / (1 - baseline), never clipped
  double mean_adjusted = 0;
  std::optional<double> se_mean_adjusted;
  double clipped_mean = 0;  // x 100, adjusted scores below 0 counted as 0 (Open LLM Leaderboard v2)
  double geometric = 0;     // of the accuracies; 0 if one is 0
  double harmonic = 0;
  std::optional<double> se_random_suites;  // sd of the accuracies / sqrt(k)
};

/// `suites` must not be empty.
SuiteMeans suite_means(std::span<const SuiteScore> suites);

/// HELM's rule: the share of other models that a model beats (a tie counts one half) in each
/// column, averaged over the columns. `scores[model][column]`. Depends on who else takes part: for
/// display, not for ranks. Empty for fewer than two models.
std::vector<double> mean_win_rate(std::span<const std::vector<double>> scores);

/// domain -> suite -> scores of the items
using ScoreTree = std::map<std::string, std::map<std::string, std::vector<double>>>;

struct HierarchicalMean {
  std::map<std::string, double> domains;  // mean of suite means
  double index = 0;                       // unweighted mean of domains, x 100
  double micro = 0;                       // mean over all items
};

/// No list and no domain of the tree may be empty.
HierarchicalMean hierarchical_mean(const ScoreTree& tree);

/// PolyMath (Wang et al. 2025): accuracies of levels low, medium, high, top weigh 1, 2, 4, 8 of 15.
double polymath_difficulty_weighted(std::span<const double, 4> accuracies);

}  // namespace leitai
