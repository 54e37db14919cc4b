#include <cmath>
#include <compare>

#include "harness/jinja/value.h"

/// Equality, order and hashes of values.
namespace leitai::jinja {

namespace {

/// Numbers in exact order, whole and real ones alike; a NaN is unordered.
std::partial_ordering order(const Value& a, const Value& b) {
  const bool a_is_real = a.is(Kind::Float), b_is_real = b.is(Kind::Float);
  if (a_is_real && b_is_real) return a.as_double() <=> b.as_double();
  if (!a_is_real && !b_is_real) {
    return a.as_int() < b.as_int()   ? std::partial_ordering::less
           : a.as_int() > b.as_int() ? std::partial_ordering::greater
                                     : std::partial_ordering::equivalent;
  }
  if (b_is_real) {
    const auto reversed = order(b, a);
    return reversed < 0   ? std::partial_ordering::greater
           : reversed > 0 ? std::partial_ordering::less
                          : reversed;
  }
  const double real = a.as_double();
  if (!(std::fabs(real) < 1e38)) return real <=> b.as_double();
  const auto whole = order(Value::integer(static_cast<BigInt>(real)), b);
  return whole != 0 ? whole : real - std::trunc(real) <=> 0.0;
}

bool equal_at(const Value& a, const Value& b, bool strict, int depth) {
  if (depth > kMaxNesting + 100)
    raise("RecursionError", "maximum recursion depth exceeded in comparison");
  if (a.is_undefined() || b.is_undefined()) {
    const auto is_strict = [](const Value& v) {
      return v.is_undefined() && !(v.why() && v.why()->always_lenient);
    };
    if (strict && is_strict(a)) raise_undefined(a);
    if (strict && is_strict(b)) raise_undefined(b);
    return a.kind() == b.kind();
  }
  if (a.is_number() && b.is_number()) {
    return order(a, b) == 0;
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::None:
      return true;
    case Kind::String:
    case Kind::Bytes:
      return a.text() == b.text();
    case Kind::List:
    case Kind::Tuple:
    case Kind::View: {
      const auto& x = a.seq().items;
      const auto& y = b.seq().items;
      if (&x == &y) return true;
      if (x.size() != y.size()) return false;
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (!equal_at(x[i], y[i], strict, depth + 1)) return false;
      }
      return true;
    }
    case Kind::Dict: {
      if (a.shared() == b.shared()) return true;
      if (a.map().items.size() != b.map().items.size()) return false;
      for (const auto& [key, value] : a.map().items) {
        const Value* other = b.map().find(key);
        if (!other || !equal_at(value, *other, strict, depth + 1)) return false;
      }
      return true;
    }
    case Kind::Range: {
      const RangeObject& x = a.as_range();
      const RangeObject& y = b.as_range();
      return x.count == y.count &&
             (x.count == 0 || (x.start == y.start && (x.count == 1 || x.step == y.step)));
    }
    default:
      return a.shared() == b.shared();
  }
}

bool less_at(const Value& a, const Value& b, const char* operation, bool or_equal, int depth) {
  if (depth > kMaxNesting + 100)
    raise("RecursionError", "maximum recursion depth exceeded in comparison");
  if (a.is_undefined()) raise_undefined(a);
  if (b.is_undefined()) raise_undefined(b);
  if (a.is_number() && b.is_number()) {
    const auto sign = order(a, b);
    return or_equal ? sign <= 0 : sign < 0;
  }
  if (a.kind() == b.kind() && (a.is(Kind::String) || a.is(Kind::Bytes))) {
    return or_equal ? a.text() <= b.text()
                    : a.text() < b.text();  // order of UTF-8 is the order of code points
  }
  if (a.kind() == b.kind() && a.is_sequence()) {
    const auto& x = a.seq().items;
    const auto& y = b.seq().items;
    for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
      if (!equal_at(x[i], y[i], true, depth + 1))
        return less_at(x[i], y[i], operation, or_equal, depth + 1);
    }
    return or_equal ? x.size() <= y.size() : x.size() < y.size();
  }
  raise_type(std::string("'") + operation + "' not supported between instances of '" +
             type_name(a) + "' and '" + type_name(b) + "'");
}

}  // namespace

bool equal(const Value& a, const Value& b, bool strict) { return equal_at(a, b, strict, 0); }
bool less(const Value& a, const Value& b, const char* operation, bool or_equal) {
  return less_at(a, b, operation, or_equal, 0);
}

std::size_t hash(const Value& value) {
  switch (value.kind()) {
    case Kind::Bool:
    case Kind::Int:
      return std::hash<double>{}(static_cast<double>(value.as_int()));
    case Kind::Float:
      return std::hash<double>{}(value.as_double());
    case Kind::String:
    case Kind::Bytes:
      return std::hash<std::string>{}(value.text());
    case Kind::None:
    case Kind::Undefined:
      return 1;
    case Kind::Tuple: {
      std::size_t code = 17;
      for (const Value& item : value.seq().items) code = code * 31 + hash(item);
      return code;
    }
    case Kind::List:
    case Kind::Dict:
    case Kind::View:
      raise_type("unhashable type: '" + type_name(value) + "'");
    default:
      return std::hash<const void*>{}(value.shared().get());
  }
}

}  // namespace leitai::jinja
