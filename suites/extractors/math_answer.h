#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/score.h"
#include "suites/extractors/folding.h"

namespace leitai {

struct MathAnswerOptions {
  bool is_truncated = false;  // explicit declarations only
};

/// The expression that a text gives as its answer (scoring-and-statistics.md A5.1).
struct MathAnswer {
  std::optional<ScoreStatus> status;  // NoAnswer, Refused; absent: there is one
  std::string extracted;              // as written; several joined by ", "
  std::vector<std::string> all;       // several where adjacent boxes make a list
  std::size_t begin = 0, end = 0;     // bytes of the source
  std::string tier;                   // "box", "minerva", "marker", "formula", "bare", "number", ""
  std::vector<std::string> flags;     // fallback, multi_box, unclosed_box, scan_capped
};

/// `source` is the text that `folded` was made of. Linear.
MathAnswer math_answer(std::string_view source, const Folded& folded,
                       const MathAnswerOptions& options);

}  // namespace leitai
