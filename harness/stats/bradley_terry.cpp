#include "harness/stats/bradley_terry.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <tuple>
#include <utility>

#include "harness/core/error.h"
#include "harness/stats/newton.h"

namespace leitai {

namespace {

constexpr double kEloPerLogit = 400 / std::numbers::ln10;

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double log_logistic(double x) {
  return x > 0 ? -std::log1p(std::exp(-x)) : x - std::log1p(std::exp(x));
}

/// Log-likelihood of one pair and its derivatives by x = theta_i - theta_j and the tie parameter.
struct PairTerm {
  double value = 0;
  double by_x = 0, by_tie = 0;
  double by_xx = 0, by_x_tie = 0, by_tie_tie = 0;
};

PairTerm half_tie_term(const PairedGames& games, double x, double) {
  const double wins = games.wins + games.ties / 2, losses = games.losses + games.ties / 2;
  const double p = logistic(x), n = wins + losses;
  PairTerm term;
  term.value = wins * log_logistic(x) + losses * log_logistic(-x);
  term.by_x = wins - n * p;
  term.by_xx = -n * p * (1 - p);
  return term;
}

/// The tie parameter is log nu. With q = e^(x/2) + e^(-x/2) + nu the outcomes have probability
/// e^(x/2) / q, nu / q and e^(-x/2) / q.
PairTerm davidson_term(const PairedGames& games, double x, double log_nu) {
  const double up = std::exp(x / 2), down = std::exp(-x / 2), nu = std::exp(log_nu);
  const double q = up + down + nu, n = games.wins + games.ties + games.losses;
  const double slope = (up - down) / 2 / q, share = nu / q;
  PairTerm term;
  term.value = (games.wins - games.losses) * x / 2 - n * std::log(q);
  if (games.ties > 0) term.value += games.ties * log_nu;
  term.by_x = (games.wins - games.losses) / 2 - n * slope;
  term.by_tie = games.ties - n * share;
  term.by_xx = -n * ((up + down) / 4 / q - slope * slope);
  term.by_tie_tie = -n * share * (1 - share);
  term.by_x_tie = n * slope * share;
  return term;
}

/// P(tie) = (e^(2 eta) - 1) P(win) P(loss).
PairTerm rao_kupper_term(const PairedGames& games, double x, double eta) {
  PairTerm term;
  if (eta < 0 || (eta == 0 && games.ties > 0)) {
    term.value = -std::numeric_limits<double>::infinity();
    return term;
  }
  const double as_win = games.wins + games.ties, as_loss = games.losses + games.ties;
  const double win = logistic(x - eta), loss = logistic(-x - eta);
  term.value = as_win * log_logistic(x - eta) + as_loss * log_logistic(-x - eta);
  term.by_x = as_win * (1 - win) - as_loss * (1 - loss);
  term.by_tie = -as_win * (1 - win) - as_loss * (1 - loss);
  const double win_bend = as_win * win * (1 - win), loss_bend = as_loss * loss * (1 - loss);
  term.by_xx = -win_bend - loss_bend;
  term.by_tie_tie = -win_bend - loss_bend;
  term.by_x_tie = win_bend - loss_bend;
  if (games.ties > 0) {
    const double growth = std::expm1(2 * eta);
    term.value += games.ties * std::log(growth);
    term.by_tie += games.ties * 2 * (growth + 1) / growth;
    term.by_tie_tie -= games.ties * 4 * (growth + 1) / (growth * growth);
  }
  return term;
}

enum class TieParameter { Free, Fixed };

/// Sum over the pairs at `parameters` (theta, then the free tie parameter). The curvature of theta
/// gets 1 / models in every element: theta's mean, on which nothing depends, stays put.
Local likelihood(std::size_t models, std::span<const PairedGames> games,
                 PairTerm (*term_of)(const PairedGames&, double, double), TieParameter kind,
                 double fixed, std::span<const double> parameters) {
  const bool free = kind == TieParameter::Free;
  Local local(parameters.size());
  for (std::size_t i = 0; i < models; ++i)
    for (std::size_t j = 0; j < models; ++j)
      local.curvature[i][j] = 1 / static_cast<double>(models);
  for (const PairedGames& pair : games) {
    const PairTerm term =
        term_of(pair, parameters[pair.i] - parameters[pair.j], free ? parameters[models] : fixed);
    local.value += term.value;
    local.gradient[pair.i] += term.by_x;
    local.gradient[pair.j] -= term.by_x;
    local.curvature[pair.i][pair.i] -= term.by_xx;
    local.curvature[pair.j][pair.j] -= term.by_xx;
    local.curvature[pair.i][pair.j] += term.by_xx;
    local.curvature[pair.j][pair.i] += term.by_xx;
    if (!free) continue;
    local.gradient[models] += term.by_tie;
    local.curvature[models][models] -= term.by_tie_tie;
    for (const auto& [model, sign] : {std::pair(pair.i, 1.0), std::pair(pair.j, -1.0)}) {
      local.curvature[model][models] -= sign * term.by_x_tie;
      local.curvature[models][model] -= sign * term.by_x_tie;
    }
  }
  return local;
}

void centre(std::span<double> theta) {
  double sum = 0;
  for (const double value : theta) sum += value;
  for (double& value : theta) value -= sum / static_cast<double>(theta.size());
}

/// Whether every model can be reached from every other along "beat or tied with".
bool is_strongly_connected(std::size_t models, std::span<const PairedGames> games) {
  for (const bool forward : {true, false}) {
    std::vector<bool> reached(models, false);
    std::vector<std::size_t> open = {0};
    reached[0] = true;
    while (!open.empty()) {
      const std::size_t from = open.back();
      open.pop_back();
      for (const PairedGames& pair : games) {
        const bool i_to_j = pair.ties > 0 || (forward ? pair.wins : pair.losses) > 0;
        const bool j_to_i = pair.ties > 0 || (forward ? pair.losses : pair.wins) > 0;
        for (const auto& [a, b, open_way] :
             {std::tuple(pair.i, pair.j, i_to_j), std::tuple(pair.j, pair.i, j_to_i)}) {
          if (a != from || !open_way || reached[b]) continue;
          reached[b] = true;
          open.push_back(b);
        }
      }
    }
    if (std::find(reached.begin(), reached.end(), false) != reached.end()) return false;
  }
  return true;
}

std::optional<TieModel> fit_tie_model(std::size_t models, std::span<const PairedGames> games,
                                      PairTerm (*term_of)(const PairedGames&, double, double),
                                      double start, double without_ties) {
  double ties = 0;
  for (const PairedGames& pair : games) ties += pair.ties;
  const TieParameter kind = ties > 0 ? TieParameter::Free : TieParameter::Fixed;
  std::vector<double> from(models, 0.0);
  if (kind == TieParameter::Free) from.push_back(start);
  const auto function = [&](std::span<const double> at) {
    return likelihood(models, games, term_of, kind, without_ties, at);
  };
  std::optional<std::vector<double>> at = maximum(from, function);
  if (!at) return std::nullopt;
  TieModel model;
  model.negative_log_likelihood = -function(*at).value;
  model.tie = kind == TieParameter::Free ? at->back() : without_ties;
  at->resize(models);
  model.theta = *std::move(at);
  centre(model.theta);
  return model;
}

}  // namespace

double BradleyTerry::se_difference(std::size_t a, std::size_t b) const {
  return std::sqrt(
      std::max(0.0, covariance[a][a] + covariance[b][b] - covariance[a][b] - covariance[b][a]));
}

BradleyTerry bradley_terry(std::size_t models, std::span<const PairedGames> given) {
  BradleyTerry out;
  std::vector<PairedGames> games(given.begin(), given.end());
  out.has_virtual_ties = !is_strongly_connected(models, games);
  if (out.has_virtual_ties)
    for (std::size_t i = 0; i < models; ++i)
      for (std::size_t j = i + 1; j < models; ++j) games.push_back({.i = i, .j = j, .ties = 0.5});

  const auto function = [&](std::span<const double> at) {
    return likelihood(models, games, half_tie_term, TieParameter::Fixed, 0, at);
  };
  // The likelihood of a strongly connected graph has one maximum, where Newton's steps settle.
  std::optional<std::vector<double>> theta = maximum(std::vector<double>(models, 0.0), function);
  if (!theta) throw Error("ratings: the games are too lopsided for an estimate");
  out.theta = *std::move(theta);
  centre(out.theta);
  const Local top = function(out.theta);
  out.negative_log_likelihood = -top.value;

  const double shift = 1 / static_cast<double>(models);
  std::optional<SquareMatrix> inverted = inverse(top.curvature);
  LEITAI_CHECK(inverted, "curvature at a maximum that was found");
  SquareMatrix bread = *std::move(inverted);
  for (auto& row : bread)
    for (double& value : row) value -= shift;  // pseudo-inverse on the centred space
  SquareMatrix meat(models, std::vector<double>(models, 0.0));
  std::vector<double> points(models, 0.0), played(models, 0.0);
  for (const PairedGames& pair : games) {
    const double p = logistic(out.theta[pair.i] - out.theta[pair.j]);
    const double spread =
        pair.wins * (1 - p) * (1 - p) + pair.ties * (0.5 - p) * (0.5 - p) + pair.losses * p * p;
    meat[pair.i][pair.i] += spread;
    meat[pair.j][pair.j] += spread;
    meat[pair.i][pair.j] -= spread;
    meat[pair.j][pair.i] -= spread;
  }
  for (const PairedGames& pair : given) {
    points[pair.i] += pair.wins + pair.ties / 2;
    points[pair.j] += pair.losses + pair.ties / 2;
    played[pair.i] += pair.wins + pair.ties + pair.losses;
    played[pair.j] += pair.wins + pair.ties + pair.losses;
  }
  out.covariance = product(product(bread, meat), bread);
  for (std::size_t i = 0; i < models; ++i) {
    out.elo.push_back(1000 + kEloPerLogit * out.theta[i]);
    out.se_elo.push_back(kEloPerLogit * std::sqrt(std::max(0.0, out.covariance[i][i])));
    out.se_elo_hessian.push_back(kEloPerLogit * std::sqrt(std::max(0.0, bread[i][i])));
    out.win_rate.push_back(played[i] > 0 ? std::optional(points[i] / played[i]) : std::nullopt);
  }
  return out;
}

std::optional<TieModel> davidson(std::size_t models, std::span<const PairedGames> games) {
  std::optional<TieModel> model =
      fit_tie_model(models, games, davidson_term, 0, -std::numeric_limits<double>::infinity());
  if (model) model->tie = std::exp(model->tie);
  return model;
}

std::optional<TieModel> rao_kupper(std::size_t models, std::span<const PairedGames> games) {
  return fit_tie_model(models, games, rao_kupper_term, 0.2, 0);
}

std::vector<double> online_elo(std::span<const double> results, double k, double start) {
  std::vector<double> ratings;
  double a = start, b = start;
  for (const double result : results) {
    const double change = k * (result - 1 / (1 + std::pow(10.0, (b - a) / 400)));
    a += change;
    b -= change;
    ratings.push_back(a);
  }
  return ratings;
}

}  // namespace leitai
