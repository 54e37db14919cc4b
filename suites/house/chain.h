#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "suites/math/exact.h"

/// A computation that a solution carries in marks, as that of gsm8k does: "<<48/2=24>>".
namespace leitai::house {

using math::Rational;

bool is_less(const Rational& a, const Rational& b);
std::optional<Rational> subtract(const Rational& a, const Rational& b);

/// A sum, product ... of numbers, and what the solution says that it gives.
struct ChainStep {
  std::vector<Rational> numbers;  // in the order in which they are written
  std::vector<int> postfix;       // a place in `numbers`, or one of kAdd ...
  Rational value;

  static constexpr int kAdd = -1, kSubtract = -2, kMultiply = -3, kDivide = -4;

  /// Its value with other numbers; absent for a division by zero or an overflow.
  std::optional<Rational> evaluate(std::span<const Rational> numbers) const;
};

/// All steps of `solution` in order. Absent unless there is at least one, each is arithmetic on
/// decimals, and each is exactly true.
std::optional<std::vector<ChainStep>> read_chain(std::string_view solution);

/// Does `solution` also compute where no mark says it ("$2500-$500=$2000")? What leads to such a
/// number the chain does not know.
bool computes_beside_marks(std::string_view solution);

/// A decimal without a sign: "0.5", ".5", "1,200".
std::optional<Rational> read_decimal(std::string_view text);

}  // namespace leitai::house
