#pragma once

#include <cstddef>
#include <span>
#include <vector>

/// Many tests at once. Adjusted p-values keep the order given and are to be held against alpha.
namespace leitai {

/// Holm's step-down adjustment (1979): the chance of any false rejection, under any dependence.
std::vector<double> holm_adjusted(std::span<const double> p);

/// Hochberg's step-up adjustment (1988): the same under positive dependence.
std::vector<double> hochberg_adjusted(std::span<const double> p);

std::vector<double> bonferroni_adjusted(std::span<const double> p);

/// Benjamini & Hochberg (1995): the expected share of false rejections.
std::vector<double> bh_adjusted(std::span<const double> p);

/// Benjamini & Yekutieli (2001): the same under any dependence.
std::vector<double> by_adjusted(std::span<const double> p);

/// e-BH (Wang & Ramdas 2022): the k largest e-values, for the largest k whose k-th is at least
/// m / (alpha k); holds under any dependence. Ascending positions.
std::vector<std::size_t> e_bh_rejected(std::span<const double> e, double alpha);

/// Positions of e-values of at least m / alpha.
std::vector<std::size_t> e_bonferroni_rejected(std::span<const double> e, double alpha);

}  // namespace leitai
