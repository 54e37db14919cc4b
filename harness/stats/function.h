#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

namespace leitai {

/// One statistic behind the workbench: JSON in, JSON out, with the field names of the statistics
/// vectors. A thin layer over the typed functions of harness/stats. Throws Error for input that
/// does not fit; a result that is not defined is null.
struct StatFunction {
  std::string_view name;  // "proportion_interval"
  nlohmann::json (*evaluate)(const nlohmann::json& input, const nlohmann::json& params);
};

/// The file is the registration: harness/stats/functions/<subject>.cpp defines `extern constinit
/// const StatSubject <subject>_subject`.
struct StatSubject {
  std::string_view name;
  std::span<const StatFunction> functions;
};

/// All subjects (generated).
std::span<const StatSubject* const> stat_subjects();

}  // namespace leitai
