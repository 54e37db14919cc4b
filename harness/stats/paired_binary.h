#pragma once

#include <cstdint>
#include <optional>

#include "harness/core/leaderboard.h"

/// Two models, right or wrong on the same items. Delta = (b - c) / N, A minus B.
namespace leitai {

struct PairedTable {
  std::int64_t both = 0;     // right by both
  std::int64_t only_a = 0;   // b
  std::int64_t only_b = 0;   // c
  std::int64_t neither = 0;  // right by none

  std::int64_t items() const { return both + only_a + only_b + neither; }
  std::int64_t discordant() const { return only_a + only_b; }
  double delta() const {
    return static_cast<double>(only_a - only_b) / static_cast<double>(items());
  }
  bool operator==(const PairedTable&) const = default;
};

/// Standard error of Delta: sqrt(((b + c) / N - Delta^2) / N). N > 0.
double paired_se(const PairedTable& table);

/// The same with N - 1; absent for one item.
std::optional<double> paired_se_unbiased(const PairedTable& table);

/// McNemar's exact test: min(1, 2 P[Bin(b + c, 1/2) <= min(b, c)]). Holds its level, at a true
/// error of 1 to 3 % for alpha = 5 %.
double mcnemar_exact(std::int64_t b, std::int64_t c);

/// The same less P[Bin = min(b, c)], 1 where b = c: closer to its level (Fagerland, Lydersen &
/// Laake 2013). The decision of a comparison.
double mcnemar_midp(std::int64_t b, std::int64_t c);

struct ChiSquared {
  double statistic = 0;
  double p = 1;
};

/// (b - c)^2 / (b + c), with one degree of freedom; `continuity` takes 1 off |b - c|.
ChiSquared mcnemar_chi_squared(std::int64_t b, std::int64_t c, bool continuity);

Interval paired_wald(const PairedTable& table, double alpha = 0.05);

/// Wald's interval after 1/2 was added to each cell (Agresti & Min 2005).
Interval agresti_min(const PairedTable& table, double alpha = 0.05);

/// Newcombe, Statistics in Medicine 17:2635 (1998): two Wilson intervals joined by the correlation
/// phi. Plain phi is his method 8; the corrected one, method 10, takes N / 2 off a positive product
/// difference.
enum class NewcombePhi { Plain, Corrected };
Interval newcombe_paired(const PairedTable& table, NewcombePhi phi, double alpha = 0.05);

/// Score statistic of "Delta = delta0": (b - c - N delta0) over its standard error under that
/// hypothesis (Tango, Statistics in Medicine 17:891, 1998). Falls as delta0 grows; may be infinite
/// at the ends. delta0 in [-1, 1].
double tango_statistic(std::int64_t n, std::int64_t b, std::int64_t c, double delta0);

/// All delta0 with |statistic| <= z(1 - alpha / 2). The interval of a comparison. n > 0.
Interval tango(std::int64_t n, std::int64_t b, std::int64_t c, double alpha = 0.05);

}  // namespace leitai
