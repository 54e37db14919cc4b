#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/core/comparison.h"
#include "harness/core/reporter.h"

namespace leitai {

/// For people: the sentence first, then the table, then cautions.
std::string comparison_text(const Comparison& comparison, const Style& style);

/// A pull request or an issue.
std::string comparison_markdown(const Comparison& comparison);

/// Versioned (INTERFACE.md section 5): {"version": 1, "comparisons": [...], "sentence": ...}. The
/// first of the comparisons is the headline. Differences and intervals are shares.
nlohmann::ordered_json comparison_json(const Comparison& comparison);

std::string_view to_text(Standing standing);  // "ahead", "behind", "indistinguishable"

}  // namespace leitai
