#pragma once

#include <span>

#include "harness/stats/paired_graded.h"

namespace leitai {

/// How much better a model does on the published items than on twins of them that nobody has
/// published: paired by template, t and sign-flip. A gap alone is not yet contamination: hold it
/// against the gap of other models (scoring specification B17).
struct ContaminationGap {
  PairedT test;
  SignFlip flip;
};

/// `original[i]` is the score on the published item, `variants[i]` the mean over its twins; equally
/// long, not empty.
ContaminationGap contamination_gap(std::span<const double> original,
                                   std::span<const double> variants, double alpha = 0.05,
                                   const SignFlipOptions& options = {});

/// Min-K% (Shi et al. 2023): mean of the lowest floor(share * n) log-probabilities of a text's
/// tokens, of at least one. High on texts that were learnt by heart. `logprobs` is not empty.
double min_k_logprob(std::span<const double> logprobs, double share);

}  // namespace leitai
