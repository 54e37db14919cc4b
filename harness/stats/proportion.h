#pragma once

#include <cstdint>

#include "harness/core/leaderboard.h"

namespace leitai {

/// Phi^-1(p) for p in (0, 1).
double normal_quantile(double p);

/// P[Z > z] of the standard normal distribution, precise in its tail.
double normal_upper_tail(double z);

/// Quantile p in (0, 1) of Student's t with `df` > 0 degrees of freedom.
double student_quantile(double p, double df);

/// P[T > t].
double student_upper_tail(double t, double df);

/// P[|T| > |t|].
double student_two_sided(double t, double df);

/// Wilson's score interval for `successes` of `n` at level 1 - alpha; `successes` may be a sum of
/// scores in [0, 1]. n > 0.
Interval wilson(double successes, double n, double alpha = 0.05);

/// The same with continuity correction (Newcombe 1998, method 4).
Interval wilson_continuity(double successes, double n, double alpha = 0.05);

/// Exact interval (Clopper & Pearson 1934): never covers less than 1 - alpha. 0 <= k <= n, n > 0.
Interval clopper_pearson(std::int64_t k, std::int64_t n, double alpha = 0.05);

/// Its one-sided lower bound at level 1 - alpha.
double clopper_pearson_lower(std::int64_t k, std::int64_t n, double alpha = 0.05);

/// Quantiles of Beta(k + 1/2, n - k + 1/2), also at k = 0 and k = n (Brown, Cai & DasGupta 2001).
Interval jeffreys(std::int64_t k, std::int64_t n, double alpha = 0.05);

/// Wald's interval after z^2 / 2 successes and as many failures were added, cut to [0, 1] (Agresti
/// & Coull 1998).
Interval agresti_coull(std::int64_t k, std::int64_t n, double alpha = 0.05);

struct Difference {
  double delta = 0;
  Interval interval;
};

/// k1/n1 - k2/n2 of independent samples: hybrid of two Wilson intervals (Newcombe, Statistics in
/// Medicine 17:873, 1998).
Difference newcombe_independent(std::int64_t k1, std::int64_t n1, std::int64_t k2, std::int64_t n2,
                                double alpha = 0.05);

}  // namespace leitai
