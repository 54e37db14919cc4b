#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

/// Ratings from pairwise judgements. theta is on the logit scale and centred; Elo scale
/// 1000 + (400 / ln 10) theta.
namespace leitai {

/// All games of models `i` and `j`.
struct PairedGames {
  std::size_t i = 0;
  std::size_t j = 0;
  double wins = 0;  // of i
  double ties = 0;
  double losses = 0;
};

struct BradleyTerry {
  std::vector<double> theta;
  double negative_log_likelihood = 0;
  std::vector<double> elo;
  std::vector<double> se_elo;                   // sandwich H^-1 G H^-1
  std::vector<double> se_elo_hessian;           // H^-1 alone: too wide where ties are common
  std::vector<std::optional<double>> win_rate;  // ties count one half; absent without games
  std::vector<std::vector<double>> covariance;  // of theta, sandwich
  bool has_virtual_ties = false;                // half a tie was added to each pair, see below

  double se_difference(std::size_t a, std::size_t b) const;  // of theta_a - theta_b
};

/// Bradley & Terry (1952), a tie as half a win for both, by maximum likelihood; errors as the
/// arena-rank package computes them. Where some models never lost to the others (the win graph is
/// not strongly connected) the estimate would be infinite: then half a tie is added to each pair of
/// models and said so. At least two models; i != j. Throws Error for games so lopsided that the
/// estimate runs away nevertheless.
BradleyTerry bradley_terry(std::size_t models, std::span<const PairedGames> games);

/// Models in which a tie is an outcome of its own.
struct TieModel {
  std::vector<double> theta;
  double tie = 0;  // Davidson nu, Rao-Kupper eta
  double negative_log_likelihood = 0;
};

/// Davidson (1970): P(tie) proportional to nu sqrt(pi_i pi_j), pi = exp(theta). Absent where the
/// likelihood has no maximum.
std::optional<TieModel> davidson(std::size_t models, std::span<const PairedGames> games);

/// Rao & Kupper (1967): P(i wins) = logistic(theta_i - theta_j - eta).
std::optional<TieModel> rao_kupper(std::size_t models, std::span<const PairedGames> games);

/// Rating of A after each game against B, both from `start`: base 10, scale 400, step `k`. Results
/// 1, 0.5, 0 are A's. Depends on the order: not for leaderboards.
std::vector<double> online_elo(std::span<const double> results, double k, double start);

}  // namespace leitai
