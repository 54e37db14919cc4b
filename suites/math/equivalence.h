#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suites/math/lexer.h"
#include "suites/math/node.h"

namespace leitai::math {

/// An answer or a gold answer, read once.
struct Reading {
  std::u32string text;  // folded, without what leads to it
  std::vector<Token> tokens;
  std::optional<Node> node;  // absent where it is no mathematics we know
  std::string words;         // for comparison as words: lower case, no wrappers or articles
};

/// Total. Anything beyond 20,000 characters is compared as text only.
Reading read(std::string_view text);

struct Verdict {
  bool is_equal = false;
  std::string rule;  // what decided: "same text", "value", "structure", ...
};

/// The ladder of scoring-and-statistics.md A5.3. Bounded in time; `seed` places the points of the
/// identity test.
Verdict compare(const Reading& answer, const Reading& gold, std::uint64_t seed);

/// Two expressions, structures included.
bool are_equal(const Node& gold, const Node& answer, std::uint64_t seed);

/// Where special forms (option letters, dates, clock times) decide; else absent.
std::optional<bool> compare_special(const Reading& gold, const Reading& answer);

/// Two answers in words.
bool are_same_words(std::string_view gold, std::string_view answer);

}  // namespace leitai::math
