#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/core/leaderboard.h"

/// Graded scores of two models on the same items, as differences A minus B.
namespace leitai {

/// Sign-flip permutation test of "the differences are symmetric about 0" with the statistic
/// |sum of +-d| (Fisher 1935). Exact, by all 2^n sign vectors, up to 20 differences; beyond that by
/// random flips.
struct SignFlip {
  std::int64_t count = 0;  // sign vectors at least as far from 0 as the data
  std::int64_t total = 0;
  double p = 1;                    // count / total, or (count + 1) / (total + 1) where drawn
  double p_one_sided_greater = 1;  // of "A is better"
  bool is_exact = true;
};

struct SignFlipOptions {
  std::uint64_t seed = 0;  // of the random flips
  int flips = 10000;
};

/// Whole numbers make ties exact: scale scores by their common denominator first. Differences of 0
/// count as values of their own in `total`.
SignFlip sign_flip(std::span<const double> differences, const SignFlipOptions& options = {});

struct PairedT {
  double mean = 0;
  std::optional<double> se;  // absent below two differences
  std::optional<double> t;   // absent where the differences do not vary
  std::optional<double> p;
  std::optional<Interval> interval;  // Student's t with n - 1
};

/// `differences` must not be empty.
PairedT paired_t(std::span<const double> differences, double alpha = 0.05);

/// Student's t from a mean, its standard error and the degrees of freedom.
PairedT student_test(double mean, double se, double df, double alpha);

}  // namespace leitai
