#include "suites/house/chain.h"

#include <string>

#include "harness/core/text.h"

namespace leitai::house {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Descends into an expression and leaves it in postfix order.
class Reader {
 public:
  Reader(std::string_view text, ChainStep& out) : text_(text), out_(out) {}

  bool read() { return sum() && at_ == text_.size(); }

 private:
  static constexpr int kMaxDepth = 32;

  char next() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool sum() {
    if (!product()) return false;
    while (next() == '+' || next() == '-') {
      const int what = text_[at_++] == '+' ? ChainStep::kAdd : ChainStep::kSubtract;
      if (!product()) return false;
      out_.postfix.push_back(what);
    }
    return true;
  }

  bool product() {
    if (!number()) return false;
    while (next() == '*' || next() == '/') {
      const int what = text_[at_++] == '*' ? ChainStep::kMultiply : ChainStep::kDivide;
      if (!number()) return false;
      out_.postfix.push_back(what);
    }
    return true;
  }

  bool number() {
    if (next() == '(') {
      if (++depth_ > kMaxDepth) return false;
      ++at_;
      if (!sum() || next() != ')') return false;
      ++at_;
      --depth_;
      return true;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.' || text_[at_] == ','))
      ++at_;
    const auto value = read_decimal(text_.substr(begin, at_ - begin));
    if (!value) return false;
    out_.postfix.push_back(static_cast<int>(out_.numbers.size()));
    out_.numbers.push_back(*value);
    return true;
  }

  std::string_view text_;
  ChainStep& out_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

bool is_less(const Rational& a, const Rational& b) {
  const auto gap = subtract(b, a);
  return gap ? gap->num > 0 : a.approximate() < b.approximate();
}

std::optional<Rational> subtract(const Rational& a, const Rational& b) {
  return math::add(a, {-b.num, b.den});
}

std::optional<Rational> read_decimal(std::string_view text) {
  std::string digits;
  std::size_t at = 0;
  for (; at < text.size() && text[at] != '.'; ++at) {
    if (is_digit(text[at]))
      digits += text[at];
    else if (text[at] != ',' || digits.empty() || at + 3 >= text.size())
      return std::nullopt;
  }
  const std::string_view decimals = at < text.size() ? text.substr(at + 1) : "";
  for (const char c : decimals) {
    if (!is_digit(c)) return std::nullopt;
  }
  if ((digits.empty() && decimals.empty()) || digits.size() + decimals.size() > 18)
    return std::nullopt;
  return math::from_decimal(digits.empty() ? "0" : digits, decimals);
}

std::optional<Rational> ChainStep::evaluate(std::span<const Rational> with) const {
  std::vector<Rational> stack;
  for (const int one : postfix) {
    if (one >= 0) {
      stack.push_back(with[static_cast<std::size_t>(one)]);
      continue;
    }
    const Rational right = stack.back();
    stack.pop_back();
    const Rational left = stack.back();
    const auto made = one == kAdd        ? math::add(left, right)
                      : one == kSubtract ? subtract(left, right)
                      : one == kMultiply ? math::multiply(left, right)
                                         : math::divide(left, right);
    if (!made) return std::nullopt;
    stack.back() = *made;
  }
  return stack.back();
}

bool computes_beside_marks(std::string_view solution) {
  for (std::size_t at = 0; at < solution.size(); ++at) {
    if (solution.substr(at).starts_with("<<")) {
      at = solution.find(">>", at);
      if (at == std::string_view::npos) return true;
    }
    if (solution[at] != '=') continue;
    const std::size_t behind = solution.find_first_not_of(" $", at + 1);
    if (behind == std::string_view::npos || !solution.substr(behind).starts_with("<<")) return true;
  }
  return false;
}

std::optional<std::vector<ChainStep>> read_chain(std::string_view solution) {
  std::vector<ChainStep> out;
  for (std::size_t at = 0; (at = solution.find("<<", at)) != std::string_view::npos;) {
    const std::size_t end = solution.find(">>", at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view mark = solution.substr(at + 2, end - at - 2);
    const std::size_t equals = mark.rfind('=');
    if (equals == std::string_view::npos) return std::nullopt;
    ChainStep step;
    const auto value = read_decimal(trim(mark.substr(equals + 1)));
    if (!value || !Reader(trim(mark.substr(0, equals)), step).read()) return std::nullopt;
    step.value = *value;
    if (step.evaluate(step.numbers) != value) return std::nullopt;
    out.push_back(std::move(step));
    at = end + 2;
  }
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace leitai::house
