#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// Tests that may be looked at after every item. An e-process E has expectation at most 1 under the
/// null hypothesis at any stopping time, so that it ever reaches 1/alpha with probability at most
/// alpha (Ville 1939). Valid in the order fixed before anything was asked, and only there.
namespace leitai {

/// E-value of "w items won and l lost by A are fair coin tosses" against a symmetric Beta(a, a)
/// mixture of alternatives: 2^(w+l) B(a+w, a+l) / B(a, a) (Robbins 1970). a > 0; a = 10 where 75 or
/// more discordant items are expected, 1 below. Infinite beyond the range of double.
double beta_mixture(std::int64_t w, std::int64_t l, double a);
double log_beta_mixture(std::int64_t w, std::int64_t l, double a);

/// The same against "A is better" alone: E 2 P(theta > 1/2 | Beta(a+w, a+l)).
double beta_mixture_one_sided(std::int64_t w, std::int64_t l, double a);

/// Fewest wins of A among d discordant items with E >= 1/alpha; absent where even d wins do not do.
std::optional<std::int64_t> beta_mixture_boundary(std::int64_t d, double a, double alpha);

struct AnytimePath {
  std::vector<double> p;                // after each item: min(1, 1 / largest E so far)
  std::optional<std::int64_t> stop_at;  // items seen when p first reached alpha, from 1
};

/// Of the beta mixture over differences of +1, 0 and -1.
AnytimePath anytime_p_path(std::span<const int> differences, double a, double alpha);

/// Asymptotic confidence sequence of a mean (Waudby-Smith et al., Annals of Statistics 2024), tight
/// near t_star items; to be used from some 50 items on.
struct AsymptoticCs {
  double rho = 0;
  double half_width = 0;
};
AsymptoticCs asymptotic_cs(double t_star, double sigma, double t, double alpha);

/// Mixture sequential probability ratio of a mean of n values with variance v each, normal mixture
/// with variance tau2 (Johari, Koomen, Pekelis, Walsh, "Always valid inference", 2022).
double msprt(double n, double variance, double tau2, double theta_hat);

}  // namespace leitai
