#include "harness/stats/contamination.h"

namespace leitai {

ContaminationGap contamination_gap(std::span<const double> original,
                                   std::span<const double> variants, double alpha,
                                   const SignFlipOptions& options) {
  std::vector<double> gaps;
  for (std::size_t i = 0; i < original.size(); ++i) gaps.push_back(original[i] - variants[i]);
  return {paired_t(gaps, alpha), sign_flip(gaps, options)};
}

}  // namespace leitai
