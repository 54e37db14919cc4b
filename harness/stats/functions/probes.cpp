#include "harness/stats/contamination.h"
#include "harness/stats/flaky.h"
#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"

namespace leitai {
namespace {

nlohmann::json gap(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto original = fields.get<std::vector<double>>("original"),
             variants = fields.get<std::vector<double>>("variants");
  want(!original.empty() && original.size() == variants.size(),
       "original and variants must be equally long and not empty");
  const ContaminationGap got =
      contamination_gap(original, variants, fields.alpha(), {.seed = fields.seed()});
  return {{"gap", got.test.mean},
          {"se", or_null(got.test.se)},
          {"t", or_null(got.test.t)},
          {"t_p", or_null(got.test.p)},
          {"sign_flip_p", got.flip.p}};
}

nlohmann::json change(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto a = fields.get<std::int64_t>("a"), n_a = fields.get<std::int64_t>("n_a"),
             b = fields.get<std::int64_t>("b"), n_b = fields.get<std::int64_t>("n_b");
  want(a >= 0 && a <= n_a && b >= 0 && b <= n_b && n_a >= 1 && n_b >= 1 && n_a + n_b <= 10'000,
       "a of n_a and b of n_b must be passes of samples");
  return {{"p", fisher_exact(a, n_a, b, n_b)},
          {"flakiness_a", flakiness(a, n_a)},
          {"flakiness_b", flakiness(b, n_b)},
          {"jeffreys_a", jeffreys_mean(a, n_a)},
          {"jeffreys_b", jeffreys_mean(b, n_b)}};
}

constexpr StatFunction kFunctions[] = {{"contamination_gap", gap}, {"item_change", change}};

}  // namespace

extern constinit const StatSubject probes_subject;
constinit const StatSubject probes_subject = {"probes", kFunctions};

}  // namespace leitai
