#include <algorithm>
#include <array>

#include "harness/core/text.h"
#include "suites/extractors/number.h"
#include "suites/extractors/number_words.h"

namespace leitai {

namespace {

using View = std::u32string_view;

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_letter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }

std::string ascii(View text) {
  std::string out;
  for (char32_t c : text) out += c < 0x80 ? static_cast<char>(c) : '?';
  return out;
}

struct Scanner {
  View text;
  NumberOptions options;

  char32_t peek(std::size_t at) const { return at < text.size() ? text[at] : U'\0'; }
  bool has(std::size_t at, View what) const {
    return text.substr(std::min(at, text.size())).starts_with(what);
  }
  bool digits_at(std::size_t at, std::size_t n) const {
    for (std::size_t i = 0; i < n; ++i) {
      if (!is_digit(peek(at + i))) return false;
    }
    return true;
  }
  std::size_t digits_end(std::size_t at) const {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
  }
  std::size_t skip_spaces(std::size_t at, std::size_t most) const {
    for (std::size_t i = 0; i < most && peek(at) == U' '; ++i) ++at;
    return at;
  }

  /// Length of a mark between groups of three at `at`: "," "{,}" ",\!" "\," " " "'" and, in `eu`,
  /// ".".
  std::size_t group_mark(std::size_t at, char32_t& kind) const {
    constexpr std::array<View, 4> kLatex{U"{,}", U",\\!", U"\\,", U"{\\,}"};
    for (View mark : kLatex) {
      if (has(at, mark)) {
        kind = U',';
        return mark.size();
      }
    }
    const char32_t c = peek(at);
    if (c == U',' || c == U' ' || c == U'\'' || c == 0x2019 || (options.is_eu && c == U'.')) {
      kind = c == 0x2019 ? U'\'' : c;
      return 1;
    }
    return 0;
  }

  /// Digits with their grouping marks: fills `digits`, returns the end.
  std::size_t grouped(std::size_t begin, std::string& digits, char32_t& kind,
                      NumberToken& token) const {
    std::size_t end = digits_end(begin);
    digits = ascii(text.substr(begin, end - begin));
    kind = 0;
    if (end - begin > 3 || (digits.size() > 1 && digits[0] == '0')) return end;
    std::string all = digits;
    std::size_t at = end;
    char32_t first = 0;
    while (true) {
      char32_t mark = 0;
      const std::size_t size = group_mark(at, mark);
      if (size == 0 || (first != 0 && mark != first) || !digits_at(at + size, 3) ||
          is_digit(peek(at + size + 3)))
        break;
      if (digits == "0") break;
      first = mark;
      all += ascii(text.substr(at + size, 3));
      at += size + 3;
    }
    if (first != 0) {
      if (first != U',') token.is_plain = false;
      digits = all;
      kind = first;
      return at;
    }
    if (end - begin <= 2 && digits != "0") {  // Indian: 1,50,000
      all = digits;
      at = end;
      std::size_t pairs = 0;
      while (peek(at) == U',' && digits_at(at + 1, 2) && !is_digit(peek(at + 3)) &&
             peek(at + 3) == U',') {
        all += ascii(text.substr(at + 1, 2));
        at += 3;
        ++pairs;
      }
      if (pairs > 0 && peek(at) == U',' && digits_at(at + 1, 3) && !is_digit(peek(at + 4))) {
        digits = all + ascii(text.substr(at + 1, 3));
        kind = U',';
        return at + 4;
      }
    }
    return end;
  }

  /// Number of a LaTeX group "{..}" or of one digit at `at`, for \frac and exponents.
  std::optional<Number> latex_argument(std::size_t& at) const {
    at = skip_spaces(at, 2);
    if (is_digit(peek(at))) {
      const Number value = Number::integer(static_cast<long long>(text[at] - U'0'));
      ++at;
      return value;
    }
    if (peek(at) != U'{') return std::nullopt;
    std::size_t i = skip_spaces(at + 1, 4);
    const bool negative = peek(i) == U'-';
    if (negative) ++i;
    NumberToken token;
    if (!is_digit(peek(i))) return std::nullopt;
    i = skip_spaces(plain_number(i, token), 4);
    if (peek(i) != U'}') return std::nullopt;
    at = i + 1;
    return negative ? token.value.negated() : token.value;
  }

  /// Digits, groups and decimals from `begin`, which is a digit or a decimal point before one.
  /// Returns the end.
  std::size_t plain_number(std::size_t begin, NumberToken& token) const {
    std::string digits = "0", decimals;
    char32_t group = 0;
    std::size_t at = begin;
    if (is_digit(peek(at))) at = grouped(at, digits, group, token);
    const auto take_decimals = [&](std::size_t from) {
      const std::size_t end = digits_end(from);
      decimals = ascii(text.substr(from, end - from));
      token.is_decimal = true;
      return end;
    };
    if (options.is_eu && peek(at) == U',' && is_digit(peek(at + 1)) && group != U',') {
      at = take_decimals(at + 1);
      token.is_plain = false;
    } else if (peek(at) == U'.' && is_digit(peek(at + 1)) && group != U'.') {
      at = take_decimals(at + 1);
    } else if (peek(at) == U',' && is_digit(peek(at + 1)) && group == 0 && !options.is_eu) {
      token.comma_follows = true;
    }
    token.value = Number::decimal(digits, decimals);
    return at;
  }

  std::optional<int> exponent_digits(std::size_t& at) const {
    const bool braces = peek(at) == U'{';
    std::size_t i = at + (braces ? 1 : 0);
    const bool negative = peek(i) == U'-';
    if (negative || peek(i) == U'+') ++i;
    const std::size_t end = digits_end(i);
    if (end == i || (braces && peek(end) != U'}')) return std::nullopt;
    const auto value = end - i <= 4 ? parse_int(ascii(text.substr(i, end - i)))
                                    : std::optional<std::int64_t>(9999);
    at = end + (braces ? 1 : 0);
    return static_cast<int>(negative ? -*value : *value);
  }

  std::optional<int> superscript(std::size_t& at) const {
    constexpr View kSuperscripts = U"\u2070\u00B9\u00B2\u00B3\u2074\u2075\u2076\u2077\u2078\u2079";
    std::size_t i = at;
    const bool negative = peek(i) == 0x207B;
    if (negative) ++i;
    int value = 0;
    const std::size_t from = i;
    for (; i < from + 4; ++i) {
      const std::size_t digit = kSuperscripts.find(peek(i));
      if (peek(i) == 0 || digit == View::npos) break;
      value = value * 10 + static_cast<int>(digit);
    }
    if (i == from) return std::nullopt;
    at = i;
    return negative ? -value : value;
  }

  /// "e3", "x 10^4", "\times 10^{4}", "^4" behind a whole number.
  std::size_t exponent(std::size_t at, NumberToken& token) const {
    if (peek(at) == U'e' || peek(at) == U'E') {
      std::size_t i = at + 1;
      const auto value = exponent_digits(i);
      if (value && peek(at + 1) != U'{' && !is_letter(peek(i))) {
        token.value = token.value.times_power_of_ten(*value);
        token.is_plain = false;
        return i;
      }
    }
    std::size_t i = skip_spaces(at, 2);
    constexpr std::array<View, 6> kTimes{U"\\times", U"\\cdot", U"\u00D7", U"\u00B7", U"*", U"x"};
    for (View times : kTimes) {
      if (!has(i, times)) continue;
      std::size_t j = skip_spaces(i + times.size(), 2);
      if (!has(j, U"10")) return at;
      j += 2;
      std::optional<int> value;
      if (peek(j) == U'^' || has(j, U"**")) {
        j += peek(j) == U'^' ? 1 : 2;
        value = exponent_digits(j);
      } else {
        value = superscript(j);
      }
      if (!value) return at;
      token.value = token.value.times_power_of_ten(*value);
      token.is_plain = false;
      return j;
    }
    return at;
  }

  /// 10^4 units: "1.2" + wan. Units that are the first half of a measure (qian-ke, kilogram) do not
  /// count.
  std::size_t big_unit(std::size_t at, NumberToken& token, int below = 100) const {
    struct Unit {
      View text;
      int power;
    };
    static constexpr Unit kUnits[] = {
        {U"\u4E07\u4EBF", 12}, {U"\u842C\u5104", 12}, {U"\u767E\u4E07", 6}, {U"\u767E\u842C", 6},
        {U"\u5343\u4E07", 7},  {U"\u5343\u842C", 7},  {U"\u4E07", 4},       {U"\u842C", 4},
        {U"\u4EBF", 8},        {U"\u5104", 8},        {U"\u5146", 12},      {U"\u5343", 3}};
    constexpr View kMeasures =
        U"\u514B\u7C73\u74E6\u5361\u7126\u8D6B\u5E15\u4F0F\u5B57\u5428\u5347";
    const std::size_t from = skip_spaces(at, 1);
    for (const Unit& unit : kUnits) {
      if (!has(from, unit.text)) continue;
      if (unit.power >= below) return at;
      const std::size_t end = from + unit.text.size();
      const bool may_be_measure = unit.power == 3 || unit.text == U"\u5146";
      if (may_be_measure && peek(end) != 0 && kMeasures.find(peek(end)) != View::npos) return at;
      token.value = token.value.times_power_of_ten(unit.power);
      token.is_plain = false;
      if (is_digit(peek(end))) {  // 3 wan 5 qian, 1 wan 2000
        NumberToken rest;
        const std::size_t rest_end = big_unit(plain_number(end, rest), rest, unit.power);
        if (rest.value.is_less(Number::integer(1).times_power_of_ten(unit.power))) {
          token.value = token.value.plus(rest.value);
          return rest_end;
        }
      }
      return end;
    }
    return at;
  }

  /// "2.5 million", "18k", and a smaller one behind it: "2 million 500 thousand".
  std::size_t scaled(std::size_t at, NumberToken& token, int below = 100) const {
    const std::size_t from = skip_spaces(at, 1);
    const char32_t first = peek(from);
    if (first <= U' ' || is_digit(first)) return at;
    std::optional<ScaleWord> scale;
    if ((peek(at) == U'k' || peek(at) == U'K') && !is_letter(peek(at + 1)) &&
        !is_digit(peek(at + 1))) {
      scale = ScaleWord{at + 1, 3};
    } else if (is_letter(first) || first > 0x7F) {
      scale = scale_word(text, from);
    }
    if (!scale || scale->power >= below) return at;
    token.value = token.value.times_power_of_ten(scale->power);
    token.is_plain = false;
    const std::size_t next = skip_spaces(scale->end, 1);
    if (!is_digit(peek(next))) return scale->end;
    // Without a word of its own the rest belongs to it only where nothing parts them, or in Korean.
    NumberToken rest;
    const std::size_t digits = plain_number(next, rest);
    const std::size_t end = scaled(digits, rest, scale->power);
    const bool is_joined = end != digits || next == scale->end || peek(scale->end - 1) >= 0xAC00;
    if (!is_joined || !rest.value.is_less(Number::integer(1).times_power_of_ten(scale->power)))
      return scale->end;
    token.value = token.value.plus(rest.value);
    return end;
  }

  std::size_t percent(std::size_t at, NumberToken& token) const {
    const std::size_t from = skip_spaces(at, 1);
    for (View mark : {View(U"%"), View(U"\\%"), View(U"percent"), View(U"per cent"),
                      View(U"Prozent"), View(U"por ciento"), View(U"pour cent")}) {
      if (!has(from, mark)) continue;
      token.is_percent = true;
      return from + mark.size();
    }
    return at;
  }

  static Number power(const Number& base, int exponent) {
    Number out = Number::integer(1);
    for (int i = 0; i < exponent; ++i) out = out.times(base);
    return out;
  }

  /// Everything behind the digits: fractions, exponents, units. Returns the end.
  std::size_t finish(std::size_t at, NumberToken& token) const {
    if (peek(at) == U'/' && is_digit(peek(at + 1))) {
      NumberToken below;
      const std::size_t end = plain_number(at + 1, below);
      const auto value = token.value.divided_by(below.value);
      if (value && peek(end) != U'/') {
        token.value = *value;
        return percent(scaled(end, token), token);
      }
      return at;
    }
    if (!token.is_decimal && token.value.is_integer()) {
      // Mixed: "1 1/2", "1\frac{1}{2}", and one character such as a half.
      std::size_t i = skip_spaces(at, 1);
      if (i > at && is_digit(peek(i))) {
        const std::size_t over = digits_end(i);
        const std::size_t under = digits_end(over + 1);
        if (over - i <= 3 && peek(over) == U'/' && under > over + 1 && under - over <= 5 &&
            peek(under) != U'/') {
          const Number above = Number::decimal(ascii(text.substr(i, over - i)), ""),
                       below = Number::decimal(ascii(text.substr(over + 1, under - over - 1)), "");
          const auto part = above.divided_by(below);
          if (part && above.is_less(below)) {
            token.value = token.value.plus(*part);
            token.is_plain = false;
            return percent(scaled(under, token), token);
          }
        }
      }
      i = at;
      if (const auto part = latex_fraction(i)) {
        token.value = token.value.plus(*part);
        token.is_plain = false;
        token.is_fraction = true;
        return i;
      }
      if (const auto part = vulgar(peek(at))) {
        token.value = token.value.plus(*part);
        token.is_plain = false;
        return scaled(at + 1, token);
      }
      if (peek(at) == U'^') {
        i = at + 1;
        const auto value = exponent_digits(i);
        if (value && *value >= 0 && *value <= 127) {
          token.value = power(token.value, *value);
          token.is_plain = false;
          return i;
        }
      }
    }
    const std::size_t after_exponent = exponent(at, token);
    const std::size_t after_unit = big_unit(after_exponent, token);
    return percent(after_unit == after_exponent ? scaled(after_exponent, token) : after_unit,
                   token);
  }

  static std::optional<Number> vulgar(char32_t c) {
    struct Entry {
      char32_t character;
      int above, below;
    };
    static constexpr Entry kTable[] = {
        {0xBD, 1, 2},   {0xBC, 1, 4},   {0xBE, 3, 4},   {0x2153, 1, 3}, {0x2154, 2, 3},
        {0x2155, 1, 5}, {0x2156, 2, 5}, {0x2157, 3, 5}, {0x2158, 4, 5}, {0x2159, 1, 6},
        {0x215A, 5, 6}, {0x215B, 1, 8}, {0x215C, 3, 8}, {0x215D, 5, 8}, {0x215E, 7, 8}};
    for (const Entry& entry : kTable) {
      if (entry.character == c)
        return Number::integer(entry.above).divided_by(Number::integer(entry.below));
    }
    return std::nullopt;
  }

  /// \frac{a}{b}, \dfrac, \tfrac, \frac34 at `at`, which moves behind it.
  std::optional<Number> latex_fraction(std::size_t& at) const {
    for (View name : {View(U"\\frac"), View(U"\\dfrac"), View(U"\\tfrac"), View(U"\\cfrac")}) {
      if (!has(at, name)) continue;
      std::size_t i = at + name.size();
      const auto above = latex_argument(i);
      const auto below = above ? latex_argument(i) : std::nullopt;
      const auto value = below ? above->divided_by(*below) : std::nullopt;
      if (value) at = i;
      return value;
    }
    return std::nullopt;
  }

  /// Where sign and currency before `at` begin; sets `negative`.
  std::size_t look_back(std::size_t at, std::size_t floor, bool& negative) const {
    constexpr View kCurrency = U"$\u20AC\u00A3\u00A5\u20B9\u20A9\u0E3F\u20BD\u20AB\u20B1\u09F3";
    std::size_t begin = at;
    const auto before = [&](std::size_t i) { return i > floor ? text[i - 1] : U'\0'; };
    const auto take_currency = [&] {
      if (before(begin) != 0 && kCurrency.find(before(begin)) != View::npos) {
        --begin;
        if (before(begin) == U'\\') --begin;
        return true;
      }
      return false;
    };
    const bool currency = take_currency();
    // 0x8D1F, 0x8CA0: "minus" before digits.
    if (before(begin) == 0x8D1F || before(begin) == 0x8CA0) {
      negative = true;
      return begin - 1;
    }
    if (before(begin) != U'-' && before(begin) != U'+') return begin;
    const char32_t sign = before(begin), previous = begin >= 2 ? text[begin - 2] : U'\0';
    if (is_letter(previous) || is_digit(previous) || previous == U')' || previous == U']' ||
        previous == U'}' || previous == U'-')
      return begin;
    --begin;
    negative = sign == U'-';
    if (!currency) take_currency();
    return begin;
  }

  /// Digits stuck to a letter, as in H2O, are a name; a LaTeX command, a currency code or "Rs." is
  /// not.
  bool is_glued(std::size_t at) const {
    if (at == 0) return false;
    if (text[at - 1] == U'_') return true;
    if (!is_letter(text[at - 1])) return false;
    std::size_t begin = at;
    while (begin > 0 && at - begin < 20 && is_letter(text[begin - 1])) --begin;
    if (begin > 0 && text[begin - 1] == U'\\') return false;
    const View word = text.substr(begin, at - begin);
    for (View code :
         {View(U"USD"), View(U"EUR"), View(U"GBP"), View(U"CNY"), View(U"RMB"), View(U"JPY"),
          View(U"INR"), View(U"Rs"), View(U"Rp"), View(U"RM"), View(U"Tk")}) {
      if (word == code) return false;
    }
    return true;
  }

  std::vector<NumberToken> all() const {
    std::vector<NumberToken> out;
    constexpr View kPercentOf = U"\u767E\u5206\u4E4B";
    std::size_t floor = 0;  // end of the last token
    for (std::size_t at = 0; at < text.size();) {
      NumberToken token;
      if (text[at] == U'\\' || vulgar(text[at])) {
        std::size_t end = at;
        const auto value = text[at] == U'\\' ? latex_fraction(end) : vulgar(text[at]);
        if (!value) {
          ++at;
          continue;
        }
        if (end == at) ++end;
        bool negative = false;
        token.begin = look_back(at, floor, negative);
        token.value = negative ? value->negated() : *value;
        token.is_fraction = true;
        token.is_plain = false;
        token.end = percent(end, token);
        out.push_back(token);
        at = floor = token.end;
        continue;
      }
      const bool starts_with_point =
          text[at] == U'.' && is_digit(peek(at + 1)) &&
          (at == 0 || !(is_digit(text[at - 1]) || is_letter(text[at - 1]) || text[at - 1] == U'.' ||
                        text[at - 1] == U')' || text[at - 1] > 0x7F));
      if (!is_digit(text[at]) && !starts_with_point) {
        ++at;
        continue;
      }
      if (is_glued(at)) {
        do {  // a point that begins a number goes too
          ++at;
        } while (at < text.size() &&
                 (is_digit(text[at]) || is_letter(text[at]) || text[at] == U'_'));
        continue;
      }
      std::size_t end = plain_number(at, token);
      if (peek(end) == U':' && is_digit(peek(end + 1)) && !token.is_decimal) {
        std::size_t stop = end;
        while (peek(stop) == U':' && is_digit(peek(stop + 1))) stop = digits_end(stop + 1);
        if (options.with_ratios) {
          token.begin = at;
          token.end = stop;
          token.ratio = ascii(text.substr(at, stop - at));
          token.is_plain = false;
          out.push_back(token);
        }
        at = floor = stop;
        continue;
      }
      const bool percent_before =
          at >= kPercentOf.size() &&
          text.substr(at - kPercentOf.size(), kPercentOf.size()) == kPercentOf;
      end = finish(end, token);
      if (end != at && peek(end) == U',' && is_digit(peek(end + 1)) == false)
        token.comma_follows = false;
      bool negative = false;
      token.begin = percent_before ? at - kPercentOf.size() : look_back(at, floor, negative);
      token.is_percent = token.is_percent || percent_before;
      if (negative) token.value = token.value.negated();
      token.end = end;
      out.push_back(token);
      at = floor = end;
    }
    return out;
  }
};

}  // namespace

std::vector<NumberToken> numbers_in(std::u32string_view text, const NumberOptions& options) {
  return Scanner{text, options}.all();
}

}  // namespace leitai
