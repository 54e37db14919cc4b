#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/score.h"

namespace leitai {

/// What a scorer sees. `fields` are the scorer's further fields (INTERFACE.md section 8): pattern,
/// schema, options ...
struct GradeInput {
  std::string_view text;                   // the whole raw answer
  const std::string* reasoning = nullptr;  // what arrived in a separate field; null if nothing
  std::span<const std::string> gold;
  std::string_view finish_reason;  // "stop", "length", ... or ""
  std::string_view language;       // "" when unknown
  bool prompt_opens_think = false;
  const nlohmann::json* fields = nullptr;  // null when there are none
  // Log-likelihood mode: the options, and for each what the backend found; empty in other modes.
  std::span<const std::string> continuations;
  std::span<const double> continuation_logprobs;
  std::span<const int> continuation_tokens;
};

/// The file is the registration: suites/scorers/<name>.cpp defines `extern constinit const Scorer
/// <name>_scorer`. A scorer is total: any byte string gets a verdict in bounded time.
struct Scorer {
  std::string_view name;  // "numeric"
  int version = 1;
  std::string_view help;  // one line
  Score (*grade)(const GradeInput&);
  /// Its flags "name=got/of" measure more than the score. Then it is asked about an empty text
  /// where there is no answer, so that the measures are of all items.
  bool has_measures = false;
  /// Grading runs programs, which may take minutes (workbench.h: runs_programs).
  bool runs_programs = false;
};

/// "numeric" of "numeric@2".
constexpr std::string_view scorer_name(std::string_view scorer) {
  return scorer.substr(0, scorer.find('@'));
}

}  // namespace leitai
