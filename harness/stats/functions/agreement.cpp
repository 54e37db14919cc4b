#include "harness/stats/agreement.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"

namespace leitai {
namespace {

nlohmann::json alpha(const nlohmann::json& input, const nlohmann::json& params) {
  const auto rows = Fields(input, params).get<std::vector<nlohmann::json>>("units");
  std::vector<std::vector<std::optional<double>>> units;
  for (const auto& row : rows) {
    want(row.is_array(), "units: each unit is a list of values, one for each rater");
    auto& unit = units.emplace_back();
    for (const auto& value : row) {
      want(value.is_null() || value.is_number(), "units: values must be numbers or null");
      unit.push_back(value.is_null() ? std::nullopt : std::optional(value.get<double>()));
    }
  }
  return {{"nominal", or_null(krippendorff_alpha(units, AlphaMetric::Nominal))},
          {"ordinal", or_null(krippendorff_alpha(units, AlphaMetric::Ordinal))},
          {"interval", or_null(krippendorff_alpha(units, AlphaMetric::Interval))},
          {"ratio", or_null(krippendorff_alpha(units, AlphaMetric::Ratio))}};
}

nlohmann::json kappa(const nlohmann::json& input, const nlohmann::json& params) {
  const auto table = Fields(input, params).get<std::vector<std::vector<double>>>("table");
  for (const auto& row : table) {
    want(row.size() == table.size(), "table must be square");
    for (const double count : row) want(count >= 0, "table: counts must not be negative");
  }
  return {{"kappa", or_null(cohen_kappa(table))},
          {"linear", or_null(cohen_kappa(table, KappaWeights::Linear))},
          {"quadratic", or_null(cohen_kappa(table, KappaWeights::Quadratic))},
          {"se_asymptotic", or_null(cohen_kappa_se(table))}};
}

/// `options` is one number for all items, or a list.
nlohmann::json discrete(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto gold = fields.get<std::vector<int>>("gold"), a = fields.get<std::vector<int>>("a"),
             b = fields.get<std::vector<int>>("b");
  const auto options = fields.get<nlohmann::json>("options").is_array()
                           ? fields.get<std::vector<int>>("options")
                           : std::vector(gold.size(), fields.get<int>("options"));
  want(!gold.empty(), "gold is empty");
  want(a.size() == gold.size() && b.size() == gold.size() && options.size() == gold.size(),
       "gold, a, b and options must be equally long");
  for (const int count : options) want(count >= 2, "options: at least two are needed");
  const CapaDiscrete out = capa_discrete(gold, a, b, options);
  return {{"acc_a", out.accuracy_a},
          {"acc_b", out.accuracy_b},
          {"c_obs", out.answers.observed},
          {"c_exp", out.answers.expected},
          {"capa", or_null(out.answers.value)},
          {"error_obs", out.errors.observed},
          {"error_exp", out.errors.expected},
          {"error_consistency", or_null(out.errors.value)},
          {"both_wrong", out.both_wrong},
          {"same_wrong", out.same_wrong},
          {"p_same_wrong_uniform", or_null(out.p_same_wrong)}};
}

nlohmann::json probabilistic(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto gold = fields.get<std::vector<int>>("gold");
  const auto a = fields.get<std::vector<std::vector<double>>>("a"),
             b = fields.get<std::vector<std::vector<double>>>("b");
  want(!gold.empty(), "gold is empty");
  want(a.size() == gold.size() && b.size() == gold.size(), "gold, a and b must be equally long");
  for (std::size_t i = 0; i < gold.size(); ++i) {
    want(a[i].size() >= 2 && a[i].size() == b[i].size(),
         "a and b need the same options, at least two");
    want(gold[i] >= 0 && static_cast<std::size_t>(gold[i]) < a[i].size(),
         "gold must be one of the options");
  }
  const ChanceCorrected out = capa_probabilistic(gold, a, b);
  return {{"c_obs", out.observed}, {"c_exp", out.expected}, {"capa", or_null(out.value)}};
}

/// `a`, `b`: 1 where the model is right, else 0.
nlohmann::json consistency(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto a = fields.get<std::vector<int>>("a"), b = fields.get<std::vector<int>>("b");
  want(!a.empty() && a.size() == b.size(), "a and b must be equally long and not empty");
  const ChanceCorrected out = error_consistency(a, b);
  return {{"error_obs", out.observed},
          {"error_exp", out.expected},
          {"error_consistency", or_null(out.value)}};
}

constexpr StatFunction kFunctions[] = {{"krippendorff_alpha", alpha},
                                       {"cohen_kappa", kappa},
                                       {"capa_discrete", discrete},
                                       {"capa_probabilistic", probabilistic},
                                       {"error_consistency", consistency}};

}  // namespace

extern constinit const StatSubject agreement_subject;
constinit const StatSubject agreement_subject = {"agreement", kFunctions};

}  // namespace leitai
