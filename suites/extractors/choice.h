#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
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

constexpr const char* kOptionsWanted =
    "options: {letter: text} or a list of texts is wanted\n        give the options of the "
    "question";

/// `options` ({label: text}, or a list of texts for A, B ...) and `multi_select` of a scorer's
/// fields. Throws Error where they do not fit.
ChoiceOptions read_choice_options(const nlohmann::json& fields);

/// The labels that a gold answer names: a label, labels side by side or in a list, or an option's
/// text. Empty where it names none.
std::vector<std::string> choice_gold(const std::string& gold, const ChoiceOptions& options);

/// Linear in the text.
ChoiceAnswer choice_answer(const Folded& text, const ChoiceOptions& options);

}  // namespace leitai
