#pragma once

#include <string>
#include <vector>

#include "harness/core/suite.h"

/// What generated suites share.
namespace leitai::house {

/// Levels that are asked in turn: those of the options, 1 to 5 where none are given. Throws Error
/// for a level outside 1 to 5.
std::vector<int> levels_of(const std::string& name, const SuiteOptions& options);

/// The facts of `name` ("house/ledger") in `language`, its size by `items` and `limit`: a generator
/// has no end, so a limit above the default number simply makes more.
SuiteInfo generated_info(const std::string& name, const std::string& language,
                         const SuiteOptions& options);

}  // namespace leitai::house
