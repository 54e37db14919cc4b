#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/gate_report.h"
#include "harness/score_book.h"

namespace leitai {

struct GateOptions {
  std::optional<double> margin;             // of a suite, as a share; absent: by its size
  std::map<std::string, double> margin_of;  // of a suite or, by its base, of its subsets
  std::optional<double> macro_margin;       // absent: one point
  double alpha = 0.05;                      // one-sided
  double status_margin = 0.01;              // rise of cut off, no answer, refused
  double most_missing = 0.005;
  bool allow_partial = false;  // a candidate that was asked a part only may pass
  double token_change = 0.25;  // of the median; beyond it a note
};

/// Margin of a suite of n items where none was given (scoring specification D): 2.5 points from
/// 1000 items on, 4 from 400; absent below: the macro gate judges.
std::optional<double> usual_margin(std::int64_t n);

/// Non-inferiority of `candidate` against `baseline` (scoring specification B13), and against
/// `anchor`, "" for none, with twice the margins. A suite passes where the one-sided lower bound of
/// its change lies above -margin; it has regressed where the upper bound lies below it, or below 0
/// with more than half the margin lost, and Holm over the suites leaves no chance. Throws Error
/// where nothing can be compared.
GateReport gate(const ScoreBook& book, const std::string& baseline, const std::string& candidate,
                const std::string& anchor, const GateOptions& options);

/// What answers of the same model on the same stack differ by.
struct NoiseRow {
  std::string suite;
  std::int64_t items = 0;        // of each pair, on average
  int pairs = 0;                 // of answers against answers
  double discordant = 0;         // mean share
  double certifiable = 0;        // margin at this noise
  int passed = 0;                // at the wanted margin
  int alarms = 0;                // regressions found where there is none
  std::optional<double> margin;  // that was held against
};

/// A against A, over all pairs of the book's columns. Throws Error for fewer than two.
std::vector<NoiseRow> calibrate(const ScoreBook& book, const GateOptions& options);

}  // namespace leitai
