#include "harness/stats/aggregate.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"
#include "harness/stats/quantile.h"

namespace leitai {
namespace {

nlohmann::json suites(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto accuracies = fields.get<std::vector<double>>("acc");
  const auto n = fields.get<std::vector<double>>("n");
  const auto baselines = fields.get_or("baseline", std::vector<double>(accuracies.size(), 0.0));
  want(!accuracies.empty(), "acc is empty");
  want(n.size() == accuracies.size() && baselines.size() == accuracies.size(),
       "acc, n and baseline must be equally long");
  std::vector<SuiteScore> scores;
  for (std::size_t i = 0; i < n.size(); ++i) {
    want(accuracies[i] >= 0 && accuracies[i] <= 1, "acc must lie in [0, 1]");
    want(n[i] >= 1, "n must be at least 1");
    want(baselines[i] < 1, "baseline must lie below 1");
    scores.push_back({.accuracy = accuracies[i], .n = n[i], .baseline = baselines[i]});
  }
  const SuiteMeans means = suite_means(scores);
  return {{"macro", means.macro},
          {"se_macro", or_null(means.se_macro)},
          {"micro", means.micro},
          {"se_micro", or_null(means.se_micro)},
          {"lm_eval_pooled_sample_stderr", or_null(means.pooled_stderr)},
          {"chance_adjusted", means.chance_adjusted},
          {"mean_adjusted", means.mean_adjusted},
          {"se_mean_adjusted", or_null(means.se_mean_adjusted)},
          {"open_llm_v2_clipped_mean", means.clipped_mean},
          {"geometric", means.geometric},
          {"harmonic", means.harmonic},
          {"se_random_suites", or_null(means.se_random_suites)}};
}

nlohmann::json win_rate(const nlohmann::json& input, const nlohmann::json& params) {
  const auto scores = Fields(input, params).get<std::vector<std::vector<double>>>("scores");
  want(scores.size() >= 2, "scores: at least two models are needed");
  std::vector<double> means;
  for (const auto& row : scores) {
    want(!row.empty() && row.size() == scores.front().size(),
         "scores: every model needs the same columns");
    means.push_back(sample_mean(row));
  }
  const auto others = mean_win_rate(std::span(scores).first(scores.size() - 1));
  return {{"mean_win_rate", mean_win_rate(scores)},
          {"without_last_model", others.empty() ? nlohmann::json(nullptr) : nlohmann::json(others)},
          {"mean", means}};
}

nlohmann::json hierarchical(const nlohmann::json& input, const nlohmann::json& params) {
  const auto tree = Fields(input, params).get<ScoreTree>("tree");
  want(!tree.empty(), "tree is empty");
  for (const auto& [domain, suites_of] : tree) {
    want(!suites_of.empty(), "tree: a domain without suites: " + domain);
    for (const auto& [suite, scores] : suites_of)
      want(!scores.empty(), "tree: a suite without items: " + suite);
  }
  const HierarchicalMean mean = hierarchical_mean(tree);
  return {{"domains", mean.domains}, {"index", mean.index}, {"micro", mean.micro}};
}

nlohmann::json polymath(const nlohmann::json& input, const nlohmann::json& params) {
  const auto accuracies = Fields(input, params).get<std::vector<double>>("acc");
  want(accuracies.size() == 4, "acc: four levels are wanted");
  return {{"dw", polymath_difficulty_weighted(std::span<const double, 4>(accuracies))}};
}

constexpr StatFunction kFunctions[] = {{"suites", suites},
                                       {"mean_win_rate", win_rate},
                                       {"hierarchical_mean", hierarchical},
                                       {"polymath_difficulty_weighted", polymath}};

}  // namespace

extern constinit const StatSubject aggregate_subject;
constinit const StatSubject aggregate_subject = {"aggregate", kFunctions};

}  // namespace leitai
