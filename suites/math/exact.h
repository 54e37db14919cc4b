#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Exact arithmetic of the answers' comparison: rationals of 128-bit parts, and residues.
namespace leitai::math {

__extension__ using Wide = __int128;

/// A rational in lowest terms with a positive denominator. Operations are absent on overflow.
struct Rational {
  Wide num = 0;
  Wide den = 1;

  bool is_integer() const { return den == 1; }
  /// A decimal that ends: no prime but 2 and 5 in the denominator.
  bool is_terminating() const;
  long double approximate() const;
  bool operator==(const Rational& other) const { return num == other.num && den == other.den; }
};

using MaybeRational = std::optional<Rational>;

MaybeRational make_rational(Wide num, Wide den);
MaybeRational add(const Rational& a, const Rational& b);
MaybeRational multiply(const Rational& a, const Rational& b);
MaybeRational divide(const Rational& a, const Rational& b);  // absent for zero
MaybeRational power(const Rational& base, const Rational& exponent);
/// digits.decimals, both ASCII digits.
MaybeRational from_decimal(std::string_view digits, std::string_view decimals);

/// The field of 2^61 - 1 elements.
namespace field {
constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
std::uint64_t add(std::uint64_t a, std::uint64_t b);
std::uint64_t subtract(std::uint64_t a, std::uint64_t b);
std::uint64_t multiply(std::uint64_t a, std::uint64_t b);
std::uint64_t power(std::uint64_t base, std::uint64_t exponent);
std::uint64_t inverse(std::uint64_t a);  // of a non-zero element
std::uint64_t from_digits(std::string_view digits);
}  // namespace field

}  // namespace leitai::math
