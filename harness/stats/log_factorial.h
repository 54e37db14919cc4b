#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace leitai {

/// log n! for n in [0, largest], in extended precision, so that products of thousands of factors
/// keep a relative error below 1e-13.
class LogFactorials {
 public:
  explicit LogFactorials(std::size_t largest) : values_(largest + 1, 0.0L) {
    for (std::size_t n = 1; n <= largest; ++n)
      values_[n] = values_[n - 1] + std::log(static_cast<long double>(n));
  }

  long double operator()(std::size_t n) const { return values_[n]; }

  /// log C(n, k), k <= n.
  long double choose(std::size_t n, std::size_t k) const {
    return values_[n] - values_[k] - values_[n - k];
  }

 private:
  std::vector<long double> values_;
};

}  // namespace leitai
