#include "harness/stats/contamination.h"

#include <algorithm>
#include <vector>

namespace leitai {

ContaminationGap contamination_gap(std::span<const double> original,
                                   std::span<const double> variants, double alpha,
                                   const SignFlipOptions& options) {
  std::vector<double> gaps;
  for (std::size_t i = 0; i < original.size(); ++i) gaps.push_back(original[i] - variants[i]);
  return {paired_t(gaps, alpha), sign_flip(gaps, options)};
}

double min_k_logprob(std::span<const double> logprobs, double share) {
  std::vector<double> sorted(logprobs.begin(), logprobs.end());
  std::sort(sorted.begin(), sorted.end());
  const auto wanted = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  const std::size_t n = std::clamp<std::size_t>(wanted, 1, sorted.size());
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += sorted[i];
  return sum / static_cast<double>(n);
}

}  // namespace leitai
