#include "harness/stats/noninferiority.h"

#include <algorithm>
#include <cmath>

#include "harness/stats/paired_binary.h"
#include "harness/stats/paired_graded.h"
#include "harness/stats/proportion.h"

namespace leitai {

GateVerdict gate_verdict(double delta, const Interval& one_sided, double margin) {
  if (one_sided.low > -margin) return GateVerdict::Pass;
  if (one_sided.high < -margin || (one_sided.high < 0 && delta < -margin / 2))
    return GateVerdict::Regression;
  return GateVerdict::Inconclusive;
}

NonInferiority noninferiority_paired(std::int64_t n, std::int64_t b, std::int64_t c, double margin,
                                     double alpha) {
  const PairedTable table{0, b, c, n - b - c};
  NonInferiority out;
  out.delta = table.delta();
  out.z = tango_statistic(n, b, c, -margin);
  out.p = normal_upper_tail(out.z);
  out.one_sided = tango(n, b, c, 2 * alpha);
  if (const double se = paired_se(table); se > 0) {
    out.wald_z = (out.delta + margin) / se;
    out.wald_p = normal_upper_tail(*out.wald_z);
  }
  out.verdict = gate_verdict(out.delta, out.one_sided, margin);
  return out;
}

double smallest_margin(double n, double p_d, double alpha, double power) {
  return (normal_quantile(1 - alpha) + normal_quantile(power)) * std::sqrt(p_d / n);
}

double items_for_margin(double p_d, double margin, double alpha, double power) {
  const double z = normal_quantile(1 - alpha) + normal_quantile(power);
  return z * z * p_d / (margin * margin);
}

PairedEquivalence tost_paired_t(std::span<const double> differences, double margin, double alpha) {
  const PairedT test = paired_t(differences, 2 * alpha);
  PairedEquivalence out;
  out.mean = test.mean;
  out.se = test.se;
  out.interval = test.interval;
  if (!test.se) return out;
  if (*test.se > 0) {
    const double df = static_cast<double>(differences.size()) - 1;
    out.t_lower = (test.mean + margin) / *test.se;
    out.t_upper = (test.mean - margin) / *test.se;
    out.p_lower = student_upper_tail(*out.t_lower, df);
    out.p_upper = student_upper_tail(-*out.t_upper, df);
    out.p_tost = std::max(*out.p_lower, *out.p_upper);
    out.noninferior = *out.p_lower < alpha;
    out.equivalent = *out.p_tost < alpha;
    return out;
  }
  out.noninferior = test.mean > -margin;
  out.equivalent = std::abs(test.mean) < margin;
  return out;
}

}  // namespace leitai
