#pragma once

#include <cstdint>
#include <optional>

#include "suites/math/node.h"

namespace leitai::math {

struct EvaluationOptions {
  std::uint64_t seed = 0;
  bool log_is_decimal = false;     // of a logarithm without a base
  bool degrees_are_plain = false;  // 30 degrees are 30, not pi/6
};

/// The rational that a constant is; absent for others and where it is too large.
MaybeRational exact_value(const Node& node);

/// The real number that a constant is.
std::optional<long double> real_value(const Node& node);

/// Equal as functions of their variables: exact at points of a finite field where both are
/// rational functions, else in floating point at seeded points (scoring-and-statistics.md A5.4).
/// A false "equal" is improbable, not impossible. Bounded.
bool are_identical(const Node& a, const Node& b, const EvaluationOptions& options);

/// The constant c of a = c * b for all values of the variables: its sign; absent where there is
/// none.
std::optional<int> proportion_sign(const Node& a, const Node& b, const EvaluationOptions& options);

}  // namespace leitai::math
