#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace leitai {

enum class AlphaMetric { Nominal, Ordinal, Interval, Ratio };

/// Krippendorff's alpha from the coincidence matrix ("Computing Krippendorff's alpha-reliability",
/// 2011). `units[unit][rater]`, absent where a rater said nothing; units with fewer than two values
/// do not count. Absent where the pairable values do not vary.
std::optional<double> krippendorff_alpha(std::span<const std::vector<std::optional<double>>> units,
                                         AlphaMetric metric);

/// Square table of counts: rows the first rater's category, columns the second's.
using AgreementTable = std::span<const std::vector<double>>;

enum class KappaWeights { None, Linear, Quadratic };

/// Cohen's kappa (1960; weighted 1968). Absent for an empty table and where chance agreement is 1.
std::optional<double> cohen_kappa(AgreementTable table, KappaWeights weights = KappaWeights::None);

/// Large-sample standard error of the unweighted kappa (Fleiss, Cohen & Everitt 1969).
std::optional<double> cohen_kappa_se(AgreementTable table);

/// Observed agreement, agreement by chance, and (observed - expected) / (1 - expected), absent
/// where expected is 1.
struct ChanceCorrected {
  double observed = 0;
  double expected = 0;
  std::optional<double> value;
};

/// Share of items on which two models are both right or both wrong, beyond chance (Geirhos, Meding,
/// Wichmann, NeurIPS 2020). Lists equally long, not empty.
ChanceCorrected error_consistency(std::span<const int> right_a, std::span<const int> right_b);

/// Same answers beyond what the accuracies of two models explain: CAPA (Goel et al., "Great models
/// think alike and this undermines AI oversight", arXiv 2502.04313). `wrong_share` is the mean of
/// 1 / (options - 1).
ChanceCorrected capa(double observed, double accuracy_a, double accuracy_b, double wrong_share);

struct CapaDiscrete {
  double accuracy_a = 0;
  double accuracy_b = 0;
  ChanceCorrected answers;
  ChanceCorrected errors;
  std::int64_t both_wrong = 0;
  std::int64_t same_wrong = 0;
  /// P(at least same_wrong equal | both_wrong) if wrong options were drawn evenly: understates what
  /// attractive distractors do. Absent with two options, and where options differ between items.
  std::optional<double> p_same_wrong;
};

/// Option numbers of n items; `options[i]` >= 2 is the number of choices. Not empty.
CapaDiscrete capa_discrete(std::span<const int> gold, std::span<const int> a,
                           std::span<const int> b, std::span<const int> options);

/// `a[i]`, `b[i]`: probabilities of the options of item i, equally many (>= 2); gold within.
ChanceCorrected capa_probabilistic(std::span<const int> gold,
                                   std::span<const std::vector<double>> a,
                                   std::span<const std::vector<double>> b);

}  // namespace leitai
