#include "suites/math/evaluate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

#include "harness/core/random.h"

namespace leitai::math {

namespace {

constexpr long double kPi = 3.14159265358979323846264338327950288L;
constexpr long long kMaxWork = 300'000;  // node visits and factors of factorials, one comparison
constexpr int kMaxFactorial = 3000;

// In the field ------------------------------------------------------------------------------------

/// Values at one point of the field: of variables by name, of pi and e as if they were variables.
struct FieldPoint {
  const std::vector<std::string>* names;
  std::vector<std::uint64_t> values;
  std::uint64_t pi, e;
};

class FieldEvaluator {
 public:
  explicit FieldEvaluator(long long& work) : work_(work) {}

  bool is_unsupported() const { return unsupported_; }

  /// Absent where it is not defined at the point, or `is_unsupported()`.
  std::optional<std::uint64_t> of(const Node& node, const FieldPoint& point) {
    if (++work_ > kMaxWork) unsupported_ = true;
    if (unsupported_) return std::nullopt;
    switch (node.kind) {
      case Kind::Number:
        return node.residue;
      case Kind::Variable: {
        const auto found = std::lower_bound(point.names->begin(), point.names->end(), node.text);
        return point.values[static_cast<std::size_t>(found - point.names->begin())];
      }
      case Kind::Pi:
        return point.pi;
      case Kind::E:
        return point.e;
      case Kind::Add:
      case Kind::Multiply: {
        std::uint64_t total = node.is(Kind::Add) ? 0 : 1;
        for (const Node& kid : node.kids) {
          const auto value = of(kid, point);
          if (!value) return std::nullopt;
          total = node.is(Kind::Add) ? field::add(total, *value) : field::multiply(total, *value);
        }
        return total;
      }
      case Kind::Divide: {
        const auto above = of(node.kids[0], point), below = of(node.kids[1], point);
        if (!above || !below || *below == 0) return std::nullopt;
        return field::multiply(*above, field::inverse(*below));
      }
      case Kind::Negate: {
        const auto value = of(node.kids[0], point);
        return value ? std::optional(field::subtract(0, *value)) : std::nullopt;
      }
      case Kind::Percent: {
        const auto value = of(node.kids[0], point);
        return value ? std::optional(field::multiply(*value, field::inverse(100))) : std::nullopt;
      }
      case Kind::Quantity:
        return of(node.kids[0], point);
      case Kind::Power:
        return power_of(node, point);
      case Kind::Factorial:
      case Kind::Binomial:
      case Kind::Permutation:
        return counted(node);
      case Kind::Absolute:
      case Kind::Floor:
      case Kind::Ceiling: {
        const auto value = exact_value(node);
        if (!value) return refuse();
        return number_node(*value).residue;
      }
      default:
        return refuse();
    }
  }

 private:
  std::optional<std::uint64_t> refuse() {
    unsupported_ = true;
    return std::nullopt;
  }

  std::optional<std::uint64_t> power_of(const Node& node, const FieldPoint& point) {
    const auto exponent = exact_value(node.kids[1]);
    if (!exponent || !exponent->is_integer() || exponent->num > 10000 || exponent->num < -10000)
      return refuse();
    const auto base = of(node.kids[0], point);
    if (!base) return std::nullopt;
    const bool negative = exponent->num < 0;
    if (*base == 0 && exponent->num <= 0) return std::nullopt;
    const std::uint64_t raised =
        field::power(*base, static_cast<std::uint64_t>(negative ? -exponent->num : exponent->num));
    return negative ? field::inverse(raised) : raised;
  }

  std::uint64_t factorial(int n) {
    std::uint64_t out = 1;
    for (int i = 2; i <= n; ++i) out = field::multiply(out, static_cast<std::uint64_t>(i));
    work_ += n;
    return out;
  }

  /// n!, n over k, n to the k falling, of whole numbers.
  std::optional<std::uint64_t> counted(const Node& node) {
    const auto n = exact_value(node.kids[0]);
    const auto k = node.kids.size() > 1 ? exact_value(node.kids[1]) : MaybeRational(Rational{});
    if (!n || !k || !n->is_integer() || !k->is_integer() || n->num < 0 || n->num > kMaxFactorial ||
        k->num < 0)
      return refuse();
    const int top = static_cast<int>(n->num);
    if (node.is(Kind::Factorial)) return factorial(top);
    if (k->num > n->num) return 0;
    const int part = static_cast<int>(k->num);
    std::uint64_t below = factorial(top - part);
    if (node.is(Kind::Binomial)) below = field::multiply(below, factorial(part));
    return field::multiply(factorial(top), field::inverse(below));
  }

  long long& work_;
  bool unsupported_ = false;
};

// In floating point -------------------------------------------------------------------------------

template <typename T>
class Evaluator {
 public:
  using Complex = std::complex<T>;

  Evaluator(const EvaluationOptions& options, const std::vector<std::string>& names,
            long long& work)
      : options_(options), names_(names), work_(work) {}

  std::vector<T> values;

  /// Not finite where it is not defined.
  Complex of(const Node& node) {
    if (++work_ > kMaxWork) return undefined();
    switch (node.kind) {
      case Kind::Number:
        return static_cast<T>(node.value);
      case Kind::Variable: {
        const auto found = std::lower_bound(names_.begin(), names_.end(), node.text);
        return values[static_cast<std::size_t>(found - names_.begin())];
      }
      case Kind::Pi:
        return static_cast<T>(kPi);
      case Kind::E:
        return static_cast<T>(2.71828182845904523536028747135266250L);
      case Kind::I:
        return Complex(0, 1);
      case Kind::Add: {
        Complex total = 0;
        for (const Node& kid : node.kids) total += of(kid);
        return total;
      }
      case Kind::Multiply:
        return times(of(node.kids[0]), of(node.kids[1]));
      case Kind::Divide: {
        const Complex above = of(node.kids[0]), below = of(node.kids[1]);
        if (below == Complex(0)) return undefined();
        if (below.imag() == 0) return above / below.real();
        return above / below;
      }
      case Kind::Power:
        return power_of(of(node.kids[0]), node.kids[1]);
      case Kind::Negate:
        return -of(node.kids[0]);
      case Kind::Function:
        return function(node);
      case Kind::Root: {
        const auto index = exact_value(node.kids[1]);
        if (!index || index->num == 0) return undefined();
        return raised(of(node.kids[0]), *divide({1, 1}, *index));
      }
      case Kind::Absolute:
        return std::abs(of(node.kids[0]));
      case Kind::Floor:
      case Kind::Ceiling: {
        if (const auto value = exact_value(node)) return static_cast<T>(value->approximate());
        const Complex value = of(node.kids[0]);
        if (value.imag() != 0) return undefined();
        return node.is(Kind::Floor) ? std::floor(value.real()) : std::ceil(value.real());
      }
      case Kind::Factorial:
        return gamma_of(of(node.kids[0]));
      case Kind::Binomial:
      case Kind::Permutation: {
        const Complex n = of(node.kids[0]), k = of(node.kids[1]);
        const Complex part = gamma_of(n) / gamma_of(n - k);
        return node.is(Kind::Permutation) ? part : part / gamma_of(k);
      }
      case Kind::Degrees: {
        const Complex value = of(node.kids[0]);
        return options_.degrees_are_plain && !in_function_ ? value
                                                           : value * static_cast<T>(kPi / 180);
      }
      case Kind::Percent:
        return of(node.kids[0]) / T(100);
      case Kind::Quantity:
        return of(node.kids[0]);
      default:
        return undefined();
    }
  }

 private:
  static Complex undefined() { return {NAN, NAN}; }

  static Complex times(Complex a, Complex b) {
    if (a.imag() == 0 && b.imag() == 0) return a.real() * b.real();
    return a * b;
  }

  static Complex gamma_of(Complex x) {
    if (x.imag() != 0 || std::fabs(x.real()) > 1500) return undefined();
    T value = std::tgamma(x.real() + 1);
    // Whole numbers have whole factorials; tgamma may be off in the last digits.
    if (x.real() == std::floor(x.real()) && x.real() <= 100) {
      if (x.real() < 0) return undefined();
      value = 1;
      for (T i = 2; i <= x.real(); i += 1) value *= i;
    }
    return value;
  }

  /// A rational power; the real root where there is one.
  static Complex raised(Complex base, const Rational& exponent) {
    if (exponent.is_integer() && exponent.num <= 10000 && exponent.num >= -10000) {
      auto n = static_cast<int>(exponent.num < 0 ? -exponent.num : exponent.num);
      if (base == Complex(0) && exponent.num <= 0) return undefined();
      Complex out = 1, square = base;
      for (; n != 0; n >>= 1) {
        if (n & 1) out = times(out, square);
        if (n > 1) square = times(square, square);
      }
      if (exponent.num < 0) return out.imag() == 0 ? Complex(T(1) / out.real()) : T(1) / out;
      return out;
    }
    const T p = static_cast<T>(exponent.approximate());
    if (base.imag() == 0) {
      const T x = base.real();
      if (x == 0) return p > 0 ? Complex(0) : undefined();
      if (x > 0) return exponent.den == 2 && exponent.num == 1 ? std::sqrt(x) : std::pow(x, p);
      if (exponent.den % 2 != 0) {
        const T size = std::pow(-x, p);
        return exponent.num % 2 != 0 ? -size : size;
      }
      if (exponent.den == 2 && exponent.num == 1) return Complex(0, std::sqrt(-x));
    }
    return std::pow(base, p);
  }

  Complex power_of(Complex base, const Node& exponent) {
    if (const auto exact = exact_value(exponent)) return raised(base, *exact);
    const Complex p = of(exponent);
    if (base == Complex(0)) return p.real() > 0 ? Complex(0) : undefined();
    if (base.imag() == 0 && base.real() > 0 && p.imag() == 0)
      return std::pow(base.real(), p.real());
    return std::pow(base, p);
  }

  Complex function(const Node& node) {
    const bool outer = in_function_;
    in_function_ = true;
    const Complex x = of(node.kids[0]);
    const Complex out = apply(node, x);
    in_function_ = outer;
    return out;
  }

  static Complex logarithm(Complex x) {
    if (x == Complex(0)) return undefined();
    return x.imag() == 0 && x.real() > 0 ? Complex(std::log(x.real())) : std::log(x);
  }

  /// f of a real argument in real arithmetic, which is the more exact one.
  template <typename F>
  static Complex call(const F& f, Complex x) {
    return x.imag() == 0 ? Complex(f(x.real())) : Complex(f(x));
  }

  Complex apply(const Node& node, Complex x) {
    const std::string& f = node.text;
    const auto sine = [](auto v) { return std::sin(v); };
    const auto cosine = [](auto v) { return std::cos(v); };
    const auto tangent = [](auto v) { return std::tan(v); };
    const auto inverse = [](Complex v) { return v == Complex(0) ? undefined() : T(1) / v; };
    const auto real_in = [&](T low, T high) {
      return x.imag() == 0 && x.real() >= low && x.real() <= high;
    };
    if (f == "sin") return call(sine, x);
    if (f == "cos") return call(cosine, x);
    if (f == "tan") return call(tangent, x);
    if (f == "cot") return inverse(call(tangent, x));
    if (f == "sec") return inverse(call(cosine, x));
    if (f == "csc") return inverse(call(sine, x));
    if (f == "ln") return logarithm(x);
    if (f == "log") {
      if (node.kids.size() > 1) return logarithm(x) / logarithm(of(node.kids[1]));
      return options_.log_is_decimal ? logarithm(x) / T(std::log(T(10))) : logarithm(x);
    }
    if (f == "exp") return call([](auto v) { return std::exp(v); }, x);
    if (f == "arcsin") return real_in(-1, 1) ? Complex(std::asin(x.real())) : std::asin(x);
    if (f == "arccos") return real_in(-1, 1) ? Complex(std::acos(x.real())) : std::acos(x);
    if (f == "arctan") return call([](auto v) { return std::atan(v); }, x);
    if (f == "arccot")
      return static_cast<T>(kPi / 2) - call([](auto v) { return std::atan(v); }, x);
    if (f == "arcsec") return apply(Node(Kind::Function, std::string("arccos")), inverse(x));
    if (f == "arccsc") return apply(Node(Kind::Function, std::string("arcsin")), inverse(x));
    if (f == "sinh") return call([](auto v) { return std::sinh(v); }, x);
    if (f == "cosh") return call([](auto v) { return std::cosh(v); }, x);
    if (f == "tanh") return call([](auto v) { return std::tanh(v); }, x);
    if (f == "coth") return inverse(call([](auto v) { return std::tanh(v); }, x));
    if (f == "arcsinh") return std::asinh(x);
    if (f == "arccosh") return std::acosh(x);
    if (f == "arctanh") return std::atanh(x);
    return undefined();
  }

  const EvaluationOptions& options_;
  const std::vector<std::string>& names_;
  long long& work_;
  bool in_function_ = false;
};

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

MaybeRational exact_value(const Node& node) {
  const auto of = [&](std::size_t i) { return exact_value(node.kids[i]); };
  switch (node.kind) {
    case Kind::Number:
      return node.rational;
    case Kind::Add: {
      Rational total;
      for (const Node& kid : node.kids) {
        const auto value = exact_value(kid);
        const auto sum = value ? add(total, *value) : std::nullopt;
        if (!sum) return std::nullopt;
        total = *sum;
      }
      return total;
    }
    case Kind::Multiply:
    case Kind::Divide:
    case Kind::Power: {
      const auto left = of(0);
      const auto right = left ? of(1) : std::nullopt;
      if (!right) return std::nullopt;
      return node.is(Kind::Multiply) ? multiply(*left, *right)
             : node.is(Kind::Divide) ? divide(*left, *right)
                                     : power(*left, *right);
    }
    case Kind::Negate: {
      auto value = of(0);
      if (value) value->num = -value->num;
      return value;
    }
    case Kind::Percent: {
      const auto value = of(0);
      return value ? divide(*value, {100, 1}) : std::nullopt;
    }
    case Kind::Quantity:
      return of(0);
    case Kind::Absolute: {
      auto value = of(0);
      if (value && value->num < 0) value->num = -value->num;
      return value;
    }
    case Kind::Floor:
    case Kind::Ceiling: {
      const auto value = of(0);
      if (!value) return std::nullopt;
      Wide whole = value->num / value->den;
      const bool exact = value->is_integer();
      if (node.is(Kind::Floor) && !exact && value->num < 0) --whole;
      if (node.is(Kind::Ceiling) && !exact && value->num > 0) ++whole;
      return Rational{whole, 1};
    }
    case Kind::Factorial: {
      const auto value = of(0);
      if (!value || !value->is_integer() || value->num < 0 || value->num > 30) return std::nullopt;
      MaybeRational out = Rational{1, 1};
      for (int i = 2; out && i <= static_cast<int>(value->num); ++i) out = multiply(*out, {i, 1});
      return out;
    }
    default:
      return std::nullopt;
  }
}

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
