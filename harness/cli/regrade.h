#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "harness/store.h"

namespace leitai::cli {

struct Regraded {
  std::int64_t graded = 0, changed = 0;
  std::int64_t broken = 0;                     // could not be graded
  std::map<std::string, std::int64_t> moves;   // "INCORRECT -> CORRECT"
  std::map<std::string, std::string> scorers;  // suite -> name@version, as now stored
};

/// Grades the stored answers of the suites that `wants` again, by the items' own scorers or by
/// `scorer`, and stores the grades and the suites' scorers. Calls no model. Memory stays flat.
Regraded regrade(Store& store, const std::function<bool(const std::string& suite)>& wants,
                 const std::optional<std::string>& scorer = std::nullopt);

}  // namespace leitai::cli
