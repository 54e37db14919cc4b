#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "suites/math/exact.h"

namespace leitai::math {

enum class Kind {
  Number,    // rational (or absent when it has too many digits), residue, value
  Variable,  // text: "x", "x_1", "alpha"
  Pi,
  E,
  I,
  Infinity,
  Add,       // kids
  Multiply,  // kids
  Divide,    // 2 kids
  Power,     // 2 kids
  Negate,
  PlusMinus,  // 1 kid; text "+" or "-": the upper sign
  Function,   // text; kids: argument [, base of a logarithm]
  Root,       // kids: radicand, index
  Absolute,
  Floor,
  Ceiling,
  Factorial,
  Binomial,     // kids: n, k
  Permutation,  // kids: n, k
  Degrees,
  Percent,
  Quantity,  // 1 kid; text: the unit
  Based,     // text: the digits; base
  Ratio,     // kids
  Tuple,     // kids; open and close brackets
  Set,       // kids
  List,      // kids without brackets; text ";" where their order counts
  Matrix,    // kids: rows (List); text "v" with bars
  Relation,  // kids and ops between them: = < > l g n (not equal)
  Region,    // x in ...: 1 kid
  Union,     // kids
  Intersection,
  Difference,
  Reals,
  EmptySet,
  Both,   // conditions that hold together
  Words,  // text: words, folded and in lower case
};

/// A tree of an answer. Values, no sharing; the parser bounds depth and size.
struct Node {
  Kind kind = Kind::Words;
  std::string text;
  std::vector<Node> kids;
  MaybeRational rational;
  std::uint64_t residue = 0;
  long double value = 0;
  bool is_decimal = false;  // a number written with a decimal point
  int base = 0;
  char open = '(', close = ')';

  Node() = default;
  explicit Node(Kind k) : kind(k) {}
  Node(Kind k, std::vector<Node> children) : kind(k), kids(std::move(children)) {}
  Node(Kind k, std::string words) : kind(k), text(std::move(words)) {}

  bool is(Kind k) const { return kind == k; }
  /// A number that can be evaluated, with or without variables.
  bool is_expression() const;
};

Node number_node(const Rational& value);
Node integer_node(long long value);
/// ASCII digits before and behind the point.
Node decimal_node(std::string_view digits, std::string_view decimals, bool has_point);
/// One kid, or several moved into a node.
Node unary(Kind kind, Node kid);
Node binary(Kind kind, Node left, Node right);

/// Names of the variables, sorted, each once.
std::vector<std::string> variables_of(const Node& node);

template <typename Test>
bool any_of(const Node& node, const Test& test) {
  if (test(node)) return true;
  for (const Node& kid : node.kids) {
    if (any_of(kid, test)) return true;
  }
  return false;
}

}  // namespace leitai::math
