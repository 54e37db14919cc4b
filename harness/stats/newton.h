#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace leitai {

using SquareMatrix = std::vector<std::vector<double>>;

/// Inverse by Gauss-Jordan with pivoting; absent for a singular matrix.
std::optional<SquareMatrix> inverse(SquareMatrix matrix);

SquareMatrix product(const SquareMatrix& a, const SquareMatrix& b);

/// A concave function near a point. `curvature` is minus the matrix of second derivatives;
/// -infinity as a value marks points outside the domain.
struct Local {
  double value = 0;
  std::vector<double> gradient;
  SquareMatrix curvature;

  explicit Local(std::size_t size)
      : gradient(size, 0.0), curvature(size, std::vector<double>(size, 0.0)) {}
};

/// Where the function is largest, by Newton steps that are halved until they climb. Absent where
/// the steps do not settle: the function has no maximum, or no single one.
std::optional<std::vector<double>> maximum(
    std::vector<double> start, const std::function<Local(std::span<const double>)>& function);

}  // namespace leitai
