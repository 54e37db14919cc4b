#include "suites/metrics/loglikelihood.h"

#include <algorithm>
#include <cmath>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai::metrics {

namespace {

std::size_t largest(std::span<const double> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

/// The option with the largest log-probability for each unit of length; an empty option has none.
template <typename Length>
std::size_t largest_by(const ScoredOptions& options, Length length) {
  std::vector<double> values;
  for (std::size_t i = 0; i < options.logprobs.size(); ++i) {
    const double units = static_cast<double>(length(i));
    values.push_back(units > 0 ? options.logprobs[i] / units : -HUGE_VAL);
  }
  return largest(values);
}

}  // namespace

OptionPicks pick_options(const ScoredOptions& options) {
  LEITAI_CHECK(!options.logprobs.empty() && options.texts.size() == options.logprobs.size(),
               std::to_string(options.texts.size()));
  // The blank that parts an option from the question belongs to neither length.
  std::vector<std::string> bare;
  for (const std::string& text : options.texts)
    bare.push_back(text.starts_with(' ') ? text.substr(1) : text);
  OptionPicks out;
  out.sum = largest(options.logprobs);
  out.characters = largest_by(options, [&](std::size_t i) { return to_utf32(bare[i]).size(); });
  out.bytes = largest_by(options, [&](std::size_t i) { return bare[i].size(); });
  if (options.tokens.size() == options.logprobs.size())
    out.tokens = largest_by(options, [&](std::size_t i) { return options.tokens[i]; });
  if (options.unconditional.size() == options.logprobs.size()) {
    std::vector<double> gains;
    for (std::size_t i = 0; i < options.logprobs.size(); ++i)
      gains.push_back(options.logprobs[i] - options.unconditional[i]);
    out.mutual_information = largest(gains);
  }
  return out;
}

std::vector<double> likelihoods(std::span<const double> logprobs) {
  std::vector<double> out;
  if (logprobs.empty()) return out;
  const double top = logprobs[largest(logprobs)];
  double sum = 0;
  for (const double one : logprobs) {
    // All at minus infinity: nothing is known, all are as likely.
    out.push_back(std::isinf(top) ? 1 : std::exp(one - top));
    sum += out.back();
  }
  for (double& one : out) one /= sum;
  return out;
}

double brier(std::span<const double> likelihoods, std::size_t gold) {
  double out = 0;
  for (std::size_t i = 0; i < likelihoods.size(); ++i) {
    const double miss = likelihoods[i] - (i == gold ? 1 : 0);
    out += miss * miss;
  }
  return out;
}

double true_share(std::span<const double> likelihoods, std::span<const std::size_t> gold) {
  double out = 0;
  for (const std::size_t i : gold) out += likelihoods[i];
  return out;
}

double bits_per_byte(const RollingCounts& counts) {
  return -counts.logprob / (std::log(2.0) * static_cast<double>(counts.bytes));
}
double byte_perplexity(const RollingCounts& counts) {
  return std::exp(-counts.logprob / static_cast<double>(counts.bytes));
}
double word_perplexity(const RollingCounts& counts) {
  return std::exp(-counts.logprob / static_cast<double>(counts.words));
}
double token_perplexity(const RollingCounts& counts) {
  return std::exp(-counts.logprob / static_cast<double>(counts.tokens));
}

}  // namespace leitai::metrics
