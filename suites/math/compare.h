#pragma once

#include <cstdint>

#include "suites/math/node.h"

namespace leitai::math {

/// One comparison of two trees: holds the seed and the budget.
class Comparison {
 public:
  explicit Comparison(std::uint64_t seed) : seed_(seed) {}

  bool equal(const Node& gold, const Node& answer);

 private:
  bool lists(const Node& gold, const Node& answer);
  bool in_order(const std::vector<Node>& gold, const std::vector<Node>& answer);
  bool in_any_order(const std::vector<Node>& gold, const std::vector<Node>& answer);
  bool matrices(const Node& gold, const Node& answer);
  bool relations(const Node& gold, const Node& answer);
  bool proportional(const Node& gold, const Node& answer);
  bool based(const Node& gold, const Node& answer);
  bool ratios(const Node& gold, const Node& answer);
  bool quantities(const Node& gold, const Node& answer);
  bool percents(const Node& gold, const Node& answer);
  bool degrees(const Node& gold, const Node& answer);
  bool expressions(const Node& gold, const Node& answer);
  bool identical(const Node& gold, const Node& answer);
  std::vector<Node> without_repeats(const std::vector<Node>& kids);

  std::uint64_t seed_;
  int depth_ = 0;
  int budget_ = 6000;  // comparisons of parts
};

}  // namespace leitai::math
