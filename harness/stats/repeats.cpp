#include "harness/stats/repeats.h"

#include <algorithm>
#include <cmath>

#include "harness/core/error.h"
#include "harness/stats/quantile.h"

namespace leitai {

std::optional<double> VarianceComponents::se_predicted(double samples) const {
  if (!sigma_w2 || !sigma_b2) return std::nullopt;
  return std::sqrt(std::max(0.0, *sigma_b2 + *sigma_w2 / samples) / items_);
}

VarianceComponents variance_components(std::span<const std::vector<double>> scores) {
  if (scores.empty() || scores[0].empty()) throw Error("repeats: no scores");
  const auto n = static_cast<double>(scores.size()), k = static_cast<double>(scores[0].size());
  VarianceComponents out;
  out.items_ = n;
  std::vector<double> means;
  double within = 0;
  for (const std::vector<double>& item : scores) {
    if (item.size() != scores[0].size()) throw Error("repeats: every item needs as many samples");
    means.push_back(sample_mean(item));
    if (const std::optional<double> sd = sample_sd(item)) within += *sd * *sd;
    out.flakiness.push_back(4 * means.back() * (1 - means.back()));
  }
  out.mean = sample_mean(means);
  double all = 0;
  for (const std::vector<double>& item : scores)
    for (const double score : item) all += (score - out.mean) * (score - out.mean);
  out.se_naive = std::sqrt(all / (n * k) / (n * k));
  if (k > 1) {
    out.sigma_w2 = within / n;
    out.se_suite = std::sqrt(*out.sigma_w2 / (n * k));
  }
  if (const std::optional<double> sd = sample_sd(means)) {
    out.v = *sd * *sd;
    out.se_items = std::sqrt(*out.v / n);
    if (out.sigma_w2) out.sigma_b2 = *out.v - *out.sigma_w2 / k;
  }
  return out;
}

BetaBinomial beta_binomial_moments(std::span<const std::int64_t> passes, std::int64_t samples) {
  const auto k = static_cast<double>(samples);
  std::vector<double> rates;
  for (const std::int64_t c : passes) rates.push_back(static_cast<double>(c) / k);
  BetaBinomial out;
  out.m = sample_mean(rates);
  const std::optional<double> sd = sample_sd(rates);
  if (!sd) return out;
  out.v = *sd * *sd;
  const double spread = out.m * (1 - out.m);
  if (!(spread > 0) || samples < 2) return out;
  out.rho = (*out.v - spread / k) / (spread * (1 - 1 / k));
  if (!(*out.rho > 0 && *out.rho < 1)) return out;
  out.alpha = out.m * (1 / *out.rho - 1);
  out.beta = (1 - out.m) * (1 / *out.rho - 1);
  for (const std::int64_t c : passes)
    out.shrunken.push_back((static_cast<double>(c) + *out.alpha) / (k + *out.alpha + *out.beta));
  return out;
}

}  // namespace leitai
