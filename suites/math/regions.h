#pragma once

#include <optional>
#include <string>
#include <vector>

#include "suites/math/node.h"

namespace leitai::math {

struct Interval {
  long double low = 0, high = 0;
  bool low_open = true, high_open = true;
};

/// A part of the real line: what an interval, a union or a solved inequality says.
struct Region {
  std::string variable;         // "" where none was named
  std::vector<Interval> parts;  // ascending, disjoint, not touching
};

/// Absent where `node` says no such thing, or is an inequality that is not solved.
std::optional<Region> to_region(const Node& node);

/// Something that could be a region, a tuple aside: worth comparing as one.
bool looks_like_region(const Node& node);

bool operator==(const Region& a, const Region& b);

}  // namespace leitai::math
