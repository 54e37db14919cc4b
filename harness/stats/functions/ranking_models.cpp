#include "harness/stats/bradley_terry.h"
#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"
#include "harness/stats/length_control.h"

namespace leitai {
namespace {

std::size_t models_of(const Fields& fields) {
  const int models = fields.get<int>("models");
  want(models >= 2 && models <= 1000, "models must lie between 2 and 1000");
  return static_cast<std::size_t>(models);
}

/// Rows of [i, j, wins of i, ties, wins of j].
std::vector<PairedGames> games_of(const Fields& fields, std::size_t models) {
  std::vector<PairedGames> games;
  for (const auto& row : fields.get<std::vector<std::vector<double>>>("pairs")) {
    want(row.size() == 5, "pairs: rows of [i, j, wins of i, ties, wins of j] are wanted");
    for (const double value : row) want(value >= 0, "pairs: values must not be negative");
    const PairedGames pair = {.i = static_cast<std::size_t>(row[0]),
                              .j = static_cast<std::size_t>(row[1]),
                              .wins = row[2],
                              .ties = row[3],
                              .losses = row[4]};
    want(pair.i < models && pair.j < models && pair.i != pair.j,
         "pairs: i and j must be two of the models");
    games.push_back(pair);
  }
  return games;
}

nlohmann::json half_ties(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const std::size_t models = models_of(fields);
  const BradleyTerry out = bradley_terry(models, games_of(fields, models));
  nlohmann::json rates = nlohmann::json::array();
  for (const auto& rate : out.win_rate) rates.push_back(or_null(rate));
  return {{"theta", out.theta},
          {"nll", out.negative_log_likelihood},
          {"elo", out.elo},
          {"se_elo_sandwich", out.se_elo},
          {"se_elo_hessian", out.se_elo_hessian},
          {"diff_0_1", out.theta[0] - out.theta[1]},
          {"se_diff_0_1_sandwich", out.se_difference(0, 1)},
          {"win_rate_ties_half", rates},
          {"virtual_ties", out.has_virtual_ties}};
}

nlohmann::json with_ties(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const std::size_t models = models_of(fields);
  const auto games = games_of(fields, models);
  const auto describe = [](const std::optional<TieModel>& model,
                           const char* tie) -> nlohmann::json {
    if (!model) return nullptr;
    return {{"theta", model->theta}, {tie, model->tie}, {"nll", model->negative_log_likelihood}};
  };
  return {{"davidson", describe(davidson(models, games), "nu")},
          {"rao_kupper", describe(rao_kupper(models, games), "eta")}};
}

nlohmann::json elo(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto results = fields.get<std::vector<double>>("results");
  for (const double result : results)
    want(result >= 0 && result <= 1, "results must lie between 0 and 1");
  return {
      {"rating_a", online_elo(results, fields.get_or("K", 4.0), fields.get_or("start", 1000.0))}};
}

nlohmann::json alpacaeval(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto lengths = fields.get<std::vector<double>>("len_diff"),
             difficulties = fields.get<std::vector<double>>("difficulty");
  want(lengths.size() == difficulties.size(), "len_diff and difficulty must be equally long");
  const auto out = length_controlled(lengths, difficulties, fields.get<double>("theta"),
                                     fields.get<double>("phi"), fields.get<double>("psi"));
  if (!out) return nullptr;
  return {{"sd_len_diff", out->sd_length},
          {"predicted_win_rate", out->win_rate},
          {"lc_win_rate", out->controlled_win_rate}};
}

nlohmann::json length_fit(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto lengths = fields.get<std::vector<double>>("len_diff"),
             outcomes = fields.get<std::vector<double>>("y");
  want(lengths.size() == outcomes.size(), "len_diff and y must be equally long");
  for (const double outcome : outcomes) want(outcome >= 0 && outcome <= 1, "y must lie in [0, 1]");
  const auto out = fit_length(lengths, outcomes);
  if (!out) return nullptr;
  return {{"theta", out->theta},
          {"phi", out->phi},
          {"raw_win_rate", out->raw_win_rate},
          {"lc_win_rate", out->controlled_win_rate},
          {"nll", out->negative_log_likelihood}};
}

/// `games`: [{"a": 0, "b": 1, "y": 1, "style_a": [600], "style_b": [300]}, ..]
nlohmann::json style(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const std::size_t models = models_of(fields);
  std::vector<StyledGame> games;
  for (const auto& row : fields.get<std::vector<nlohmann::json>>("games")) {
    const Fields game(row, nlohmann::json());
    const int a = game.get<int>("a"), b = game.get<int>("b");
    want(a >= 0 && b >= 0, "games: a and b must be two of the models");
    games.push_back({.a = static_cast<std::size_t>(a),
                     .b = static_cast<std::size_t>(b),
                     .outcome = game.get<double>("y"),
                     .style_a = game.get<std::vector<double>>("style_a"),
                     .style_b = game.get<std::vector<double>>("style_b")});
    const StyledGame& added = games.back();
    want(added.a < models && added.b < models && a != b,
         "games: a and b must be two of the models");
    want(added.outcome >= 0 && added.outcome <= 1, "games: y must lie in [0, 1]");
    want(added.style_a.size() == games.front().style_a.size() &&
             added.style_b.size() == added.style_a.size(),
         "games: all need the same marks of style");
  }
  want(!games.empty(), "games is empty");
  const double ridge = fields.get_or("regularization", 0.5);
  want(ridge > 0, "regularization must be positive");
  const StyleControlled plain = style_controlled(models, games, StyleControl::Off, ridge);
  const StyleControlled out = style_controlled(models, games, StyleControl::On, ridge);
  return {{"elo", plain.elo},
          {"elo_controlled", out.elo},
          {"beta", out.coefficients},
          {"feature_mean", out.feature_mean},
          {"feature_sd", out.feature_sd}};
}

constexpr StatFunction kFunctions[] = {{"bradley_terry_ties_half", half_ties},
                                       {"tie_models", with_ties},
                                       {"online_elo", elo},
                                       {"alpacaeval_lc_predict", alpacaeval},
                                       {"logistic_length_fit", length_fit},
                                       {"bradley_terry_style", style}};

}  // namespace

extern constinit const StatSubject ranking_models_subject;
constinit const StatSubject ranking_models_subject = {"ranking-models", kFunctions};

}  // namespace leitai
