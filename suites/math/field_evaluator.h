#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "suites/math/node.h"

namespace leitai::math {

/// Node visits and factors of factorials that one comparison may cost.
constexpr long long kMaxWork = 300'000;

/// Values at one point of the field: of variables by name, of pi and e as if they were variables.
struct FieldPoint {
  const std::vector<std::string>* names;
  std::vector<std::uint64_t> values;
  std::uint64_t pi, e;
};

/// Rational functions at points of the field of 2^61 - 1 elements.
class FieldEvaluator {
 public:
  explicit FieldEvaluator(long long& work) : work_(work) {}

  bool is_unsupported() const { return unsupported_; }

  /// Absent where it is not defined at the point, or `is_unsupported()`.
  std::optional<std::uint64_t> of(const Node& node, const FieldPoint& point);

 private:
  std::optional<std::uint64_t> refuse() {
    unsupported_ = true;
    return std::nullopt;
  }

  std::optional<std::uint64_t> power_of(const Node& node, const FieldPoint& point);

  std::uint64_t factorial(int n) {
    std::uint64_t out = 1;
    for (int i = 2; i <= n; ++i) out = field::multiply(out, static_cast<std::uint64_t>(i));
    work_ += n;
    return out;
  }

  /// n!, n over k, n to the k falling, of whole numbers.
  std::optional<std::uint64_t> counted(const Node& node);

  long long& work_;
  bool unsupported_ = false;
};

}  // namespace leitai::math
