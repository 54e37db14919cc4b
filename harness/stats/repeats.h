#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// Several samples of each item.
namespace leitai {

/// n items with K samples each: V = sigma_b^2 + sigma_w^2 / K (Miller, arXiv 2411.00640, 3.2).
struct VarianceComponents {
  double mean = 0;
  std::optional<double> sigma_w2;  // within items, mean of variances with K - 1; absent for K = 1
  std::optional<double> v;         // of the item means, n - 1
  std::optional<double> sigma_b2;  // between items: v - sigma_w2 / K, may come out below 0
  std::optional<double> se_items;  // E1, new items like these: sqrt(v / n)
  std::optional<double> se_suite;  // E2, these items, fresh samples: sqrt(sigma_w2 / (n K))
  double se_naive = 0;             // wrong: all n K answers as independent
  std::vector<double> flakiness;   // of right or wrong answers: 4 p (1 - p) for each item

  /// Standard error (E1) that `samples` samples an item would have.
  std::optional<double> se_predicted(double samples) const;

 private:
  friend VarianceComponents variance_components(std::span<const std::vector<double>>);
  double items_ = 0;
};

/// `scores[item][sample]`: not empty, all equally long. Throws Error otherwise.
VarianceComponents variance_components(std::span<const std::vector<double>> scores);

/// Beta-binomial distribution of the items' probabilities by moments, and each item's estimate
/// drawn towards the mean.
struct BetaBinomial {
  double m = 0;
  std::optional<double> v;
  std::optional<double> rho;    // absent where all items are right, or all wrong, or K = 1
  std::optional<double> alpha;  // absent where rho is not in (0, 1)
  std::optional<double> beta;
  std::vector<double> shrunken;  // (c + alpha) / (K + alpha + beta); empty without alpha
};

/// `passes[item]` of `samples` each. Not empty.
BetaBinomial beta_binomial_moments(std::span<const std::int64_t> passes, std::int64_t samples);

}  // namespace leitai
