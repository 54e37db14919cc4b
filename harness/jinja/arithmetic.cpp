#include <cmath>

#include "harness/jinja/runtime.h"

/// Operators on numbers, strings and lists.
namespace leitai::jinja {

namespace {

[[noreturn]] void overflow() { raise("OverflowError", "an integer beyond 127 bits"); }

BigInt floor_divide(BigInt a, BigInt b) {
  if (b == -1) {
    BigInt out;
    if (__builtin_sub_overflow(BigInt{0}, a, &out)) overflow();
    return out;
  }
  const BigInt quotient = a / b;
  return a % b != 0 && ((a < 0) != (b < 0)) ? quotient - 1 : quotient;
}

double float_modulo(double a, double b) {
  double rest = std::fmod(a, b);
  if (rest != 0) {
    if ((b < 0) != (rest < 0)) rest += b;
  } else {
    rest = std::copysign(0.0, b);
  }
  return rest;
}

double float_floor_divide(double a, double b) {
  const double rest = float_modulo(a, b);
  const double quotient = (a - rest) / b;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double whole = std::floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

Value power(const Value& a, const Value& b) {
  if (!a.is(Kind::Float) && !b.is(Kind::Float) && b.as_int() >= 0) {
    BigInt base = a.as_int(), result = 1;
    for (BigInt exponent = b.as_int(); exponent > 0; exponent >>= 1) {
      if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) overflow();
      if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) overflow();
    }
    return Value::integer(result);
  }
  const double base = a.as_double(), exponent = b.as_double();
  if (base == 0 && exponent < 0)
    raise("ZeroDivisionError", "0.0 cannot be raised to a negative power");
  if (base < 0 && std::isfinite(exponent) && std::floor(exponent) != exponent)
    raise("UnsupportedError", "complex numbers are not supported");
  const double result = std::pow(base, exponent);
  if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent))
    raise("OverflowError", "(34, 'Numerical result out of range')");
  return Value::real(result);
}

Value integers(std::string_view op, BigInt a, BigInt b) {
  BigInt out = 0;
  if (op == "+") {
    if (__builtin_add_overflow(a, b, &out)) overflow();
  } else if (op == "-") {
    if (__builtin_sub_overflow(a, b, &out)) overflow();
  } else if (op == "*") {
    if (__builtin_mul_overflow(a, b, &out)) overflow();
  } else {
    if (b == 0)
      raise("ZeroDivisionError", op == "%"    ? "integer modulo by zero"
                                 : op == "//" ? "integer division or modulo by zero"
                                              : "division by zero");
    if (op == "/") return Value::real(static_cast<double>(a) / static_cast<double>(b));
    out = floor_divide(a, b);
    if (op == "%") out = b == -1 ? 0 : a - out * b;
  }
  return Value::integer(out);
}

Value floats(std::string_view op, double a, double b) {
  if (op == "+") return Value::real(a + b);
  if (op == "-") return Value::real(a - b);
  if (op == "*") return Value::real(a * b);
  if (b == 0)
    raise("ZeroDivisionError", op == "%"    ? "float modulo"
                               : op == "//" ? "float floor division by zero"
                                            : "float division by zero");
  if (op == "/") return Value::real(a / b);
  return Value::real(op == "%" ? float_modulo(a, b) : float_floor_divide(a, b));
}

Value repeat(Runtime& runtime, const Value& sequence, const Value& times) {
  const std::int64_t n = std::max<std::int64_t>(0, to_index(times));
  if (sequence.is(Kind::String) || sequence.is(Kind::Bytes)) {
    const std::string& text = sequence.text();
    const double size = static_cast<double>(text.size()) * static_cast<double>(n);
    runtime.check_text(size > 1e15 ? std::size_t{1} << 50 : static_cast<std::size_t>(size));
    runtime.tick(static_cast<std::size_t>(size) / 64 +
                 (text.empty() ? 0 : static_cast<std::size_t>(n)));
    std::string out;
    if (!text.empty()) {
      for (std::int64_t i = 0; i < n; ++i) out += text;
    }
    return sequence.is(Kind::Bytes) ? Value::bytes(std::move(out))
                                    : Value::string(std::move(out), sequence.str().markup);
  }
  const auto& items = sequence.seq().items;
  const double size = static_cast<double>(items.size()) * static_cast<double>(n);
  runtime.check_items(size > 1e12 ? std::size_t{1} << 40 : static_cast<std::size_t>(size));
  std::vector<Value> out;
  if (!items.empty()) {
    for (std::int64_t i = 0; i < n; ++i) out.insert(out.end(), items.begin(), items.end());
  }
  return Value::list(std::move(out), sequence.kind());
}

}  // namespace

Value Runtime::negate(const Value& value, bool minus) {
  if (value.is_undefined()) raise_undefined(value);
  if (!value.is_number())
    raise_type(std::string("bad operand type for unary ") + (minus ? "-" : "+") + ": '" +
               type_name(value) + "'");
  if (value.is(Kind::Float)) return Value::real(minus ? -value.as_double() : value.as_double());
  return integers("-", 0, minus ? value.as_int() : -value.as_int());
}

Value Runtime::arithmetic(std::string_view op, const Value& a, const Value& b) {
  if (a.is(Kind::String) && op == "%") {
    if (is_strict(b)) raise_undefined(b);
    std::string out = format_percent(*this, a.text(), b);
    check_text(out.size());
    return Value::string(std::move(out), a.str().markup);
  }
  if (a.is_undefined()) raise_undefined(a);
  if (b.is_undefined()) raise_undefined(b);
  if (a.is_number() && b.is_number()) {
    if (op == "**") return power(a, b);
    if (a.is(Kind::Float) || b.is(Kind::Float)) return floats(op, a.as_double(), b.as_double());
    return integers(op, a.as_int(), b.as_int());
  }
  if (op == "+" && a.is(Kind::String) && b.is(Kind::String)) {
    check_text(a.text().size() + b.text().size());
    tick((a.text().size() + b.text().size()) / 64);
    const bool markup = a.str().markup || b.str().markup;
    if (!markup) return Value::string(a.text() + b.text());
    return Value::string((a.str().markup ? a.text() : escape_html(a.text())) +
                             (b.str().markup ? b.text() : escape_html(b.text())),
                         true);
  }
  if (op == "+" && a.is_sequence() && a.kind() == b.kind()) {
    check_items(a.seq().items.size() + b.seq().items.size());
    std::vector<Value> items = a.seq().items;
    items.insert(items.end(), b.seq().items.begin(), b.seq().items.end());
    return Value::list(std::move(items), a.kind());
  }
  if (op == "*") {
    const auto repeats = [](const Value& v) {
      return v.is(Kind::String) || v.is(Kind::Bytes) || v.is_sequence();
    };
    if (repeats(a) && b.is_integral()) return repeat(*this, a, b);
    if (repeats(b) && a.is_integral()) return repeat(*this, b, a);
    if (repeats(a) || repeats(b)) {
      raise_type("can't multiply sequence by non-int of type '" + type_name(repeats(a) ? b : a) +
                 "'");
    }
  }
  if (op == "+" && (a.is(Kind::String) || a.is_sequence())) {
    raise_type("can only concatenate " + type_name(a) + " (not \"" + type_name(b) + "\") to " +
               type_name(a));
  }
  raise_type("unsupported operand type(s) for " + std::string(op == "**" ? "** or pow()" : op) +
             ": '" + type_name(a) + "' and '" + type_name(b) + "'");
}

}  // namespace leitai::jinja
