#include "harness/stats/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"

namespace leitai {
namespace {

using Lists = std::vector<std::vector<double>>;

BootstrapOptions options_of(const Fields& fields) {
  const BootstrapOptions options = {
      .seed = fields.seed(), .replicates = fields.get_or("B", 10000), .alpha = fields.alpha()};
  want(options.replicates >= 1 && options.replicates <= 10'000'000,
       "B must lie between 1 and 10000000");
  return options;
}

std::vector<double> values_of(const Fields& fields, const char* name) {
  auto values = fields.get<std::vector<double>>(name);
  want(!values.empty(), std::string(name) + " is empty");
  return values;
}

Lists lists_of(const Fields& fields, const char* name) {
  auto lists = fields.get<Lists>(name);
  want(!lists.empty(), std::string(name) + " is empty");
  for (const auto& list : lists) want(!list.empty(), std::string(name) + " holds an empty list");
  return lists;
}

/// The first `count` of a list.
template <typename T>
nlohmann::json head(const std::vector<T>& list, std::size_t count) {
  return std::vector<T>(list.begin(),
                        list.begin() + static_cast<std::ptrdiff_t>(std::min(count, list.size())));
}

nlohmann::json mean(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const double denominator = fields.get_or("denominator", 1.0);
  want(denominator > 0, "denominator must be positive");
  const BootstrapMean result =
      bootstrap_mean(values_of(fields, "y"), denominator, options_of(fields));
  double all = 0;
  for (const double sum : result.sums) all += sum;
  nlohmann::json out = {{"mean", result.mean},
                        {"first_replicate_sums", head(result.sums, 5)},
                        {"sum_of_all_replicate_sums", all},
                        {"se", or_null(result.se)},
                        {"percentile", to_list(result.percentile)},
                        {"less", result.bca.less},
                        {"equal", result.bca.equal},
                        {"z0", or_null(result.bca.z0)},
                        {"a", or_null(result.bca.acceleration)},
                        {"levels", nullptr},
                        {"bca", nullptr}};
  if (result.bca.levels) out["levels"] = *result.bca.levels;
  if (result.bca.interval) out["bca"] = to_list(*result.bca.interval);
  return out;
}

nlohmann::json paired_difference(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const BootstrapDifference result =
      bootstrap_paired_difference(values_of(fields, "d"), options_of(fields));
  return {{"delta", result.delta},
          {"se", or_null(result.se)},
          {"percentile", to_list(result.percentile)},
          {"share_le_0", result.share_le_0},
          {"p_two_sided", result.p_two_sided},
          {"first_replicate_sums", head(result.sums, 5)}};
}

nlohmann::json clusters_ratio(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const BootstrapRatio result =
      bootstrap_clusters_ratio(lists_of(fields, "clusters"), options_of(fields));
  return {{"mean", result.mean},
          {"se", or_null(result.se)},
          {"percentile", to_list(result.percentile)},
          {"first_replicates", head(result.replicates, 5)}};
}

nlohmann::json suites(const Fields& fields, SuiteDraw draw) {
  const BootstrapSuites result =
      bootstrap_suites(lists_of(fields, "suites"), draw, options_of(fields));
  return {{"mean", result.mean},
          {"sd", or_null(result.sd)},
          {"percentile", to_list(result.percentile)},
          {"first", head(result.replicates, 3)}};
}

nlohmann::json stratified(const nlohmann::json& input, const nlohmann::json& params) {
  return suites(Fields(input, params), SuiteDraw::Fixed);
}

nlohmann::json two_level(const nlohmann::json& input, const nlohmann::json& params) {
  return suites(Fields(input, params), SuiteDraw::Random);
}

constexpr StatFunction kFunctions[] = {{"bootstrap_mean", mean},
                                       {"bootstrap_paired_difference", paired_difference},
                                       {"bootstrap_clusters_ratio", clusters_ratio},
                                       {"bootstrap_stratified", stratified},
                                       {"bootstrap_two_level", two_level}};

}  // namespace

extern constinit const StatSubject bootstrap_subject;
constinit const StatSubject bootstrap_subject = {"bootstrap", kFunctions};

}  // namespace leitai
