#include "harness/stats/paired_graded.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "harness/core/random.h"
#include "harness/stats/proportion.h"
#include "harness/stats/quantile.h"

namespace leitai {

namespace {

constexpr std::size_t kEnumerated = 20;  // differences: a million sign vectors

struct Tail {
  double observed;
  double slack;  // rounding of a sum of doubles

  bool two_sided(double sum) const { return std::abs(sum) >= std::abs(observed) - slack; }
  bool greater(double sum) const { return sum >= observed - slack; }
};

}  // namespace

SignFlip sign_flip(std::span<const double> differences, const SignFlipOptions& options) {
  double observed = 0, size = 0;
  std::vector<double> moving;  // differences of 0 stay where they are
  for (const double d : differences) {
    observed += d;
    size += std::abs(d);
    if (d != 0) moving.push_back(d);
  }
  const Tail tail{observed, 1e-12 * size};
  SignFlip out;
  std::int64_t greater = 0;
  if (differences.size() <= kEnumerated) {
    // Gray code: one sign changes from each vector to the next.
    const std::uint64_t vectors = std::uint64_t{1} << moving.size();
    std::vector<double> sign(moving.size(), 1.0);
    double sum = observed;
    for (std::uint64_t i = 0;;) {
      out.count += tail.two_sided(sum);
      greater += tail.greater(sum);
      if (++i == vectors) break;
      const auto flipped = static_cast<std::size_t>(std::countr_zero(i));
      sum -= 2 * sign[flipped] * moving[flipped];
      sign[flipped] = -sign[flipped];
    }
    const std::int64_t standing = std::int64_t{1} << (differences.size() - moving.size());
    out.count *= standing;
    out.total = static_cast<std::int64_t>(vectors) * standing;
    out.p = static_cast<double>(out.count) / static_cast<double>(out.total);
    out.p_one_sided_greater =
        static_cast<double>(greater * standing) / static_cast<double>(out.total);
    return out;
  }
  SplitMix64 random(options.seed);
  out.is_exact = false;
  out.total = options.flips;
  for (int i = 0; i < options.flips; ++i) {
    double sum = 0;
    std::uint64_t bits = 0;
    for (std::size_t j = 0; j < moving.size(); ++j) {
      if (j % 64 == 0) bits = random.next();
      sum += (bits & 1) != 0 ? moving[j] : -moving[j];
      bits >>= 1;
    }
    out.count += tail.two_sided(sum);
    greater += tail.greater(sum);
  }
  out.p = static_cast<double>(out.count + 1) / static_cast<double>(out.total + 1);
  out.p_one_sided_greater = static_cast<double>(greater + 1) / static_cast<double>(out.total + 1);
  return out;
}

PairedT student_test(double mean, double se, double df, double alpha) {
  PairedT out;
  out.mean = mean;
  out.se = se;
  const double half = se > 0 ? student_quantile(1 - alpha / 2, df) * se : 0;
  out.interval = Interval{mean - half, mean + half};
  if (se > 0) {
    out.t = mean / se;
    out.p = student_two_sided(*out.t, df);
  }
  return out;
}

PairedT paired_t(std::span<const double> differences, double alpha) {
  const double mean = sample_mean(differences);
  const std::optional<double> se = standard_error(differences);
  if (!se) {
    PairedT out;
    out.mean = mean;
    return out;
  }
  const auto [low, high] = std::minmax_element(differences.begin(), differences.end());
  const bool varies = *low != *high;  // equal values leave a rounding error in the sum of squares
  return student_test(mean, varies ? *se : 0, static_cast<double>(differences.size()) - 1, alpha);
}

}  // namespace leitai
