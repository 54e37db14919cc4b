#include "suites/math/evaluate.h"

#include <algorithm>
#include <cmath>
#include <complex>

#include "harness/core/random.h"
#include "suites/math/field_evaluator.h"
#include "suites/math/float_evaluator.h"

namespace leitai::math {

namespace {

template <typename T>
bool is_finite(const std::complex<T>& value) {
  return std::isfinite(value.real()) && std::isfinite(value.imag());
}

std::vector<std::string> all_variables(const Node& a, const Node& b) {
  std::vector<std::string> out = variables_of(a);
  for (std::string& name : variables_of(b)) out.push_back(std::move(name));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Values of a and b at up to `n` points of the field where both are defined; absent where one is
/// no rational function.
using FieldPairs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
std::optional<FieldPairs> field_values(const Node& a, const Node& b,
                                       const std::vector<std::string>& names, std::uint64_t seed,
                                       int n, long long& work) {
  FieldPairs out;
  SplitMix64 random(seed ^ 0x6D617468ull);
  FieldEvaluator evaluator(work);
  for (int i = 0; i < n; ++i) {
    FieldPoint point{&names, {}, random.below(field::kPrime), random.below(field::kPrime)};
    for (std::size_t j = 0; j < names.size(); ++j)
      point.values.push_back(random.below(field::kPrime));
    const auto left = evaluator.of(a, point), right = evaluator.of(b, point);
    if (evaluator.is_unsupported()) return std::nullopt;
    if (left && right) out.emplace_back(*left, *right);
    if (!left != !right && names.empty()) return FieldPairs{};
  }
  return out;
}

/// Values at twelve points, half of them with positive variables only.
template <typename T>
std::vector<std::pair<std::complex<T>, std::complex<T>>> point_values(
    const Node& a, const Node& b, const std::vector<std::string>& names,
    const EvaluationOptions& options, long long& work) {
  std::vector<std::pair<std::complex<T>, std::complex<T>>> out;
  SplitMix64 random(options.seed ^ 0x706F696E7473ull);
  Evaluator<T> evaluator(options, names, work);
  const int n = names.empty() ? 1 : 12;
  for (int i = 0; i < n; ++i) {
    evaluator.values.clear();
    for (std::size_t j = 0; j < names.size(); ++j) {
      T value = static_cast<T>(0.3 + 2.4 * random.u01());
      if (i % 2 == 1 && (random.next() & 1)) value = -value;
      if (i == 1) value = -std::abs(value);  // all negative once
      evaluator.values.push_back(value);
    }
    const auto left = evaluator.of(a);
    out.emplace_back(left, evaluator.of(b));
  }
  return out;
}

}  // namespace

std::optional<long double> real_value(const Node& node) {
  if (node.is(Kind::Infinity)) return INFINITY;
  if (node.is(Kind::Negate) && node.kids[0].is(Kind::Infinity)) return -INFINITY;
  if (node.is(Kind::Add) && node.kids.size() == 1) return real_value(node.kids[0]);
  if (!node.is_expression()) return std::nullopt;
  if (any_of(node, [](const Node& n) { return n.is(Kind::Variable) || n.is(Kind::Infinity); }))
    return std::nullopt;
  if (const auto exact = exact_value(node)) return exact->approximate();
  long long work = 0;
  const EvaluationOptions options;
  const std::vector<std::string> names;
  const auto value = Evaluator<long double>(options, names, work).of(node);
  if (!is_finite(value) || std::abs(value.imag()) > 1e-15L * std::abs(value)) return std::nullopt;
  return value.real();
}

bool are_identical(const Node& a, const Node& b, const EvaluationOptions& options) {
  const std::vector<std::string> names = all_variables(a, b);
  long long work = 0;
  const int n = names.empty() ? 2 : 8;
  if (const auto pairs = field_values(a, b, names, options.seed, n, work)) {
    if (pairs->size() < static_cast<std::size_t>(names.empty() ? 2 : 4)) return false;
    return std::all_of(pairs->begin(), pairs->end(),
                       [](const auto& pair) { return pair.first == pair.second; });
  }
  work = 0;
  if (names.empty()) {
    const auto [left, right] = point_values<long double>(a, b, names, options, work)[0];
    if (!is_finite(left) || !is_finite(right)) return false;
    return std::abs(left - right) <= 1e-12L * (std::abs(left) + std::abs(right)) / 2 + 1e-17L;
  }
  int both = 0, agree = 0;
  for (const auto& [left, right] : point_values<double>(a, b, names, options, work)) {
    agree += is_finite(left) == is_finite(right);
    if (!is_finite(left) || !is_finite(right)) continue;
    ++both;
    if (std::abs(left - right) > 1e-9 * (1 + std::abs(right))) return false;
  }
  return both >= 6 && agree >= 11;
}

std::optional<int> proportion_sign(const Node& a, const Node& b, const EvaluationOptions& options) {
  const std::vector<std::string> names = all_variables(a, b);
  if (names.empty()) return std::nullopt;
  long long work = 0;
  const auto pairs = field_values(a, b, names, options.seed, 8, work);
  if (pairs) {
    if (pairs->size() < 4) return std::nullopt;
    const auto& [a0, b0] = (*pairs)[0];
    if (a0 == 0 || b0 == 0) return std::nullopt;
    for (const auto& [ai, bi] : *pairs) {
      if (field::multiply(ai, b0) != field::multiply(bi, a0)) return std::nullopt;
    }
  }
  work = 0;
  std::optional<std::complex<double>> ratio;
  int both = 0;
  for (const auto& [left, right] : point_values<double>(a, b, names, options, work)) {
    if (!is_finite(left) || !is_finite(right)) continue;
    if (std::abs(right) < 1e-12 || std::abs(left) < 1e-12) continue;
    ++both;
    const std::complex<double> now = left / right;
    if (!ratio) ratio = now;
    if (std::abs(now - *ratio) > 1e-9 * std::abs(*ratio)) {
      if (!pairs) return std::nullopt;
    }
  }
  if (!ratio || both < (pairs ? 1 : 6)) return std::nullopt;
  if (std::abs(ratio->imag()) > 1e-9 * std::abs(*ratio)) return std::nullopt;
  return ratio->real() > 0 ? 1 : -1;
}

}  // namespace leitai::math
