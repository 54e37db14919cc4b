#include "harness/stats/newton.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace leitai {

std::optional<SquareMatrix> inverse(SquareMatrix matrix) {
  const std::size_t size = matrix.size();
  SquareMatrix result(size, std::vector<double>(size, 0.0));
  for (std::size_t i = 0; i < size; ++i) result[i][i] = 1;
  for (std::size_t column = 0; column < size; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < size; ++row)
      if (std::abs(matrix[row][column]) > std::abs(matrix[pivot][column])) pivot = row;
    if (!(std::abs(matrix[pivot][column]) > 1e-300)) return std::nullopt;
    std::swap(matrix[pivot], matrix[column]);
    std::swap(result[pivot], result[column]);
    const double scale = 1 / matrix[column][column];
    for (std::size_t j = 0; j < size; ++j) {
      matrix[column][j] *= scale;
      result[column][j] *= scale;
    }
    for (std::size_t row = 0; row < size; ++row) {
      const double factor = matrix[row][column];
      if (row == column || factor == 0) continue;
      for (std::size_t j = 0; j < size; ++j) {
        matrix[row][j] -= factor * matrix[column][j];
        result[row][j] -= factor * result[column][j];
      }
    }
  }
  return result;
}

SquareMatrix product(const SquareMatrix& a, const SquareMatrix& b) {
  SquareMatrix out(a.size(), std::vector<double>(b.front().size(), 0.0));
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t k = 0; k < b.size(); ++k)
      for (std::size_t j = 0; j < b.front().size(); ++j) out[i][j] += a[i][k] * b[k][j];
  return out;
}

std::optional<std::vector<double>> maximum(
    std::vector<double> start, const std::function<Local(std::span<const double>)>& function) {
  constexpr double kFarthest = 50;  // on the logit scale: an estimate that runs away
  std::vector<double> at = std::move(start);
  Local here = function(at);
  for (int iteration = 0; iteration < 200; ++iteration) {
    const std::optional<SquareMatrix> scale = inverse(here.curvature);
    if (!scale) return std::nullopt;
    std::vector<double> step(at.size(), 0.0);
    double largest = 0, farthest = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      for (std::size_t j = 0; j < at.size(); ++j) step[i] += (*scale)[i][j] * here.gradient[j];
      largest = std::max(largest, std::abs(step[i]));
      farthest = std::max(farthest, std::abs(at[i]));
    }
    if (!std::isfinite(largest) || farthest > kFarthest) return std::nullopt;
    if (largest <= 1e-13 * (1 + farthest)) return at;
    bool climbed = false;
    for (double length = 1; length > 1e-10 && !climbed; length /= 2) {
      std::vector<double> next = at;
      for (std::size_t i = 0; i < at.size(); ++i) next[i] += length * step[i];
      Local there = function(next);
      if (!(there.value >= here.value - 1e-13 * (1 + std::abs(here.value)))) continue;
      at = std::move(next);
      here = std::move(there);
      climbed = true;
    }
    // At the limit of rounding no step climbs any more.
    if (!climbed) return largest < 1e-8 ? std::optional(at) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace leitai
