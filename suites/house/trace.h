#pragma once

#include <cstdint>
#include <string>

#include "suites/house/program.h"

namespace leitai::house {

struct TraceItem {
  Program program;
  Tongue tongue = Tongue::Python;
  std::string answer;  // the number that is printed
};

/// Item `index` of `seed` at `level` 1 to 5; another `salt` is another draw of it. Python, C and
/// JavaScript come in turn.
///   1  assignments in a row              4  a list that is changed in a loop
///   2  a loop that adds up, a condition  5  a function (with a loop or itself) called in a loop
///   3  two loops, or one until a number is reached
TraceItem make_trace(std::uint64_t seed, std::int64_t index, int level, int salt = 0);

}  // namespace leitai::house
