#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "harness/core/gate_report.h"
#include "harness/core/reporter.h"

namespace leitai {

/// For people: the sentence first, then what was held against what.
std::string gate_text(const GateReport& report, const Style& style);

/// Fit for a pull request's comment.
std::string gate_markdown(const GateReport& report);

/// Versioned: {"version": 1, "outcome": "pass|regression|inconclusive", "checks": [...], ...}.
nlohmann::ordered_json gate_json(const GateReport& report);

/// One test case a check; a regression is a failure, what cannot be told is skipped, or fails too.
std::string gate_junit(const GateReport& report, bool inconclusive_fails);

std::string_view to_text(GateOutcome outcome);  // "pass", "regression", "inconclusive"

}  // namespace leitai
