#include <algorithm>
#include <array>

#include "suites/math/lexer_class.h"

namespace leitai::math {

namespace {
using View = std::u32string_view;
}  // namespace

std::size_t Lexer::separator() const {
  static constexpr std::array<View, 8> kMarks{U"{,}", U"{,\\!}", U",\\!", U"\\,",
                                              U"\\ ", U"'",      U",",    U" "};
  for (View mark : kMarks) {
    if (!starts(mark)) continue;
    if (mark == U"," && brackets_ > 0 && !spaced_commas_) continue;
    std::size_t at = at_ + mark.size();
    if (mark == U",\\!") {
      while (at < text_.size() && text_[at] == U' ') ++at;
    }
    std::size_t end = at;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (end - at != 3) continue;
    if ((mark == U" " || mark == U"\\ ") && end < text_.size() && text_[end] == U'/') continue;
    return at - at_;
  }
  return 0;
}

void Lexer::plain_number() {
  std::string digits = digit_run(), decimals;
  if (!digits.empty() && digits.size() <= 3 && digits[0] != '0') {
    while (const std::size_t size = separator()) {
      at_ += size;
      digits += digit_run();
    }
  }
  bool has_point = false;
  if (here() == U'.' && (is_digit(here(1)) || is_repeating_mark(at_ + 1))) {
    has_point = true;
    ++at_;
    decimals = digit_run();
    std::string period = repeating();
    if (period.empty() && decimals.size() >= 3 && dots_ahead())
      period = std::string(1, decimals.back());
    if (!period.empty()) {
      push_repeating(digits, decimals, period);
      return;
    }
  }
  Node value = decimal_node(digits, decimals, has_point);
  int exponent = 0;
  if (scientific(exponent)) {
    if (const auto scale = power({10, 1}, {exponent, 1}); scale && value.rational) {
      if (const auto scaled = math::multiply(*value.rational, *scale)) {
        value = number_node(*scaled);
        number(std::move(value), "e");
        return;
      }
    }
    number(binary(Kind::Multiply, std::move(value),
                  binary(Kind::Power, integer_node(10), integer_node(exponent))),
           "e");
    return;
  }
  number(std::move(value), has_point ? digits + "." + decimals : digits);
}

bool Lexer::dots_ahead() {
  View rest = text_.substr(at_);
  while (rest.starts_with(U" ")) rest.remove_prefix(1);
  for (View dots :
       {View(U"\\ldots"), View(U"\\dots"), View(U"\\cdots"), View(U"..."), View(U"\u2026")}) {
    if (!rest.starts_with(dots)) continue;
    at_ = text_.size() - rest.size() + dots.size();
    return true;
  }
  return false;
}

std::string Lexer::repeating() {
  std::string period;
  const auto braced = [&](std::size_t name) {
    std::size_t at = at_ + name;
    const bool has_brace = at < text_.size() && text_[at] == U'{';
    if (!has_brace) {
      while (at < text_.size() && text_[at] == U' ') ++at;
    } else {
      ++at;
    }
    const std::size_t begin = at;
    while (at < text_.size() && is_digit(text_[at]) && (has_brace || at == begin)) ++at;
    if (at == begin || (has_brace && (at >= text_.size() || text_[at] != U'}')))
      return std::string();
    std::string digits = ascii(text_.substr(begin, at - begin));
    at_ = at + (has_brace ? 1 : 0);
    return digits;
  };
  if (starts(U"\\overline")) return braced(9);
  if (starts(U"\\bar")) return braced(4);
  if (starts(U"\\dot") && !starts(U"\\dots")) {
    period = braced(4);
    if (period.size() != 1) return period;
    const std::size_t back = at_;
    const std::string between = digit_run();
    if (starts(U"\\dot") && !starts(U"\\dots")) return period + between + braced(4);
    at_ = back;
    return period;
  }
  if (here() == U'(' && is_digit(here(1))) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (end < text_.size() && text_[end] == U')' &&
        text_.find_first_not_of(U" .$", end + 1) == kNone) {
      period = ascii(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
    }
  }
  return period;
}

void Lexer::push_repeating(const std::string& digits, const std::string& decimals,
                           const std::string& period) {
  const auto head = from_decimal(digits, decimals);
  const auto tail = from_decimal(period, "");
  if (!head || !tail || period.size() > 12 || decimals.size() + period.size() > 24) {
    symbol("?");
    return;
  }
  Wide scale = 1, nines = 1;
  for (std::size_t i = 0; i < decimals.size(); ++i) scale *= 10;
  for (std::size_t i = 0; i < period.size(); ++i) nines *= 10;
  const auto part = make_rational(tail->num, (nines - 1) * scale);
  const auto sum = part ? math::add(*head, *part) : std::nullopt;
  if (!sum) {
    symbol("?");
  } else {
    number(number_node(*sum), "/");
  }
}

bool Lexer::scientific(int& exponent) {
  if (here() != U'e' && here() != U'E') return false;
  std::size_t at = at_ + 1;
  const bool negative = at < text_.size() && text_[at] == U'-';
  if (at < text_.size() && (text_[at] == U'-' || text_[at] == U'+')) ++at;
  const std::size_t begin = at;
  while (at < text_.size() && is_digit(text_[at])) ++at;
  if (at == begin || at - begin > 4 || (at < text_.size() && is_letter(text_[at]))) return false;
  exponent = 0;
  for (char32_t c : text_.substr(begin, at - begin))
    exponent = exponent * 10 + static_cast<int>(c - U'0');
  if (negative) exponent = -exponent;
  at_ = at;
  return true;
}

}  // namespace leitai::math
