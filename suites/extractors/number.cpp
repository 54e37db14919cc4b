#include "suites/extractors/number.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "harness/core/text.h"

namespace leitai {

namespace {

using Wide = Number::Wide;

std::optional<Wide> multiply(Wide a, Wide b) {
  Wide out;
  if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
  return out;
}

std::optional<Wide> power_of_ten(int exponent) {
  Wide out = 1;
  for (int i = 0; i < exponent; ++i) {
    const auto next = multiply(out, 10);
    if (!next) return std::nullopt;
    out = *next;
  }
  return out;
}

Wide magnitude(Wide value) { return value < 0 ? -value : value; }

Wide gcd(Wide a, Wide b) {
  a = magnitude(a);
  b = magnitude(b);
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

std::string wide_text(Wide value) {
  if (value == 0) return "0";
  std::string out;
  for (Wide rest = magnitude(value); rest != 0; rest /= 10)
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  return value < 0 ? "-" + out : out;
}

}  // namespace

Number Number::rational(Wide numerator, Wide denominator) {
  Number out;
  if (denominator < 0) {
    numerator = -numerator;
    denominator = -denominator;
  }
  const Wide common = gcd(numerator, denominator);
  out.numerator_ = common > 1 ? numerator / common : numerator;
  out.denominator_ = common > 1 ? denominator / common : denominator;
  return out;
}

Number Number::inexact(double value) {
  Number out;
  out.exact_ = false;
  out.value_ = value;
  return out;
}

Number Number::integer(long long value) { return rational(value, 1); }

Number Number::decimal(std::string_view digits, std::string_view decimals) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  while (!decimals.empty() && decimals.back() == '0') decimals.remove_suffix(1);
  const std::string_view whole = digits == "0" ? std::string_view() : digits;
  if (whole.size() + decimals.size() <= 36) {
    Wide numerator = 0;
    for (const std::string_view part : {whole, decimals}) {
      for (char c : part) numerator = numerator * 10 + (c - '0');
    }
    return rational(numerator, *power_of_ten(static_cast<int>(decimals.size())));
  }
  std::string canonical(whole);
  if (!decimals.empty()) canonical += "." + std::string(decimals);
  if (canonical.front() == '.') canonical.insert(0, "0");
  Number out = inexact(parse_double(canonical).value_or(std::numeric_limits<double>::infinity()));
  out.digits_ = std::move(canonical);
  return out;
}

Number Number::negated() const {
  Number out = *this;
  out.numerator_ = -numerator_;
  out.value_ = -value_;
  if (!digits_.empty()) out.digits_ = digits_.front() == '-' ? digits_.substr(1) : "-" + digits_;
  return out;
}

Number Number::times(const Number& other) const {
  if (exact_ && other.exact_) {
    const Number left = rational(numerator_, other.denominator_),
                 right = rational(other.numerator_, denominator_);
    const auto top = multiply(left.numerator_, right.numerator_),
               bottom = multiply(left.denominator_, right.denominator_);
    if (top && bottom) return rational(*top, *bottom);
  }
  return inexact(approximate() * other.approximate());
}

Number Number::plus(const Number& other) const {
  if (exact_ && other.exact_) {
    const auto left = multiply(numerator_, other.denominator_),
               right = multiply(other.numerator_, denominator_);
    const auto bottom = multiply(denominator_, other.denominator_);
    Wide top;
    if (left && right && bottom && !__builtin_add_overflow(*left, *right, &top))
      return rational(top, *bottom);
  }
  return inexact(approximate() + other.approximate());
}

std::optional<Number> Number::divided_by(const Number& other) const {
  if (other.is_zero()) return std::nullopt;
  if (!other.exact_) return inexact(approximate() / other.approximate());
  return times(rational(other.denominator_, other.numerator_));
}

Number Number::times_power_of_ten(int exponent) const {
  if (exponent == 0) return *this;
  const auto factor = power_of_ten(exponent < 0 ? -exponent : exponent);
  if (!factor) return inexact(approximate() * std::pow(10.0, exponent));
  return exponent > 0 ? times(rational(*factor, 1)) : times(rational(1, *factor));
}

bool Number::is_zero() const { return exact_ ? numerator_ == 0 : value_ == 0; }

bool Number::is_integer() const {
  return exact_ ? denominator_ == 1 : digits_.find('.') == std::string::npos;
}

double Number::approximate() const {
  return exact_ ? static_cast<double>(numerator_) / static_cast<double>(denominator_) : value_;
}

bool Number::operator==(const Number& other) const {
  if (exact_ && other.exact_)
    return numerator_ == other.numerator_ && denominator_ == other.denominator_;
  if (!digits_.empty() && !other.digits_.empty()) return digits_ == other.digits_;
  const double a = approximate(), b = other.approximate();
  return std::isfinite(a) && std::isfinite(b) && std::fabs(a - b) <= 1e-14 * std::fabs(b);
}

bool Number::is_less(const Number& other) const {
  return !(*this == other) && approximate() < other.approximate();
}

std::string Number::to_text() const {
  if (!digits_.empty()) return digits_;
  if (!exact_) return fmt::format("{}", value_);
  if (denominator_ == 1) return wide_text(numerator_);
  Wide rest = denominator_;
  int twos = 0, fives = 0;
  for (; rest % 2 == 0; rest /= 2) ++twos;
  for (; rest % 5 == 0; rest /= 5) ++fives;
  const int places = std::max(twos, fives);
  const auto factor = rest == 1 && places <= 30 ? power_of_ten(places) : std::nullopt;
  const auto scaled =
      factor ? multiply(magnitude(numerator_), *factor / denominator_) : std::nullopt;
  if (!scaled) return wide_text(numerator_) + "/" + wide_text(denominator_);
  std::string digits = wide_text(*scaled);
  if (digits.size() <= static_cast<std::size_t>(places))
    digits.insert(0, static_cast<std::size_t>(places) + 1 - digits.size(), '0');
  digits.insert(digits.size() - static_cast<std::size_t>(places), ".");
  return numerator_ < 0 ? "-" + digits : digits;
}

}  // namespace leitai
