#pragma once

#include <string>
#include <string_view>

#include "harness/core/leaderboard.h"

namespace leitai {

/// The text of results/<model>.json: keys as lm-evaluation-harness writes them
/// (`results.<task>.<metric>,<filter>` and
/// `<metric>_stderr,<filter>`), plus `leitai` with everything of the model's row. The metric is
/// "exact_match" for the scorers numeric and exact, "acc" for others; the filter is "none". The
/// standard error is sqrt(p(1-p)/(n-1)), "N/A" where the scores are not all 0 or 1 or n < 2. Suites
/// without a mean are left out of `results`. Throws Error if the leaderboard has no such model.
std::string lm_eval_results(const Leaderboard& board, std::string_view model);

}  // namespace leitai
