#include "harness/stats/paired_graded.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"

namespace leitai {
namespace {

/// With `denominator`, differences are whole multiples of 1 / denominator.
nlohmann::json flip_and_t(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto d = fields.get<std::vector<double>>("d");
  want(!d.empty(), "d must not be empty");
  std::vector<double> units = d;
  if (fields.has("denominator")) {
    const auto denominator = fields.get<double>("denominator");
    want(denominator > 0, "denominator must be positive");
    for (double& unit : units) unit = std::round(unit * denominator);
  }
  const SignFlip flip = sign_flip(units, {.seed = fields.seed()});
  const PairedT test = paired_t(d, fields.alpha());
  return {{"mean", test.mean},
          {"se", or_null(test.se)},
          {"sign_flip_count", flip.count},
          {"sign_flip_total", flip.total},
          {"sign_flip_p", flip.p},
          {"sign_flip_one_sided_greater", flip.p_one_sided_greater},
          {"t", or_null(test.t)},
          {"t_p", or_null(test.p)},
          {"t_ci", test.interval ? to_list(*test.interval) : nlohmann::json(nullptr)}};
}

constexpr StatFunction kFunctions[] = {{"sign_flip_and_t", flip_and_t}};

}  // namespace

extern constinit const StatSubject paired_graded_subject;
constinit const StatSubject paired_graded_subject = {"paired_graded", kFunctions};

}  // namespace leitai
