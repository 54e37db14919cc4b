#include "suites/math/node.h"

#include <algorithm>
#include <cmath>

namespace leitai::math {

namespace {

void collect(const Node& node, std::vector<std::string>& out) {
  if (node.is(Kind::Variable)) out.push_back(node.text);
  for (const Node& kid : node.kids) collect(kid, out);
}

std::uint64_t residue_of(const Rational& value) {
  const auto reduce = [](Wide n) {
    const Wide rest = n % static_cast<Wide>(field::kPrime);
    return static_cast<std::uint64_t>(rest < 0 ? rest + static_cast<Wide>(field::kPrime) : rest);
  };
  const std::uint64_t den = reduce(value.den);
  return den == 0 ? 0 : field::multiply(reduce(value.num), field::inverse(den));
}

}  // namespace

bool Node::is_expression() const {
  return kind <= Kind::Percent || (kind == Kind::Quantity && kids[0].is_expression());
}

Node number_node(const Rational& value) {
  Node out(Kind::Number);
  out.rational = value;
  out.residue = residue_of(value);
  out.value = value.approximate();
  return out;
}

Node integer_node(long long value) { return number_node({value, 1}); }

Node decimal_node(std::string_view digits, std::string_view decimals, bool has_point) {
  Node out(Kind::Number);
  out.rational = from_decimal(digits, decimals);
  out.is_decimal = has_point;
  const std::string all = std::string(digits) + std::string(decimals);
  out.residue = field::from_digits(all);
  if (!decimals.empty())
    out.residue = field::multiply(out.residue, field::inverse(field::power(10, decimals.size())));
  if (out.rational) {
    out.value = out.rational->approximate();
  } else {
    for (char c : all) out.value = out.value * 10 + (c - '0');
    out.value *= std::pow(10.0L, -static_cast<long double>(decimals.size()));
  }
  return out;
}

Node unary(Kind kind, Node kid) {
  Node out(kind);
  out.kids.push_back(std::move(kid));
  return out;
}

Node binary(Kind kind, Node left, Node right) {
  Node out(kind);
  out.kids.push_back(std::move(left));
  out.kids.push_back(std::move(right));
  return out;
}

std::vector<std::string> variables_of(const Node& node) {
  std::vector<std::string> out;
  collect(node, out);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace leitai::math
