#include <gtest/gtest.h>

#include "harness/stats/bradley_terry.h"
#include "harness/stats/length_control.h"
#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(RankingModels, AgreesWithIndependentTruth) { test::run_golden("ranking-models.jsonl"); }

// Twelve games in which C owes its lead to longer answers.
TEST(RankingModels, StyleControlTakesOutLength) {
  const auto game = [](std::size_t a, std::size_t b, double y, double length_a, double length_b) {
    return StyledGame{a, b, y, {length_a}, {length_b}};
  };
  const std::vector<StyledGame> games = {
      game(0, 1, 1, 600, 300), game(0, 1, 1, 550, 280), game(1, 0, 1, 500, 250),
      game(0, 2, 1, 620, 400), game(2, 0, 0, 300, 640), game(0, 2, 0, 300, 500),
      game(1, 2, 1, 450, 300), game(2, 1, 1, 520, 260), game(1, 2, 0.5, 380, 390),
      game(0, 1, 0, 280, 420), game(2, 0, 1, 610, 330), game(1, 2, 0, 250, 480)};
  const StyleControlled plain = style_controlled(3, games, StyleControl::Off);
  const StyleControlled controlled = style_controlled(3, games, StyleControl::On);
  EXPECT_NEAR(controlled.feature_mean[0], 0.074925, 1e-6);
  EXPECT_NEAR(controlled.feature_sd[0], 0.270771, 1e-6);
  EXPECT_NEAR(controlled.coefficients[0], 2.195774, 1e-5);
  const double want_plain[] = {1000.000, 971.750, 1028.250};
  const double want_controlled[] = {1010.799, 1027.525, 961.676};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(plain.elo[i], want_plain[i], 1e-3);
    EXPECT_NEAR(controlled.elo[i], want_controlled[i], 1e-3);
  }
}

TEST(RankingModels, UnbeatenModelGetsVirtualTiesAndSaysSo) {
  const std::vector<PairedGames> games = {{.i = 0, .j = 1, .wins = 5}, {.i = 1, .j = 2, .wins = 4}};
  const BradleyTerry fit = bradley_terry(3, games);
  EXPECT_TRUE(fit.has_virtual_ties);
  EXPECT_GT(fit.theta[0], fit.theta[1]);
  EXPECT_GT(fit.theta[1], fit.theta[2]);
  EXPECT_NEAR(fit.theta[0] + fit.theta[1] + fit.theta[2], 0, 1e-12);
  EXPECT_FALSE(davidson(3, games));
}

// Without ties both models are Bradley-Terry: 9 of 16 games give logit(9/16).
TEST(RankingModels, TieModelsWithoutTies) {
  const std::vector<PairedGames> games = {{.i = 0, .j = 1, .wins = 9, .losses = 7}};
  for (const auto& model : {davidson(2, games), rao_kupper(2, games)}) {
    ASSERT_TRUE(model);
    EXPECT_EQ(model->tie, 0);
    EXPECT_NEAR(model->theta[0] - model->theta[1], std::log(9.0 / 7), 1e-12);
  }
}

TEST(RankingModels, SeparatedLengthsHaveNoFit) {
  const std::vector<double> lengths = {-3, -2, 2, 3}, outcomes = {0, 0, 1, 1};
  EXPECT_FALSE(fit_length(lengths, outcomes));
}

}  // namespace
}  // namespace leitai
