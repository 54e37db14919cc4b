#include <array>

#include "suites/extractors/number.h"

namespace leitai {

namespace {

constexpr char32_t kNegative = 0x8D1F, kNegativeOld = 0x8CA0, kPoint = 0x70B9, kPointOld = 0x9EDE;
constexpr char32_t kMixed = U'\u53C8';
constexpr std::u32string_view kPartsOf = U"\u5206\u4E4B", kPercentOf = U"\u767E\u5206\u4E4B";

struct Entry {
  char32_t character;
  int value;
};

// Everyday, formal and traditional forms.
constexpr Entry kDigits[] = {
    {0x96F6, 0}, {0x3007, 0}, {0x4E00, 1}, {0x4E8C, 2}, {0x4E24, 2}, {0x5169, 2}, {0x4E09, 3},
    {0x56DB, 4}, {0x4E94, 5}, {0x516D, 6}, {0x4E03, 7}, {0x516B, 8}, {0x4E5D, 9}, {0x58F9, 1},
    {0x58F1, 1}, {0x8D30, 2}, {0x8CB3, 2}, {0x53C1, 3}, {0x53C3, 3}, {0x8086, 4}, {0x4F0D, 5},
    {0x9646, 6}, {0x9678, 6}, {0x67D2, 7}, {0x634C, 8}, {0x7396, 9}};

// Powers of ten.
constexpr Entry kUnits[] = {{0x5341, 1}, {0x62FE, 1}, {0x767E, 2}, {0x4F70, 2}, {0x5343, 3},
                            {0x4EDF, 3}, {0x4E07, 4}, {0x842C, 4}, {0x4EBF, 8}, {0x5104, 8}};

// Twenty and thirty in one character.
constexpr Entry kTens[] = {{0x5EFF, 20}, {0x5345, 30}};

constexpr char32_t kOne = 0x4E00, kHalf = 0x534A;

template <std::size_t N>
std::optional<int> look_up(const Entry (&table)[N], char32_t c) {
  for (const Entry& entry : table) {
    if (entry.character == c) return entry.value;
  }
  return std::nullopt;
}

bool is_point(char32_t c) { return c == kPoint || c == kPointOld; }

bool is_numeral(char32_t c) {
  return c > 0x3000 &&
         (look_up(kDigits, c) || look_up(kUnits, c) || look_up(kTens, c) || is_point(c) ||
          c == kNegative || c == kNegativeOld || c == kMixed || c == 0x5206 || c == 0x4E4B);
}

/// Digits alone, one after the other: a year, a telephone number, decimals.
std::optional<std::string> positional(std::u32string_view text) {
  std::string out;
  for (char32_t c : text) {
    const auto digit = look_up(kDigits, c);
    if (!digit) return std::nullopt;
    out += static_cast<char>('0' + *digit);
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::optional<Number> whole(std::u32string_view text) {
  if (const auto digits = positional(text)) return Number::decimal(*digits, "");
  Number total, section;  // below 10^4 of what is being read
  int digit = 0;          // not yet multiplied, if has_digit
  bool has_digit = false;
  int last_unit = 0;
  bool zero_before = false, any_in_section = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const auto value = look_up(kDigits, text[i])) {
      if (has_digit && digit != 0) return std::nullopt;  // two digits in a row among units
      zero_before = *value == 0 ? true : zero_before;
      digit = *value;
      has_digit = true;
      continue;
    }
    if (const auto tens = look_up(kTens, text[i])) {
      if (has_digit && digit != 0) return std::nullopt;
      section = section.plus(Number::integer(*tens));
      any_in_section = true;
      last_unit = 1;
      has_digit = zero_before = false;
      continue;
    }
    const auto unit = look_up(kUnits, text[i]);
    if (!unit) return std::nullopt;
    if (*unit < 4) {
      if (!has_digit && *unit != 1) return std::nullopt;  // only ten stands without a digit
      section = section.plus(Number::integer(digit != 0 ? digit : 1).times_power_of_ten(*unit));
      any_in_section = true;
    } else {
      if (has_digit) section = section.plus(Number::integer(digit));
      if (*unit == 4) {
        if (!any_in_section && !has_digit) return std::nullopt;
        total = total.plus(section.times_power_of_ten(4));
      } else {
        // Everything before counts: 10^4 x 10^8 is a unit of its own.
        if (!any_in_section && !has_digit && total.is_zero()) return std::nullopt;
        total = total.plus(section).times_power_of_ten(8);
      }
      section = Number();
      any_in_section = false;
    }
    last_unit = *unit;
    digit = 0;
    has_digit = false;
    zero_before = false;
  }
  if (has_digit) {
    // Colloquial: a last bare digit counts one place below the unit before it.
    const bool is_tail = !zero_before && last_unit >= 2;
    section = section.plus(Number::integer(digit).times_power_of_ten(is_tail ? last_unit - 1 : 0));
  }
  return total.plus(section);
}

std::optional<Number> unsigned_value(std::u32string_view text) {
  std::size_t point = 0;
  while (point < text.size() && !is_point(text[point])) ++point;
  if (point == text.size()) return whole(text);
  const auto left = whole(text.substr(0, point));
  std::size_t end = point + 1;
  while (end < text.size() && look_up(kDigits, text[end])) ++end;
  const auto decimals = positional(text.substr(point + 1, end - point - 1));
  if (!left || !decimals) return std::nullopt;
  Number value = left->plus(Number::decimal("0", *decimals));
  for (; end < text.size(); ++end) {
    const auto unit = look_up(kUnits, text[end]);
    if (!unit) return std::nullopt;
    value = value.times_power_of_ten(*unit);
  }
  return value;
}

/// Length of "pieces and a half", "days and a half", "hours and a half" and the like; 0 for others.
std::size_t and_a_half(std::u32string_view text) {
  // ge, tian, nian, sui, jin, li, kuai, bei, hours
  static constexpr std::array<std::u32string_view, 9> kMeasures{
      U"\u4E2A", U"\u5929", U"\u5E74", U"\u5C81",      U"\u65A4",
      U"\u91CC", U"\u5757", U"\u500D", U"\u5C0F\u65F6"};
  // Midnight, half price, radius: the half belongs to what follows.
  constexpr std::u32string_view kOther = U"\u591C\u4EF7\u5F84\u7968";
  for (const std::u32string_view measure : kMeasures) {
    const std::size_t at = measure.size();
    if (!text.starts_with(measure) || text.size() <= at || text[at] != kHalf) continue;
    const bool is_other =
        text.size() > at + 1 && kOther.find(text[at + 1]) != std::u32string_view::npos;
    return is_other ? 0 : at + 1;
  }
  return 0;
}

}  // namespace

std::optional<NumberToken> parse_chinese_numeral(std::u32string_view text) {
  NumberToken out;
  out.end = text.size();
  out.is_plain = false;
  bool negative = false;
  if (!text.empty() && (text[0] == kNegative || text[0] == kNegativeOld)) {
    negative = true;
    text.remove_prefix(1);
  }
  if (text.empty() || text.size() > 64) return std::nullopt;
  std::optional<Number> value;
  if (text.starts_with(kPercentOf)) {
    out.is_percent = true;
    value = unsigned_value(text.substr(kPercentOf.size()));
  } else if (const std::size_t parts = text.find(kPartsOf); parts != std::u32string_view::npos) {
    // A mixed number has its whole part in front: "two and one of three parts".
    const std::size_t mixed = text.substr(0, parts).find(kMixed);
    const bool is_mixed = mixed != std::u32string_view::npos;
    const std::size_t from = is_mixed ? mixed + 1 : 0;
    const auto below = unsigned_value(text.substr(from, parts - from)),
               above = unsigned_value(text.substr(parts + kPartsOf.size()));
    if (below && above) value = above->divided_by(*below);
    if (is_mixed && value) {
      const auto whole = unsigned_value(text.substr(0, mixed));
      value = whole ? std::optional(whole->plus(*value)) : std::nullopt;
    }
  } else {
    value = unsigned_value(text);
  }
  if (!value) return std::nullopt;
  out.value = negative ? value->negated() : *value;
  return out;
}

std::vector<NumberToken> chinese_numerals_in(std::u32string_view text) {
  std::vector<NumberToken> out;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_numeral(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && end < at + 64 && is_numeral(text[end])) ++end;
    // The longest part of the run that is a numeral; what stands around it ("one point" of the
    // clock, "parts") is not.
    std::size_t from = at, stop = end;
    std::optional<NumberToken> token;
    for (; from < end && !token; from += token ? 0 : 1) {
      for (stop = end; stop > from && stop + 4 > end && !token; --stop) {
        token = parse_chinese_numeral(text.substr(from, stop - from));
        if (token) break;
      }
      if (token) break;
    }
    if (token) {
      // "One half", and "two and a half pieces".
      const std::u32string_view behind = text.substr(stop, 2);
      const Number half = *Number::integer(1).divided_by(Number::integer(2));
      if (stop == from + 1 && text[from] == kOne && behind.starts_with(kHalf)) {
        token->value = half;
        ++stop;
      } else if (const std::size_t size = and_a_half(text.substr(stop))) {
        token->value = token->value.plus(half);
        stop += size;
      }
      token->begin = from;
      token->end = stop;
      out.push_back(*token);
      at = stop;
    } else {
      at = end;
    }
  }
  return out;
}

}  // namespace leitai
