#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/suite.h"

/// house/build: a function written to a specification, in Python, C++ and JavaScript, held against
/// hidden tests.
namespace leitai::house {

/// One step of a specification, free of any language: its key and its numbers.
struct BuildStep {
  std::string key;
  std::int64_t n = 0;
  std::int64_t k = 0;
  bool operator==(const BuildStep&) const = default;
};

/// What the function gets: a list of numbers, also for a text, as its characters.
using BuildInput = std::vector<std::int64_t>;

/// List: steps that change a list, the last makes a number of it. Text: steps that change a text.
/// Rules: a number `s` that begins at `start`, and for each number x of a list the first of some
/// rules; steps are condition, action, ..., action.
struct BuildItem {
  enum class Kind { List, Text, Rules };
  Kind kind = Kind::List;
  std::int64_t start = 0;
  std::vector<BuildStep> steps;
  std::vector<BuildInput> inputs;  // the first two are shown, the others hidden
};

/// Item `index` of `seed` at `level` 1 to 5, which is the number of steps (of rules: one less);
/// another `salt` is another draw of it. No step could go without a hidden test that notices.
BuildItem make_build(std::uint64_t seed, std::int64_t index, int level, int salt = 0);

/// What the function returns: one number, or the characters of a text.
BuildInput result_of(const BuildItem& item, const BuildInput& input);

/// Our own solution; language: "python", "cpp", "js".
std::string build_reference(const BuildItem& item, const std::string& language);

/// The hidden tests in a language, as the scorer `code` takes them.
std::string build_tests(const BuildItem& item, const std::string& language);

}  // namespace leitai::house

namespace leitai {

/// Options as for the other house suites; `subsets`: only these of python, cpp, js.
std::unique_ptr<Suite> open_build(const std::string& language, const SuiteOptions& options);

}  // namespace leitai
