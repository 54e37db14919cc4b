#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leitai {

/// A number as graders compare it: an exact rational of 128-bit parts where it fits, else a double
/// (and, for plain decimals, all its digits).
class Number {
 public:
  __extension__ using Wide = __int128;

  Number() = default;
  static Number integer(long long value);
  /// `digits` and `decimals` are ASCII digits; the number is digits.decimals.
  static Number decimal(std::string_view digits, std::string_view decimals);

  Number negated() const;
  Number times(const Number& other) const;
  Number plus(const Number& other) const;
  std::optional<Number> divided_by(const Number& other) const;  // absent for zero
  Number times_power_of_ten(int exponent) const;

  bool is_zero() const;
  bool is_integer() const;
  double approximate() const;
  /// Equal as numbers; exact when both are.
  bool operator==(const Number& other) const;
  bool is_less(const Number& other) const;
  std::string to_text() const;  // "12", "-0.5", "2/3"

 private:
  static Number rational(Wide numerator, Wide denominator);
  static Number inexact(double value);

  bool exact_ = true;
  Wide numerator_ = 0;
  Wide denominator_ = 1;
  double value_ = 0;
  std::string digits_;  // canonical, of a decimal too long to be exact; else ""
};

/// A number found in a text.
struct NumberToken {
  std::size_t begin = 0;  // code points, sign and currency included
  std::size_t end = 0;    // units such as a percent sign included
  Number value;           // as written: 25 for "25%"
  bool is_percent = false;
  bool is_fraction = false;    // \frac{..}{..}
  bool is_decimal = false;     // written with a decimal mark
  bool is_plain = true;        // digits with marks that every reader takes the same way
  bool comma_follows = false;  // the next token is joined by a bare comma: "3,5"
  std::string ratio;           // "3:4"; then there is no value
};

struct NumberOptions {
  bool is_eu = false;        // de es fr ru: "1.234,50"
  bool with_ratios = false;  // also yield tokens such as "3:4"
};

/// All numbers written with digits in `text` (folded), in order; A3.2. Linear.
std::vector<NumberToken> numbers_in(std::u32string_view text, const NumberOptions& options);

/// All Chinese numerals of `text`, in order. Linear.
std::vector<NumberToken> chinese_numerals_in(std::u32string_view text);

/// The value of a numeral that spans all of `text`; absent where it is none.
std::optional<NumberToken> parse_chinese_numeral(std::u32string_view text);

}  // namespace leitai
