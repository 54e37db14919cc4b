#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Measures from log-probabilities instead of written answers (scoring-and-statistics.md A11).
namespace leitai::metrics {

/// The options of one item as a model saw them.
struct ScoredOptions {
  std::span<const std::string> texts;     // with the blank that may precede each
  std::span<const double> logprobs;       // of each after the question
  std::span<const int> tokens;            // of each; empty when unknown
  std::span<const double> unconditional;  // of each after nothing; empty when not asked
};

/// Which option is the most likely, by several measures. The first of equals is taken.
struct OptionPicks {
  std::size_t sum = 0;                // acc: the whole log-probability
  std::size_t characters = 0;         // acc_norm as lm-eval computes it: for each code point
  std::size_t bytes = 0;              // acc_bytes, the default: for each byte of UTF-8
  std::optional<std::size_t> tokens;  // for each token
  std::optional<std::size_t> mutual_information;  // less the log-probability after nothing
};

OptionPicks pick_options(const ScoredOptions& options);

/// softmax of log-probabilities, safe however small they are.
std::vector<double> likelihoods(std::span<const double> logprobs);

/// Sum over the options of (p - y)^2, 0 to 2.
double brier(std::span<const double> likelihoods, std::size_t gold);

/// Share of the likelihood that lies on the true options: MC2 of TruthfulQA.
double true_share(std::span<const double> likelihoods, std::span<const std::size_t> gold);

/// Of whole texts: sums first, then the ratio.
struct RollingCounts {
  double logprob = 0;  // natural logarithm, summed
  std::int64_t bytes = 0;
  std::int64_t words = 0;
  std::int64_t tokens = 0;
};
double bits_per_byte(const RollingCounts& counts);  // the only one that compares across tokenizers
double byte_perplexity(const RollingCounts& counts);
double word_perplexity(const RollingCounts& counts);
double token_perplexity(const RollingCounts& counts);

}  // namespace leitai::metrics
