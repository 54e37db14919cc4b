#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <string>
#include <vector>

#include "suites/math/evaluate.h"
#include "suites/math/field_evaluator.h"

namespace leitai::math {

constexpr long double kPi = 3.14159265358979323846264338327950288L;

/// Expressions in complex floating point of type T.
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

}  // namespace leitai::math
