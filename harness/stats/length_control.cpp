#include "harness/stats/length_control.h"

#include <cmath>
#include <numbers>

#include "harness/core/error.h"
#include "harness/stats/newton.h"
#include "harness/stats/quantile.h"

namespace leitai {

namespace {

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double log_logistic(double x) {
  return x > 0 ? -std::log1p(std::exp(-x)) : x - std::log1p(std::exp(x));
}

/// Adds the log-likelihood of one outcome with logit sum of parameters[i] * features[i].
void add_outcome(Local& local, std::span<const double> parameters, std::span<const double> features,
                 double outcome) {
  double x = 0;
  for (std::size_t i = 0; i < features.size(); ++i) x += parameters[i] * features[i];
  const double p = logistic(x);
  local.value += outcome * log_logistic(x) + (1 - outcome) * log_logistic(-x);
  for (std::size_t i = 0; i < features.size(); ++i) {
    local.gradient[i] += (outcome - p) * features[i];
    for (std::size_t j = 0; j < features.size(); ++j)
      local.curvature[i][j] += p * (1 - p) * features[i] * features[j];
  }
}

/// (a - b) / (a + b) of each mark.
std::vector<double> contrasts(const StyledGame& game) {
  std::vector<double> out;
  for (std::size_t i = 0; i < game.style_a.size(); ++i) {
    const double sum = game.style_a[i] + game.style_b[i];
    out.push_back(sum == 0 ? 0 : (game.style_a[i] - game.style_b[i]) / sum);
  }
  return out;
}

}  // namespace

std::optional<LengthControlled> length_controlled(std::span<const double> length_differences,
                                                  std::span<const double> difficulties,
                                                  double theta, double phi, double psi) {
  const double sd = sample_sd(length_differences).value_or(0);
  if (!(sd > 0)) return std::nullopt;
  LengthControlled out = {.sd_length = sd};
  const auto n = static_cast<double>(length_differences.size());
  for (std::size_t i = 0; i < length_differences.size(); ++i) {
    const double quality = theta + psi * difficulties[i];
    out.win_rate += logistic(quality + phi * std::tanh(length_differences[i] / sd)) / n;
    out.controlled_win_rate += logistic(quality) / n;
  }
  return out;
}

std::optional<LengthFit> fit_length(std::span<const double> length_differences,
                                    std::span<const double> outcomes) {
  const double sd = sample_sd(length_differences).value_or(0);
  if (!(sd > 0)) return std::nullopt;
  const auto function = [&](std::span<const double> at) {
    Local local(2);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const double features[] = {1.0, std::tanh(length_differences[i] / sd)};
      add_outcome(local, at, features, outcomes[i]);
    }
    return local;
  };
  const auto at = maximum({0, 0}, function);
  if (!at) return std::nullopt;
  return LengthFit{.theta = (*at)[0],
                   .phi = (*at)[1],
                   .raw_win_rate = sample_mean(outcomes),
                   .controlled_win_rate = logistic((*at)[0]),
                   .negative_log_likelihood = -function(*at).value};
}

StyleControlled style_controlled(std::size_t models, std::span<const StyledGame> games,
                                 StyleControl control, double regularization) {
  const std::size_t marks = games.front().style_a.size();
  const auto n = static_cast<double>(games.size());
  StyleControlled out;
  out.feature_mean.assign(marks, 0.0);
  out.feature_sd.assign(marks, 0.0);
  std::vector<std::vector<double>> rows;
  for (const StyledGame& game : games) {
    rows.push_back(contrasts(game));
    for (std::size_t i = 0; i < marks; ++i) out.feature_mean[i] += rows.back()[i] / n;
  }
  for (std::size_t i = 0; i < marks; ++i) {
    for (const auto& row : rows) {
      const double d = row[i] - out.feature_mean[i];
      out.feature_sd[i] += d * d / n;
    }
    out.feature_sd[i] = std::sqrt(out.feature_sd[i]);
  }

  const std::size_t used = control == StyleControl::On ? marks : 0;
  std::vector<std::vector<double>> features;
  for (std::size_t g = 0; g < games.size(); ++g) {
    auto& row = features.emplace_back(models + used, 0.0);
    row[games[g].a] += std::numbers::ln10;
    row[games[g].b] -= std::numbers::ln10;
    for (std::size_t i = 0; i < used; ++i)
      if (out.feature_sd[i] > 0)
        row[models + i] = (rows[g][i] - out.feature_mean[i]) / out.feature_sd[i];
  }
  const auto function = [&](std::span<const double> at) {
    Local local(at.size());
    for (std::size_t g = 0; g < games.size(); ++g)
      add_outcome(local, at, features[g], games[g].outcome);
    for (std::size_t i = 0; i < at.size(); ++i) {
      local.value -= regularization / 2 * at[i] * at[i];
      local.gradient[i] -= regularization * at[i];
      local.curvature[i][i] += regularization;
    }
    return local;
  };
  // With a ridge the function has exactly one maximum.
  const auto at = maximum(std::vector<double>(models + used, 0.0), function);
  if (!at) throw Error("games: the ratings do not settle; raise the regularization");
  for (std::size_t i = 0; i < models; ++i) out.elo.push_back(1000 + 400 * (*at)[i]);
  out.coefficients.assign(at->begin() + static_cast<std::ptrdiff_t>(models), at->end());
  return out;
}

}  // namespace leitai
