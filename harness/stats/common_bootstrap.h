#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/core/leaderboard.h"

/// Bootstrap of the weighted means of several models that draws the same items for all of them, so
/// that every difference and every rank is paired (scoring specification B9, B10).
namespace leitai {

/// Units that are drawn together: the items of a suite, or the clusters of several.
struct Stratum {
  std::uint64_t seed = 0;  // of its own stream: adding a stratum changes no other
  double factor = 1;       // a model's mean gains factor * (sum of its values over the draws)
  std::size_t models = 0;
  std::vector<float> values;  // units x models; whole numbers keep sums exact

  std::size_t units() const { return models == 0 ? 0 : values.size() / models; }
};

/// `replicates` rows of one mean a model: sum over strata of factor times the sum over as many
/// draws as there are units, index = below(units) of SplitMix64(stratum seed), replicate-major.
/// The same numbers for any number of threads. All strata have the same number of models.
std::vector<std::vector<double>> common_replicates(std::span<const Stratum> strata, int replicates);

/// The means themselves: every unit once.
std::vector<double> common_means(std::span<const Stratum> strata);

/// BCa interval of one model's mean from its replicates; the percentile interval where BCa is not
/// defined; the point itself where nothing varies.
Interval common_interval(std::span<const Stratum> strata, std::size_t model,
                         std::span<const std::vector<double>> replicates, double alpha = 0.05);

}  // namespace leitai
