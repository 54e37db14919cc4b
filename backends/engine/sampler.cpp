#include "backends/engine/sampler.h"

#include <algorithm>
#include <vector>

#include "harness/core/random.h"

namespace leitai {
namespace {

double uniform(std::uint64_t seed, std::uint64_t position) {
  return static_cast<double>(SplitMix64::at(seed, position) >> 11) * 0x1p-53;
}

/// Ids by weight, heaviest first, lowest id first where equal: all, or the heaviest `n`.
std::vector<int> heaviest(std::span<const float> weights, std::size_t n, float at_least) {
  std::vector<int> ids;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] >= at_least) ids.push_back(static_cast<int>(i));
  }
  const auto before = [&](int a, int b) {
    const float x = weights[static_cast<std::size_t>(a)];
    const float y = weights[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  };
  if (n < ids.size()) {
    std::nth_element(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(n), ids.end(), before);
    ids.resize(n);
  }
  std::sort(ids.begin(), ids.end(), before);
  return ids;
}

/// The nucleus: the shortest head of `heaviest` whose mass is at least p of the whole. A head above
/// a threshold is tried first, since sorting the whole vocabulary is slow and the nucleus is
/// usually short.
std::vector<int> nucleus(std::span<const float> weights, const SamplerSettings& settings) {
  const std::size_t n =
      settings.top_k > 0 ? static_cast<std::size_t>(settings.top_k) : weights.size();
  for (const float threshold : {1e-2f, 1e-4f, 0.0f}) {
    const bool all = threshold == 0 || n < weights.size();
    std::vector<int> ids = heaviest(weights, n, all ? 0.0f : threshold);
    if (settings.top_p >= 1 && n < weights.size()) return ids;
    double total = 0;
    if (n < weights.size()) {
      for (const int id : ids) total += static_cast<double>(weights[static_cast<std::size_t>(id)]);
    } else {
      for (const float weight : weights) total += static_cast<double>(weight);
    }
    double mass = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      mass += static_cast<double>(weights[static_cast<std::size_t>(ids[i])]);
      if (mass >= settings.top_p * total) {
        ids.resize(i + 1);
        return ids;
      }
    }
    if (all) return ids;
  }
  return {};
}

}  // namespace

int sample(std::span<const float> logits, const RowSummary& summary,
           const SamplerSettings& settings, std::uint64_t position) {
  if (settings.temperature <= 0) return summary.argmax;
  const float max = logits[static_cast<std::size_t>(summary.argmax)];
  std::vector<float> weights(logits.size());
  exp_scaled(weights, logits, max, static_cast<float>(1 / settings.temperature));
  std::vector<int> ids;
  const bool is_filtered = settings.top_k > 0 || settings.top_p < 1;
  if (is_filtered) ids = nucleus(weights, settings);
  const auto least = static_cast<float>(settings.min_p);  // the likeliest weighs 1
  double total = 0;
  const std::size_t n = is_filtered ? ids.size() : weights.size();
  const auto weight_of = [&](std::size_t i) {
    const float weight = weights[is_filtered ? static_cast<std::size_t>(ids[i]) : i];
    return weight >= least ? static_cast<double>(weight) : 0.0;
  };
  for (std::size_t i = 0; i < n; ++i) total += weight_of(i);
  const double mark = uniform(settings.seed, position) * total;
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    sum += weight_of(i);
    if (sum > mark) return is_filtered ? ids[i] : static_cast<int>(i);
  }
  return summary.argmax;
}

}  // namespace leitai
