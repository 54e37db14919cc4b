#include "suites/math/evaluate.h"

namespace leitai::math {

MaybeRational exact_value(const Node& node) {
  const auto of = [&](std::size_t i) { return exact_value(node.kids[i]); };
  switch (node.kind) {
    case Kind::Number:
      return node.rational;
    case Kind::Add: {
      Rational total;
      for (const Node& kid : node.kids) {
        const auto value = exact_value(kid);
        const auto sum = value ? add(total, *value) : std::nullopt;
        if (!sum) return std::nullopt;
        total = *sum;
      }
      return total;
    }
    case Kind::Multiply:
    case Kind::Divide:
    case Kind::Power: {
      const auto left = of(0);
      const auto right = left ? of(1) : std::nullopt;
      if (!right) return std::nullopt;
      return node.is(Kind::Multiply) ? multiply(*left, *right)
             : node.is(Kind::Divide) ? divide(*left, *right)
                                     : power(*left, *right);
    }
    case Kind::Negate: {
      auto value = of(0);
      if (value) value->num = -value->num;
      return value;
    }
    case Kind::Percent: {
      const auto value = of(0);
      return value ? divide(*value, {100, 1}) : std::nullopt;
    }
    case Kind::Quantity:
      return of(0);
    case Kind::Absolute: {
      auto value = of(0);
      if (value && value->num < 0) value->num = -value->num;
      return value;
    }
    case Kind::Floor:
    case Kind::Ceiling: {
      const auto value = of(0);
      if (!value) return std::nullopt;
      Wide whole = value->num / value->den;
      const bool exact = value->is_integer();
      if (node.is(Kind::Floor) && !exact && value->num < 0) --whole;
      if (node.is(Kind::Ceiling) && !exact && value->num > 0) ++whole;
      return Rational{whole, 1};
    }
    case Kind::Factorial: {
      const auto value = of(0);
      if (!value || !value->is_integer() || value->num < 0 || value->num > 30) return std::nullopt;
      MaybeRational out = Rational{1, 1};
      for (int i = 2; out && i <= static_cast<int>(value->num); ++i) out = multiply(*out, {i, 1});
      return out;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace leitai::math
