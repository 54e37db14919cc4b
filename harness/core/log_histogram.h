#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>

namespace leitai {

/// Quantiles of positive numbers in memory that does not grow: values are counted in classes an
/// eighth of a doubling wide, so that a quantile is right within 5 %. From 2^-10 to 2^22 of the
/// unit; what lies outside counts as the nearest.
class LogHistogram {
 public:
  void add(double value) {
    ++counts_[class_of(value)];
    ++n_;
  }

  std::int64_t size() const { return n_; }

  /// How many lie above, within the width of a class.
  std::int64_t count_above(double value) const {
    const auto from = class_of(value) + 1;
    return std::accumulate(counts_.begin() + static_cast<std::ptrdiff_t>(from), counts_.end(),
                           std::int64_t{0});
  }

  /// `share` in [0, 1]: 0.5 is the median. Absent where nothing was counted.
  std::optional<double> quantile(double share) const {
    const auto wanted =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(share * double(n_))));
    std::int64_t below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      below += counts_[i];
      if (below >= wanted) return std::exp2((double(i) + 0.5) / kPerDoubling + kLowest);
    }
    return std::nullopt;
  }

 private:
  static std::size_t class_of(double value) {
    const double place = value > 0 ? (std::log2(value) - kLowest) * kPerDoubling : 0;
    return static_cast<std::size_t>(std::clamp(place, 0.0, kClasses - 1.0));
  }

  static constexpr int kPerDoubling = 8, kLowest = -10, kClasses = 32 * kPerDoubling;
  std::array<std::uint32_t, kClasses> counts_{};
  std::int64_t n_ = 0;
};

}  // namespace leitai
