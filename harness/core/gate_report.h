#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/leaderboard.h"

namespace leitai {

enum class GateOutcome { Pass, Regression, Inconclusive };

/// One thing that was held against an allowance. Changes are candidate minus baseline, shares.
struct GateCheck {
  std::string group;  // "suite", "macro", "anchor", "status"
  std::string name;   // "gsm8k", "all", "cut off"
  std::int64_t n = 0;
  double baseline = 0;
  double candidate = 0;
  double change = 0;
  std::optional<Interval> one_sided;  // both bounds, each at 1 - alpha
  double margin = 0;                  // loss that is allowed
  std::int64_t lost = 0;              // items that only the baseline got right
  std::int64_t won = 0;
  double p_loss = 1;                   // of "nothing was lost", adjusted over the suites (Holm)
  std::optional<double> certifiable;   // smallest margin that n items pass with 80 % power
  std::optional<double> items_needed;  // for this margin
  GateOutcome outcome = GateOutcome::Inconclusive;
  bool decides = true;  // part of the verdict
  std::string why;      // one sentence; "" for a plain pass
};

struct GateReport {
  std::string baseline, candidate;  // what was compared, as typed
  double alpha = 0.05;
  GateOutcome outcome = GateOutcome::Inconclusive;
  std::string sentence;            // the answer
  std::vector<GateCheck> checks;   // suites, macro, anchor, status
  std::vector<std::string> notes;  // whole sentences
  std::vector<std::string> lost_items;
  std::vector<std::string> won_items;
  std::int64_t lost = 0, won = 0;  // over all suites
};

}  // namespace leitai
