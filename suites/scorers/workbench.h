#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/scorer.h"

/// Scorers by name, and one scorer over lines of JSON (INTERFACE.md section 8).
namespace leitai {

std::span<const Scorer* const> scorers();

/// Throws Error that holds the name and the nearest known one.
const Scorer& find_scorer(std::string_view name);

/// Whether grading by it ("code", "code@2"; "" is nobody) runs programs, which may take minutes.
bool runs_programs(std::string_view scorer);

/// {"text", "gold", "finish_reason", "language", ...} to {"verdict", "score", "answer", "tier",
/// "why", ...}. Throws Error for a line that does not fit.
nlohmann::json grade_line(const Scorer& scorer, const nlohmann::json& line);

/// The function behind `leitai grade NAME`: a scorer, or `reasoning` (the split alone).
std::function<nlohmann::json(const nlohmann::json&)> find_workbench_grader(std::string_view name);

}  // namespace leitai
