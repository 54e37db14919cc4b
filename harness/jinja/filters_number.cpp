#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "harness/jinja/filters.h"
#include "harness/jinja/string_ops.h"

/// Filters on numbers.
namespace leitai::jinja {

namespace {

/// `text` without white space around it, digits of any script as ASCII, single underscores between
/// digits removed.
std::optional<std::string> plain_number(const std::string& text) {
  std::string out;
  for (const std::string_view c : chars(strip(text, nullptr, Side::Both))) {
    const int digit = c.size() > 1 ? decimal_value(decode_utf8(c).value) : -1;
    if (digit >= 0) {
      out += static_cast<char>('0' + digit);
    } else {
      out += c;
    }
  }
  std::string joined;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == '_') {
      const bool is_between = i > 0 && i + 1 < out.size() &&
                              std::isalnum(static_cast<unsigned char>(out[i - 1])) &&
                              std::isalnum(static_cast<unsigned char>(out[i + 1]));
      if (!is_between) return std::nullopt;
    } else {
      joined += out[i];
    }
  }
  return joined;
}

BigInt int_from_double(double value) {
  if (std::isnan(value)) raise("ValueError", "cannot convert float NaN to integer");
  if (std::isinf(value)) raise("OverflowError", "cannot convert float infinity to integer");
  if (std::fabs(value) >= 1.7e38) raise("OverflowError", "an integer beyond 127 bits");
  return static_cast<BigInt>(value);
}

Value int_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_int", args, {"default", "base"});
  const Value otherwise = bound.has(0) ? bound[0] : Value::integer(0);
  if (input.is_undefined()) raise_undefined(input);
  if (input.is_integral()) return Value::integer(input.as_int());
  double value = 0;
  if (input.is(Kind::Float)) {
    value = input.as_double();
    if (std::isinf(value) && !runtime.is_strict(input))
      raise("OverflowError", "cannot convert float infinity to integer");
    if (std::isnan(value)) return otherwise;
  } else if (input.is(Kind::String)) {
    if (const auto whole = int_from_text(input.text(), static_cast<int>(bound.integer(1, 10))))
      return Value::integer(*whole);
    const auto real = float_from_text(input.text());
    if (!real || !std::isfinite(*real)) return otherwise;
    value = *real;
  } else {
    return otherwise;
  }
  return Value::integer(int_from_double(value));
}

Value float_filter(Runtime&, const Value& input, Args& args) {
  const Bound bound("do_float", args, {"default"});
  if (input.is_undefined()) raise_undefined(input);
  if (input.is_number()) return Value::real(input.as_double());
  if (input.is(Kind::String)) {
    if (const auto value = float_from_text(input.text())) return Value::real(*value);
  }
  return bound.has(0) ? bound[0] : Value::real(0);
}

Value abs_filter(Runtime& runtime, const Value& input, Args& args) {
  Bound("abs", args, {});
  if (input.is_undefined()) raise_undefined(input);
  if (!input.is_number()) raise_type("bad operand type for abs(): '" + type_name(input) + "'");
  if (input.is(Kind::Float)) return Value::real(std::fabs(input.as_double()));
  return input.as_int() < 0 ? runtime.negate(input, true) : Value::integer(input.as_int());
}

double round_half_even(double value, std::int64_t precision) {
  if (!std::isfinite(value) || precision > 330) return value;
  if (precision < 0) {
    if (precision < -310) return std::copysign(0.0, value);
    const double scale = std::pow(10.0, static_cast<double>(-precision));
    return std::nearbyint(value / scale) * scale;
  }
  std::string text(static_cast<std::size_t>(precision) + 400,
                   '\0');  // printf rounds the exact value, halves to even
  std::snprintf(text.data(), text.size(), "%.*f", static_cast<int>(precision), value);
  return std::strtod(text.c_str(), nullptr);
}

Value round_filter(Runtime&, const Value& input, Args& args) {
  const Bound bound("do_round", args, {"precision", "method"});
  const std::string method = bound.text(1, "common");
  const std::int64_t precision = bound.integer(0, 0);
  if (method != "common" && method != "ceil" && method != "floor")
    raise("FilterArgumentError", "method must be common, ceil or floor");
  if (input.is_undefined()) raise_undefined(input);
  if (!input.is_number())
    raise_type("type " + type_name(input) + " doesn't define __round__ method");
  if (method != "common") {
    const double scale = std::pow(10.0, static_cast<double>(precision));
    const double scaled = input.as_double() * scale;
    if (!std::isfinite(scaled)) int_from_double(scaled);
    return Value::real((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale);
  }
  if (input.is(Kind::Float)) return Value::real(round_half_even(input.as_double(), precision));
  if (precision >= 0) return Value::integer(input.as_int());
  if (precision < -37) return Value::integer(0);
  BigInt scale = 1;
  for (std::int64_t i = 0; i < -precision; ++i) scale *= 10;
  const BigInt value = input.as_int();
  BigInt quotient = value / scale, rest = value % scale;
  if (rest < 0) {
    rest += scale;
    --quotient;
  }
  if (rest > scale / 2 || (rest == scale / 2 && (quotient & 1) != 0)) ++quotient;
  return Value::integer(quotient * scale);
}

Value filesizeformat(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_filesizeformat", args, {"binary"});
  const bool binary = bound.boolean(runtime, 0, false);
  if (input.is_undefined()) raise_undefined(input);
  std::optional<double> bytes =
      input.is_number() ? std::optional<double>(input.as_double()) : std::nullopt;
  if (input.is(Kind::String)) bytes = float_from_text(input.text());
  if (!bytes)
    raise(input.is(Kind::String) ? "ValueError" : "TypeError", "filesizeformat wants a number");
  const double base = binary ? 1024 : 1000;
  if (*bytes == 1) return Value::string("1 Byte");
  if (*bytes < base) return Value::string(int_text(int_from_double(*bytes)) + " Bytes");
  static constexpr char kPrefixes[] = "kMGTPEZY";
  double unit = base;
  std::size_t i = 0;
  while (i < 7 && *bytes >= unit * base) {
    unit *= base;
    ++i;
  }
  char buffer[512];
  const char prefix = binary && i == 0 ? 'K' : kPrefixes[i];
  std::snprintf(buffer, sizeof buffer, "%.1f %c%sB", *bytes / unit, prefix, binary ? "i" : "");
  return Value::string(buffer);
}

}  // namespace

std::optional<BigInt> int_from_text(const std::string& given, int base) {
  const auto plain = plain_number(given);
  if (!plain || (base != 0 && (base < 2 || base > 36))) return std::nullopt;
  std::string_view text = *plain;
  bool negative = false;
  if (text.starts_with('-') || text.starts_with('+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const char mark = text.size() > 2 && text[0] == '0' ? static_cast<char>(text[1] | 0x20) : '\0';
  const int marked = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
  if (marked != 0 && (base == 0 || base == marked)) {
    base = marked;
    text.remove_prefix(2);
  }
  if (base == 0) base = 10;
  if (text.empty()) return std::nullopt;
  BigInt value = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'                     ? c - '0'
                      : (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? (c | 0x20) - 'a' + 10
                                                               : 99;
    if (digit >= base) return std::nullopt;
    if (__builtin_mul_overflow(value, BigInt{base}, &value) ||
        __builtin_add_overflow(value, BigInt{digit}, &value)) {
      raise("OverflowError", "an integer beyond 127 bits");
    }
  }
  return negative ? -value : value;
}

std::optional<double> float_from_text(const std::string& given) {
  const auto plain = plain_number(given);
  if (!plain || plain->empty()) return std::nullopt;
  const std::string lower = ascii_lower(*plain);
  const std::string body = lower[0] == '-' || lower[0] == '+' ? lower.substr(1) : lower;
  const double sign = lower[0] == '-' ? -1 : 1;
  if (body == "inf" || body == "infinity") return sign * HUGE_VAL;
  if (body == "nan") return std::nan("");
  if (body.empty() || body.find_first_not_of("0123456789.e+-") != body.npos ||
      !(std::isdigit(static_cast<unsigned char>(body[0])) || body[0] == '.')) {
    return std::nullopt;
  }
  char* end = nullptr;
  const double value = std::strtod(body.c_str(), &end);
  if (end == body.c_str() || *end != '\0') return std::nullopt;
  return sign * value;
}

const FilterTable& number_filters() {
  static const FilterTable kFilters = {{"int", int_filter},
                                       {"float", float_filter},
                                       {"abs", abs_filter},
                                       {"round", round_filter},
                                       {"filesizeformat", filesizeformat}};
  return kFilters;
}

}  // namespace leitai::jinja
