#pragma once

#include <cstdint>

/// How many items a comparison needs, and what a number of items can see. `alpha` is two-sided,
/// `power` the chance to see the difference. Differences as shares, not in points.
namespace leitai {

struct PowerOptions {
  double alpha = 0.05;
  double power = 0.8;
};

/// Items at which a difference `delta` shows, where a share p_d of the items is discordant:
/// (z_a sqrt(p_d) + z_b sqrt(p_d - delta^2))^2 / delta^2 (Connor, Biometrics 43, 1987).
/// 0 < |delta| <= p_d <= 1, delta^2 < p_d.
double items_for_paired_binary(double p_d, double delta, const PowerOptions& options = {});

struct Detectable {
  double delta = 0;
  bool feasible = true;  // a true difference cannot exceed p_d
};

/// The inverse: smallest difference that n items can see.
Detectable detectable_paired_binary(double n, double p_d, const PowerOptions& options = {});

/// What an estimate with standard error `se` can see: (z_a + z_b) se.
double detectable_by_error(double se, const PowerOptions& options = {});

/// Graded scores (Miller, arXiv 2411.00640, section 5): omega2 = variance over items of the
/// difference of the models' expected scores; sigma2 the noise within items, divided by the
/// samples.
struct GradedDesign {
  double omega2 = 0;
  double sigma2_a = 0;
  double samples_a = 1;
  double sigma2_b = 0;
  double samples_b = 1;
};
double items_for_graded(const GradedDesign& design, double delta, const PowerOptions& options = {});

/// Items needed, rounded up. The tolerance keeps a rounding error from costing an item.
std::int64_t whole_items(double items);

/// Chance that McNemar's tests reject: exact sum over the trinomial. Equals the error of the first
/// kind where p_b = p_c. Cost O(n^2).
struct McNemarPower {
  double exact = 0;
  double midp = 0;
};
McNemarPower exact_power_mcnemar(std::int64_t n, double p_b, double p_c, double alpha = 0.05);

}  // namespace leitai
