#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/comparison.h"

namespace leitai {

/// What the fixed rules of cautions look at, beside the comparison itself.
struct Findings {
  std::int64_t missing = 0;  // items that lack a score of one side
  bool too_many_missing = false;
  std::optional<Interval> bounds;  // of the difference, all missing wrong for A to all right
  std::int64_t doubled = 0;        // answers to an item that another source had answered
  std::vector<std::pair<std::string, Contrast>> rests_on;  // suite -> the index without it
  bool has_published_grades = false;
};

/// Fills sentence, cautions and notes of a comparison whose figures stand.
void describe(Comparison& comparison, const Findings& findings);

}  // namespace leitai
