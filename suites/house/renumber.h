#pragma once

#include <string>
#include <string_view>

#include "harness/core/random.h"

namespace leitai::house {

struct Renumbered {
  std::string question, gold;
  int n_changed = 0;    // numbers of the question that differ
  std::string refused;  // why nothing was changed; "" where something was
};

/// An English word problem with other numbers, its answer computed by the chain of `solution`
/// (chain.h). A number of the question is changed only where its every use in the chain is certain,
/// and a draw is taken only if every value of the chain keeps its character: whole, positive, above
/// or below one, in the same order as the others.
Renumbered renumber(std::string_view question, std::string_view solution, std::string_view gold,
                    SplitMix64& dice);

}  // namespace leitai::house
