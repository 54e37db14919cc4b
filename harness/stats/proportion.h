#pragma once

#include "harness/core/leaderboard.h"

namespace leitai {

/// Phi^-1(p) for p in (0, 1).
double normal_quantile(double p);

/// Wilson's score interval for `successes` of `n` at level 1 - alpha; `successes` may be a sum of
/// scores in [0, 1]. n > 0.
Interval wilson(double successes, double n, double alpha = 0.05);

/// The same with continuity correction (Newcombe 1998, method 4).
Interval wilson_continuity(double successes, double n, double alpha = 0.05);

}  // namespace leitai
