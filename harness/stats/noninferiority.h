#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "harness/core/leaderboard.h"

/// Is a candidate at most `margin` worse than its baseline? Differences are candidate minus
/// baseline; `alpha` is one-sided; margins are shares, not points.
namespace leitai {

enum class GateVerdict { Pass, Regression, Inconclusive };

/// From the estimate and its two one-sided bounds: pass where the lower bound lies above -margin;
/// regression where the upper bound lies below -margin, or below 0 with the estimate past half the
/// margin; else inconclusive.
GateVerdict gate_verdict(double delta, const Interval& one_sided, double margin);

struct NonInferiority {
  double delta = 0;
  double z = 0;  // Tango's score statistic at -margin
  double p = 1;
  Interval one_sided;            // both at 1 - alpha
  std::optional<double> wald_z;  // absent where nothing is discordant
  std::optional<double> wald_p;
  GateVerdict verdict = GateVerdict::Inconclusive;
};

/// Of `n` items, `b` are right by the candidate alone, `c` by the baseline alone. n > 0.
NonInferiority noninferiority_paired(std::int64_t n, std::int64_t b, std::int64_t c, double margin,
                                     double alpha = 0.05);

/// Smallest margin that passes with `power` where nothing changed: (z_alpha + z_power)
/// sqrt(p_d / n).
double smallest_margin(double n, double p_d, double alpha = 0.05, double power = 0.8);

/// Items at which `margin` passes with `power` where nothing changed.
double items_for_margin(double p_d, double margin, double alpha = 0.05, double power = 0.8);

/// Graded scores: two one-sided t tests (Schuirmann 1987).
struct PairedEquivalence {
  double mean = 0;
  std::optional<double> se;
  std::optional<double> t_lower;  // of mean > -margin
  std::optional<double> p_lower;
  std::optional<double> t_upper;  // of mean < margin
  std::optional<double> p_upper;
  std::optional<double> p_tost;
  std::optional<Interval> interval;  // 1 - 2 alpha
  bool equivalent = false;
  bool noninferior = false;
};

/// `differences` must not be empty.
PairedEquivalence tost_paired_t(std::span<const double> differences, double margin,
                                double alpha = 0.05);

}  // namespace leitai
