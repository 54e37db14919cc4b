#include "harness/stats/multiplicity.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"
#include "harness/stats/quantile.h"

namespace leitai {
namespace {

nlohmann::json adjust(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto p = fields.get<std::vector<double>>("p");
  for (const double value : p) want(value >= 0 && value <= 1, "p-values lie between 0 and 1");
  return {{"holm", holm_adjusted(p)},
          {"bh", bh_adjusted(p)},
          {"by", by_adjusted(p)},
          {"bonferroni", bonferroni_adjusted(p)},
          {"hochberg", hochberg_adjusted(p)}};
}

nlohmann::json e_bh(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto e = fields.get<std::vector<double>>("e");
  want(!e.empty(), "e must not be empty");
  for (const double value : e) want(value >= 0, "e-values are not negative");
  const double alpha = fields.alpha();
  const std::vector<std::size_t> rejected = e_bh_rejected(e, alpha);
  return {{"k", rejected.size()},
          {"rejected", rejected},
          {"bonferroni_rejected", e_bonferroni_rejected(e, alpha)},
          {"mean_e", sample_mean(e)}};
}

constexpr StatFunction kFunctions[] = {{"adjust", adjust}, {"e_bh", e_bh}};

}  // namespace

extern constinit const StatSubject multiplicity_subject;
constinit const StatSubject multiplicity_subject = {"multiplicity", kFunctions};

}  // namespace leitai
