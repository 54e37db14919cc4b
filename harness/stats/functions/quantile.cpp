#include "harness/stats/quantile.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"

namespace leitai {
namespace {

nlohmann::json latency(const nlohmann::json& input, const nlohmann::json& params) {
  const auto summary = latency_summary(Fields(input, params).get<std::vector<double>>("x"));
  if (!summary) return nullptr;
  return {{"quantiles", summary->quantiles},
          {"mean", summary->mean},
          {"geometric_mean", or_null(summary->geometric_mean)},
          {"harmonic_mean", or_null(summary->harmonic_mean)},
          {"sd", or_null(summary->sd)}};
}

constexpr StatFunction kFunctions[] = {{"latency_summary", latency}};

}  // namespace

extern constinit const StatSubject quantile_subject;
constinit const StatSubject quantile_subject = {"quantile", kFunctions};

}  // namespace leitai
