#include "suites/math/exact.h"

namespace leitai::math {

namespace {

Wide gcd(Wide a, Wide b) {
  if (a < 0) a = -a;
  if (b < 0) b = -b;
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

constexpr Wide kLimit = Wide{1} << 126;

bool is_small(Wide a) { return a < kLimit && a > -kLimit; }

std::optional<Wide> times(Wide a, Wide b) {
  Wide out = 0;
  if (__builtin_mul_overflow(a, b, &out) || !is_small(out)) return std::nullopt;
  return out;
}

}  // namespace

bool Rational::is_terminating() const {
  Wide rest = den;
  while (rest % 2 == 0) rest /= 2;
  while (rest % 5 == 0) rest /= 5;
  return rest == 1;
}

long double Rational::approximate() const {
  return static_cast<long double>(num) / static_cast<long double>(den);
}

MaybeRational make_rational(Wide num, Wide den) {
  if (den == 0 || !is_small(num) || !is_small(den)) return std::nullopt;
  const Wide common = gcd(num, den);
  Rational out{num / common, den / common};
  if (out.den < 0) {
    out.num = -out.num;
    out.den = -out.den;
  }
  return out;
}

MaybeRational add(const Rational& a, const Rational& b) {
  const auto left = times(a.num, b.den), right = times(b.num, a.den), den = times(a.den, b.den);
  if (!left || !right || !den) return std::nullopt;
  return make_rational(*left + *right, *den);
}

MaybeRational multiply(const Rational& a, const Rational& b) {
  const auto num = times(a.num, b.num), den = times(a.den, b.den);
  if (!num || !den) return std::nullopt;
  return make_rational(*num, *den);
}

MaybeRational divide(const Rational& a, const Rational& b) {
  if (b.num == 0) return std::nullopt;
  return multiply(a, {b.num < 0 ? -b.den : b.den, b.num < 0 ? -b.num : b.num});
}

MaybeRational power(const Rational& base, const Rational& exponent) {
  if (!exponent.is_integer() || exponent.num > 10000 || exponent.num < -10000) return std::nullopt;
  auto n = static_cast<int>(exponent.num < 0 ? -exponent.num : exponent.num);
  if (n == 0) return base.num == 0 ? std::nullopt : MaybeRational(Rational{1, 1});
  Rational out{1, 1}, square = base;
  for (;;) {
    if (n & 1) {
      const auto next = multiply(out, square);
      if (!next) return std::nullopt;
      out = *next;
    }
    n >>= 1;
    if (n == 0) break;
    const auto next = multiply(square, square);
    if (!next) return std::nullopt;
    square = *next;
  }
  return exponent.num < 0 ? divide({1, 1}, out) : MaybeRational(out);
}

MaybeRational from_decimal(std::string_view digits, std::string_view decimals) {
  while (!decimals.empty() && decimals.back() == '0') decimals.remove_suffix(1);
  while (!digits.empty() && digits.front() == '0') digits.remove_prefix(1);
  if (digits.size() + decimals.size() > 36) return std::nullopt;
  Wide num = 0, den = 1;
  for (char c : digits) num = num * 10 + (c - '0');
  for (char c : decimals) {
    num = num * 10 + (c - '0');
    den *= 10;
  }
  return make_rational(num, den);
}

namespace field {

__extension__ using Product = unsigned __int128;

std::uint64_t add(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t sum = a + b;
  return sum >= kPrime ? sum - kPrime : sum;
}

std::uint64_t subtract(std::uint64_t a, std::uint64_t b) { return a >= b ? a - b : a + kPrime - b; }

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  const Product product = static_cast<Product>(a) * b;
  return add(static_cast<std::uint64_t>(product & kPrime),
             static_cast<std::uint64_t>(product >> 61));
}

std::uint64_t power(std::uint64_t base, std::uint64_t exponent) {
  std::uint64_t out = 1;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) out = multiply(out, base);
    base = multiply(base, base);
  }
  return out;
}

std::uint64_t inverse(std::uint64_t a) { return power(a, kPrime - 2); }

std::uint64_t from_digits(std::string_view digits) {
  std::uint64_t out = 0;
  for (char c : digits) out = add(multiply(out, 10), static_cast<std::uint64_t>(c - '0'));
  return out;
}

}  // namespace field

}  // namespace leitai::math
