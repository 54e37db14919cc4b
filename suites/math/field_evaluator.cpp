#include "suites/math/field_evaluator.h"

#include <algorithm>

#include "suites/math/evaluate.h"

namespace leitai::math {

namespace {
constexpr int kMaxFactorial = 3000;
}  // namespace

std::optional<std::uint64_t> FieldEvaluator::of(const Node& node, const FieldPoint& point) {
  if (++work_ > kMaxWork) unsupported_ = true;
  if (unsupported_) return std::nullopt;
  switch (node.kind) {
    case Kind::Number:
      return node.residue;
    case Kind::Variable: {
      const auto found = std::lower_bound(point.names->begin(), point.names->end(), node.text);
      return point.values[static_cast<std::size_t>(found - point.names->begin())];
    }
    case Kind::Pi:
      return point.pi;
    case Kind::E:
      return point.e;
    case Kind::Add:
    case Kind::Multiply: {
      std::uint64_t total = node.is(Kind::Add) ? 0 : 1;
      for (const Node& kid : node.kids) {
        const auto value = of(kid, point);
        if (!value) return std::nullopt;
        total = node.is(Kind::Add) ? field::add(total, *value) : field::multiply(total, *value);
      }
      return total;
    }
    case Kind::Divide: {
      const auto above = of(node.kids[0], point), below = of(node.kids[1], point);
      if (!above || !below || *below == 0) return std::nullopt;
      return field::multiply(*above, field::inverse(*below));
    }
    case Kind::Negate: {
      const auto value = of(node.kids[0], point);
      return value ? std::optional(field::subtract(0, *value)) : std::nullopt;
    }
    case Kind::Percent: {
      const auto value = of(node.kids[0], point);
      return value ? std::optional(field::multiply(*value, field::inverse(100))) : std::nullopt;
    }
    case Kind::Quantity:
      return of(node.kids[0], point);
    case Kind::Power:
      return power_of(node, point);
    case Kind::Factorial:
    case Kind::Binomial:
    case Kind::Permutation:
      return counted(node);
    case Kind::Absolute:
    case Kind::Floor:
    case Kind::Ceiling: {
      const auto value = exact_value(node);
      if (!value) return refuse();
      return number_node(*value).residue;
    }
    default:
      return refuse();
  }
}

std::optional<std::uint64_t> FieldEvaluator::power_of(const Node& node, const FieldPoint& point) {
  const auto exponent = exact_value(node.kids[1]);
  if (!exponent || !exponent->is_integer() || exponent->num > 10000 || exponent->num < -10000)
    return refuse();
  const auto base = of(node.kids[0], point);
  if (!base) return std::nullopt;
  const bool negative = exponent->num < 0;
  if (*base == 0 && exponent->num <= 0) return std::nullopt;
  const std::uint64_t raised =
      field::power(*base, static_cast<std::uint64_t>(negative ? -exponent->num : exponent->num));
  return negative ? field::inverse(raised) : raised;
}

std::optional<std::uint64_t> FieldEvaluator::counted(const Node& node) {
  const auto n = exact_value(node.kids[0]);
  const auto k = node.kids.size() > 1 ? exact_value(node.kids[1]) : MaybeRational(Rational{});
  if (!n || !k || !n->is_integer() || !k->is_integer() || n->num < 0 || n->num > kMaxFactorial ||
      k->num < 0)
    return refuse();
  const int top = static_cast<int>(n->num);
  if (node.is(Kind::Factorial)) return factorial(top);
  if (k->num > n->num) return 0;
  const int part = static_cast<int>(k->num);
  std::uint64_t below = factorial(top - part);
  if (node.is(Kind::Binomial)) below = field::multiply(below, factorial(part));
  return field::multiply(factorial(top), field::inverse(below));
}

}  // namespace leitai::math
