#include "harness/stats/rank.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"

namespace leitai {
namespace {

nlohmann::json lists_of(const std::vector<RankSet>& sets) {
  nlohmann::json out = nlohmann::json::array();
  for (const RankSet& set : sets) out.push_back({set.low, set.high});
  return out;
}

nlohmann::json association(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto x = fields.get<std::vector<double>>("x"), y = fields.get<std::vector<double>>("y");
  want(x.size() == y.size(), "x and y must be equally long");
  want(x.size() <= 50'000, "x and y are too long");
  const Correlations out = correlations(x, y);
  return {{"kendall_tau_b", or_null(out.kendall_tau_b)},
          {"kendall_tau_c", or_null(out.kendall_tau_c)},
          {"concordant", out.concordant},
          {"discordant", out.discordant},
          {"spearman", or_null(out.spearman)},
          {"pearson", or_null(out.pearson)},
          {"ranks_x_average", average_ranks(x)},
          {"ranks_x_min", minimum_ranks(x)}};
}

/// `pair_se` is one number for all pairs, or a list in the order (0,1), (0,2) .. (1,2) ..
nlohmann::json by_holm(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto means = fields.get<std::vector<double>>("mean");
  const std::size_t pairs = means.empty() ? 0 : means.size() * (means.size() - 1) / 2;
  const auto pair_se = fields.get<nlohmann::json>("pair_se").is_array()
                           ? fields.get<std::vector<double>>("pair_se")
                           : std::vector(pairs, fields.get<double>("pair_se"));
  want(pair_se.size() == pairs, "pair_se: one for each pair is wanted");
  for (const double se : pair_se) want(se > 0, "pair_se must be positive");
  const HolmRanks out = rank_sets_holm(means, pair_se, fields.alpha());
  return {{"p_raw", out.p}, {"p_holm", out.p_holm}, {"rank_sets", lists_of(out.sets)}};
}

/// `replicates`: one list for each bootstrap replicate, with the means of all models.
nlohmann::json by_max_t(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto means = fields.get<std::vector<double>>("mean");
  const auto replicates = fields.get<std::vector<std::vector<double>>>("replicates");
  want(!means.empty(), "mean is empty");
  want(replicates.size() >= 2, "replicates: at least two are needed");
  for (const auto& replicate : replicates)
    want(replicate.size() == means.size(), "replicates: one value for each model is wanted");
  const MaxTRanks out = rank_sets_max_t(means, replicates, fields.alpha());
  return {{"critical", out.critical},
          {"pair_se", out.pair_se},
          {"rank_sets", lists_of(out.sets)},
          {"p_best", out.p_best}};
}

nlohmann::json by_interval(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto lower = fields.get<std::vector<double>>("lower"),
             upper = fields.get<std::vector<double>>("upper");
  want(lower.size() == upper.size(), "lower and upper must be equally long");
  std::vector<Interval> intervals;
  for (std::size_t i = 0; i < lower.size(); ++i) intervals.push_back({lower[i], upper[i]});
  return {{"rank", arena_ranks(intervals)}};
}

constexpr StatFunction kFunctions[] = {{"correlations", association},
                                       {"rank_sets_holm", by_holm},
                                       {"rank_sets_max_t", by_max_t},
                                       {"arena_rank_by_interval", by_interval}};

}  // namespace

extern constinit const StatSubject rank_subject;
constinit const StatSubject rank_subject = {"rank", kFunctions};

}  // namespace leitai
