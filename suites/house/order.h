#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "suites/house/wording.h"

namespace leitai::house {

/// People in a queue; position 1 is the front.
struct OrderItem {
  std::vector<int> people;  // positions in the list of names, as they are introduced
  std::vector<Sentence> clues;
  Sentence question;
  std::string answer;      // a whole number
  std::vector<int> queue;  // the solution: names from front to back
};

/// Item `index` of `seed` at `level` 1 to 5; another `salt` is another draw of it: level + 2
/// people, a set of clues that exactly one order fulfils and of which none can go. Level 1 uses
/// only "in front of" and "directly in front of".
OrderItem make_order(std::uint64_t seed, std::int64_t index, int level, int salt = 0);

/// Does this queue (names from front to back) fulfil the clue?
bool holds(const Sentence& clue, const std::vector<int>& queue);

}  // namespace leitai::house
