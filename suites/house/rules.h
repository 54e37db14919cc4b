#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/suite.h"

namespace leitai::house {

/// A verifiable instruction, free of any language: "bullets", "often" ..., with its number and the
/// position of its word.
struct Rule {
  std::string key;
  int n = 0;
  int word = -1;
};

/// A topic and rules that one text can follow together.
struct RulesItem {
  int topic = 0;
  std::vector<Rule> rules;
};

/// Level 1 to 5: so many rules. A function of its arguments alone; `salt` as for the other suites.
RulesItem make_rules(std::uint64_t seed, std::int64_t index, int level, int salt = 0);

}  // namespace leitai::house

namespace leitai {

/// house/rules in one language. Options as for the other house suites; short_prompt is not known.
std::unique_ptr<Suite> open_rules(const std::string& language, const SuiteOptions& options);

}  // namespace leitai
