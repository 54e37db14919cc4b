#include "harness/stats/cluster.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"

namespace leitai {
namespace {

/// Clusters are numbers or strings.
std::vector<std::int64_t> clusters(const Fields& fields, std::size_t wanted) {
  const auto names = fields.get<std::vector<nlohmann::json>>("cluster");
  want(names.size() == wanted, "cluster must be as long as the values");
  std::map<std::string, std::int64_t> known;
  std::vector<std::int64_t> out;
  for (const nlohmann::json& name : names)
    out.push_back(
        known.emplace(name.dump(), static_cast<std::int64_t>(known.size())).first->second);
  return out;
}

nlohmann::json written(const ClusteredMean& got) {
  return {{"n", got.n},
          {"clusters", got.clusters},
          {"mean", got.mean},
          {"se_naive", or_null(got.se_naive)},
          {"se_cluster", or_null(got.se_cluster)},
          {"se_cluster_no_factor", got.se_cluster_no_factor},
          {"deff_vs_naive", or_null(got.deff_vs_naive)},
          {"msb", or_null(got.msb)},
          {"msw", or_null(got.msw)},
          {"n0", or_null(got.n0)},
          {"icc_anova", or_null(got.icc)},
          {"t_ci", got.interval ? to_list(*got.interval) : nlohmann::json(nullptr)}};
}

nlohmann::json mean(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto x = fields.get<std::vector<double>>("x");
  want(!x.empty(), "x must not be empty");
  return written(clustered_mean(x, clusters(fields, x.size()), fields.alpha()));
}

nlohmann::json difference(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto d = fields.get<std::vector<double>>("d");
  want(!d.empty(), "d must not be empty");
  const ClusteredDifference got =
      clustered_difference(d, clusters(fields, d.size()), fields.alpha(), {.seed = fields.seed()});
  nlohmann::json out = written(got.mean);
  out["cluster_sign_flip_count"] = got.flip.count;
  out["cluster_sign_flip_total"] = got.flip.total;
  out["cluster_sign_flip_p"] = got.flip.p;
  out["t"] = or_null(got.test.t);
  out["t_p"] = or_null(got.test.p);
  return out;
}

constexpr StatFunction kFunctions[] = {{"clustered_mean", mean},
                                       {"clustered_paired_difference", difference}};

}  // namespace

extern constinit const StatSubject cluster_subject;
constinit const StatSubject cluster_subject = {"cluster", kFunctions};

}  // namespace leitai
