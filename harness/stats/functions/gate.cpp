#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"
#include "harness/stats/noninferiority.h"

namespace leitai {
namespace {

double margin(const Fields& fields) {
  const auto margin = fields.get<double>("margin");
  want(margin >= 0 && margin < 1, "margin must be a share, at least 0 and below 1");
  return margin;
}

double one_sided_alpha(const Fields& fields) {
  const double alpha = fields.alpha();
  want(alpha < 0.5, "alpha must lie below 0.5");
  return alpha;
}

const char* verdict_word(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::Pass:
      return "PASS";
    case GateVerdict::Regression:
      return "FAIL";
    case GateVerdict::Inconclusive:
      break;
  }
  return "INCONCLUSIVE";
}

nlohmann::json paired(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto n = fields.get<std::int64_t>("N"), b = fields.get<std::int64_t>("b"),
             c = fields.get<std::int64_t>("c");
  want(n >= 1 && b >= 0 && c >= 0 && b + c <= n, "b and c must be counts within N");
  const NonInferiority got =
      noninferiority_paired(n, b, c, margin(fields), one_sided_alpha(fields));
  return {{"delta", got.delta},
          {"tango_z", got.z},
          {"tango_p", got.p},
          {"tango_lower", got.one_sided.low},
          {"tango_upper", got.one_sided.high},
          {"wald_z", or_null(got.wald_z)},
          {"wald_p", or_null(got.wald_p)},
          {"verdict", verdict_word(got.verdict)}};
}

nlohmann::json delta_min(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto n = fields.get<double>("n"), p_d = fields.get<double>("p_d"),
             power = fields.get_or("power", 0.8);
  want(n > 0, "n must be positive");
  want(p_d >= 0 && p_d <= 1, "p_d must be a share");
  want(power > 0 && power < 1, "power must lie between 0 and 1");
  return {{"delta_min", smallest_margin(n, p_d, one_sided_alpha(fields), power)}};
}

nlohmann::json tost(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto d = fields.get<std::vector<double>>("d");
  want(!d.empty(), "d must not be empty");
  const PairedEquivalence got = tost_paired_t(d, margin(fields), one_sided_alpha(fields));
  return {{"mean", got.mean},
          {"se", or_null(got.se)},
          {"t_lower", or_null(got.t_lower)},
          {"p_lower", or_null(got.p_lower)},
          {"t_upper", or_null(got.t_upper)},
          {"p_upper", or_null(got.p_upper)},
          {"p_tost", or_null(got.p_tost)},
          {"ci90", got.interval ? to_list(*got.interval) : nlohmann::json(nullptr)},
          {"equivalent", got.equivalent},
          {"noninferior", got.noninferior}};
}

constexpr StatFunction kFunctions[] = {
    {"noninferiority_paired", paired}, {"delta_min", delta_min}, {"tost_paired_t", tost}};

}  // namespace

extern constinit const StatSubject gate_subject;
constinit const StatSubject gate_subject = {"gate", kFunctions};

}  // namespace leitai
