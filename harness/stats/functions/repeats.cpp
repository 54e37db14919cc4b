#include "harness/stats/repeats.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"

namespace leitai {
namespace {

nlohmann::json components(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const VarianceComponents got =
      variance_components(fields.get<std::vector<std::vector<double>>>("x"));
  nlohmann::json predicted = nlohmann::json::object();
  for (const int samples : {1, 2, 4, 8, 16})
    predicted[std::to_string(samples)] = or_null(got.se_predicted(samples));
  return {{"mean", got.mean},
          {"sigma_w2", or_null(got.sigma_w2)},
          {"V", or_null(got.v)},
          {"sigma_b2", or_null(got.sigma_b2)},
          {"se_E1", or_null(got.se_items)},
          {"se_E2", or_null(got.se_suite)},
          {"se_predicted", predicted},
          {"se_naive_nK", got.se_naive},
          {"flakiness", got.flakiness}};
}

nlohmann::json moments(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto c = fields.get<std::vector<std::int64_t>>("c");
  const auto k = fields.get<std::int64_t>("K");
  want(!c.empty(), "c must not be empty");
  want(k >= 1, "K must be at least 1");
  for (const std::int64_t passes : c)
    want(passes >= 0 && passes <= k, "c must lie between 0 and K");
  const BetaBinomial got = beta_binomial_moments(c, k);
  return {{"m", got.m},
          {"v", or_null(got.v)},
          {"rho", or_null(got.rho)},
          {"alpha", or_null(got.alpha)},
          {"beta", or_null(got.beta)},
          {"shrunken", got.alpha ? nlohmann::json(got.shrunken) : nlohmann::json(nullptr)}};
}

constexpr StatFunction kFunctions[] = {{"variance_components", components},
                                       {"beta_binomial_moments", moments}};

}  // namespace

extern constinit const StatSubject repeats_subject;
constinit const StatSubject repeats_subject = {"repeats", kFunctions};

}  // namespace leitai
