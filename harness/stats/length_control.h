#pragma once

#include <optional>
#include <span>
#include <vector>

/// Preferences of judges with the length (or another mark of style) of the answers taken out.
namespace leitai {

/// Win rates that a fitted length-controlled model predicts (Dubois et al., "Length-controlled
/// AlpacaEval", 2024): logit = theta + phi tanh(length difference / sd) + psi difficulty.
struct LengthControlled {
  double sd_length = 0;  // n - 1
  double win_rate = 0;
  double controlled_win_rate = 0;  // with the length term at 0
};

/// Lengths in characters. Lists equally long; absent where the lengths do not vary.
std::optional<LengthControlled> length_controlled(std::span<const double> length_differences,
                                                  std::span<const double> difficulties,
                                                  double theta, double phi, double psi);

struct LengthFit {
  double theta = 0;
  double phi = 0;
  double raw_win_rate = 0;
  double controlled_win_rate = 0;  // logistic(theta)
  double negative_log_likelihood = 0;
};

/// Unregularised maximum likelihood of logit P(win) = theta + phi tanh(length difference / sd);
/// outcomes in [0, 1]. Absent where lengths do not vary or separate wins from losses: the
/// likelihood then has no maximum.
std::optional<LengthFit> fit_length(std::span<const double> length_differences,
                                    std::span<const double> outcomes);

/// One judged game of models `a` and `b`.
struct StyledGame {
  std::size_t a = 0;
  std::size_t b = 0;
  double outcome = 0;           // of a, in [0, 1]
  std::vector<double> style_a;  // tokens, headers, ..: not negative
  std::vector<double> style_b;
};

struct StyleControlled {
  std::vector<double> elo;
  std::vector<double> coefficients;  // of the standardised features
  std::vector<double> feature_mean;
  std::vector<double> feature_sd;  // n
};

enum class StyleControl { On, Off };

/// Bradley-Terry with style features as FastChat's rating systems fit it: x = ln 10 (r_a - r_b) +
/// beta f, f the standardised (a - b) / (a + b) of each mark (0 where both are 0), ridge
/// regularization / 2 times the squares of all parameters; Elo 1000 + 400 r. `games` not empty, all
/// with equally many marks.
StyleControlled style_controlled(std::size_t models, std::span<const StyledGame> games,
                                 StyleControl control, double regularization = 0.5);

}  // namespace leitai
