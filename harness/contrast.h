#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/core/comparison.h"

/// One row of a comparison from the scores of its items.
namespace leitai {

/// Both scores of one item.
struct ScorePair {
  std::uint32_t item = 0;
  std::uint32_t suite = 0;
  std::int64_t cluster = 0;  // equal for items that are not independent
  double a = 0;
  double b = 0;
};

struct ContrastOptions {
  double alpha = 0.05;
  std::uint64_t seed = 42;
};

/// Items of one kind, each with the same weight. Not empty.
Contrast contrast(std::span<const ScorePair> pairs, const ContrastOptions& options);

/// What a suite contributes to a weighted contrast.
struct SuiteWeight {
  double weight = 0;  // 0: left out
  double floor = 0;   // of guessing
};

/// Weighted over suites, scores adjusted for chance: sum of w (mean - floor) / (1 - floor).
/// `pairs` of suites without weight are ignored.
Contrast weighted_contrast(std::span<const ScorePair> pairs, std::span<const SuiteWeight> suites,
                           const ContrastOptions& options);

/// Sets p_adjusted and standing: Holm (every claim holds) or Benjamini-Hochberg at `level` (a list
/// to look into).
enum class Adjustment { Holm, BenjaminiHochberg };
void adjust(std::vector<Contrast>& rows, Adjustment by, double level);

}  // namespace leitai
