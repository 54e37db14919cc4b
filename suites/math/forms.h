#pragma once

#include <optional>
#include <string>
#include <vector>

#include "suites/math/node.h"

namespace leitai::math {

/// "x = 5", "f(x) = 2x", "(x,y) = (1,2)": a name with what it stands for.
struct Assignment {
  std::string name;
  bool is_function = false;
  const Node* value = nullptr;  // in the node asked
};

std::optional<Assignment> to_assignment(const Node& node);

/// x_1 and x_2 are both an x.
bool same_name(const std::string& a, const std::string& b);

/// Both signs of each plus-minus, one after the other; one node where there is none. Absent where
/// there are too many.
std::optional<std::vector<Node>> with_both_signs(const Node& node);

/// Matrices with their factors and sums worked in, lists in lists made one, signs spread: the form
/// that is compared.
Node to_form(Node node);

/// "5 m" (with a space) as five of a unit.
std::optional<Node> spaced_unit(const Node& node);

}  // namespace leitai::math
