#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/score.h"
#include "suites/extractors/folding.h"

namespace leitai {

struct ChoiceOptions {
  std::vector<std::pair<std::string, std::string>> options;  // label, text
  bool is_multi_select = false;                              // several labels are one answer
  bool is_truncated = false;                                 // no last resort
};

/// The option that a text chooses (scoring-and-statistics.md A4).
struct ChoiceAnswer {
  std::optional<ScoreStatus>
      status;  // NoAnswer, Refused, Multi, Ambiguous, InvalidLabel; absent: `labels` is the answer
  std::vector<std::string> labels;  // one, or sorted with is_multi_select
  std::string tier;                 // "M1" ... "M7", ""
  std::size_t begin = 0, end = 0;   // bytes of the source of the label
  std::vector<std::string> flags;   // fallback, scan_capped
};

/// Linear in the text.
ChoiceAnswer choice_answer(const Folded& text, const ChoiceOptions& options);

}  // namespace leitai
