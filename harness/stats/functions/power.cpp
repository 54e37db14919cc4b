#include "harness/stats/power.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"

namespace leitai {
namespace {

PowerOptions options(const Fields& fields) {
  const PowerOptions options{fields.alpha(), fields.get_or("power", 0.8)};
  want(options.power > 0 && options.power < 1, "power must lie between 0 and 1");
  return options;
}

double discordance(const Fields& fields) {
  const auto p_d = fields.get<double>("p_d");
  want(p_d > 0 && p_d <= 1, "p_d must lie between 0 and 1");
  return p_d;
}

double wanted(const Fields& fields) {
  const auto delta = fields.get<double>("delta");
  want(delta != 0 && std::isfinite(delta), "delta must not be 0");
  return delta;
}

nlohmann::json items(double real) { return {{"n_real", real}, {"n", whole_items(real)}}; }

nlohmann::json n_paired(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const double p_d = discordance(fields), delta = wanted(fields);
  want(std::abs(delta) <= p_d, "delta cannot exceed p_d");
  return items(items_for_paired_binary(p_d, delta, options(fields)));
}

nlohmann::json mde(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto n = fields.get<double>("n");
  want(n > 0, "n must be positive");
  const Detectable got = detectable_paired_binary(n, discordance(fields), options(fields));
  return {{"mde", got.delta}, {"feasible", got.feasible}};
}

nlohmann::json n_graded(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const GradedDesign design{fields.get<double>("omega2"), fields.get_or("sigma2_a", 0.0),
                            fields.get_or("K_a", 1.0), fields.get_or("sigma2_b", 0.0),
                            fields.get_or("K_b", 1.0)};
  want(design.samples_a > 0 && design.samples_b > 0, "K_a and K_b must be positive");
  return items(items_for_graded(design, wanted(fields), options(fields)));
}

nlohmann::json mcnemar(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto n = fields.get<std::int64_t>("n");
  const auto p_b = fields.get<double>("p_b"), p_c = fields.get<double>("p_c");
  want(n >= 1 && n <= 20'000, "n must lie between 1 and 20000");
  want(p_b >= 0 && p_c >= 0 && p_b + p_c <= 1, "p_b and p_c must be shares that sum to at most 1");
  const McNemarPower got = exact_power_mcnemar(n, p_b, p_c, fields.alpha());
  return {{"power_exact_test", got.exact}, {"power_midp_test", got.midp}};
}

constexpr StatFunction kFunctions[] = {{"n_paired_binary", n_paired},
                                       {"mde_paired_binary", mde},
                                       {"n_graded_miller", n_graded},
                                       {"exact_power_mcnemar", mcnemar}};

}  // namespace

extern constinit const StatSubject power_subject;
constinit const StatSubject power_subject = {"power", kFunctions};

}  // namespace leitai
