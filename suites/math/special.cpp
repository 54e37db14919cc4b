#include <algorithm>
#include <array>
#include <set>

#include "harness/core/text.h"
#include "suites/math/equivalence.h"
#include "suites/math/vocabulary.h"

namespace leitai::math {

namespace {

using View = std::u32string_view;

bool is_label(const Token& token) {
  return token.kind == TokenKind::Letter && token.text.size() == 1 && token.text[0] >= 'A' &&
         token.text[0] <= 'J';
}

/// Letters of options and nothing else: "A", "(C)", "AB", "A, B".
std::optional<std::set<char>> labels_of(const std::vector<Token>& tokens) {
  std::set<char> out;
  for (const Token& token : tokens) {
    if (token.kind == TokenKind::End) break;
    if (is_label(token)) {
      if (!out.insert(token.text[0]).second) return std::nullopt;
    } else if (!token.is("(") && !token.is(")") && !token.is(",") && !token.is("and") &&
               !token.is("{") && !token.is("}")) {
      return std::nullopt;
    }
  }
  if (out.empty() || (out.size() > 1 && tokens[0].is("("))) return std::nullopt;
  return out;
}

/// The label at the beginning, with the option's text behind it: "C. 12", "(B) both", "A
/// xuanxiang".
std::optional<char> leading_label(const std::vector<Token>& tokens) {
  std::size_t at = 0;
  const bool bracket = tokens[0].is("(");
  if (bracket) ++at;
  if (at + 1 >= tokens.size() || !is_label(tokens[at])) return std::nullopt;
  const char label = tokens[at].text[0];
  const Token& next = tokens[at + 1];
  if (bracket) return next.is(")") ? std::optional(label) : std::nullopt;
  if (next.is(".") || next.is(":") || next.is(")")) return label;
  if (next.kind == TokenKind::Word && (next.text == "\u9009\u9879" || next.text == "\u9879"))
    return label;
  return std::nullopt;
}

struct Date {
  std::optional<int> year, month, day;
  bool operator==(const Date&) const = default;
};

/// Runs of ASCII letters, of digits and of anything else but blanks and commas.
std::vector<std::string> pieces(View text) {
  std::vector<std::string> out;
  int last = 0;
  for (char32_t c : text) {
    const int kind = c >= U'0' && c <= U'9'                                          ? 1
                     : (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z')          ? 2
                     : c == U' ' || c == U',' || c == U'.' || c == U'$' || c == U'~' ? 0
                                                                                     : 3;
    if (kind != 0) {
      if (kind != last || kind == 3) out.emplace_back();
      append_utf8(out.back(), c >= U'A' && c <= U'Z' ? c + 32 : c);
    }
    last = kind;
  }
  return out;
}

/// Without \text and its braces.
std::u32string unwrapped(View text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == U'\\') {
      while (i + 1 < text.size() && text[i + 1] >= U'a' && text[i + 1] <= U'z') ++i;
      out += U' ';
    } else if (text[i] != U'{' && text[i] != U'}') {
      out += text[i];
    }
  }
  return out;
}

std::optional<Date> date_of(View text) {
  if (text.size() > 60) return std::nullopt;
  const std::vector<std::string> parts = pieces(unwrapped(text));
  if (parts.size() < 2 || parts.size() > 8) return std::nullopt;
  Date out;
  std::vector<int> numbers;
  const auto number = [](const std::string& s) {
    return s.size() <= 4 && s[0] >= '0' && s[0] <= '9' ? std::optional(std::stoi(s)) : std::nullopt;
  };
  // 2027-03-17, 2027/3/17
  if (parts.size() == 5 && (parts[1] == "-" || parts[1] == "/") && parts[3] == parts[1] &&
      parts[0].size() == 4) {
    const auto y = number(parts[0]), m = number(parts[2]), d = number(parts[4]);
    if (y && m && d && *m <= 12 && *d <= 31) return Date{y, m, d};
    return std::nullopt;
  }
  static constexpr std::string_view kYear = "\u5E74", kMonth = "\u6708", kDay = "\u65E5",
                                    kDayToo = "\u53F7";
  bool chinese = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto month = vocabulary().months.find(parts[i]);
    if (month != vocabulary().months.end()) {
      if (out.month) return std::nullopt;
      out.month = month->second;
    } else if (const auto n = number(parts[i])) {
      const std::string_view next = i + 1 < parts.size() ? std::string_view(parts[i + 1]) : "";
      if (next == kYear || next == kMonth || next == kDay || next == kDayToo) {
        (next == kYear ? out.year : next == kMonth ? out.month : out.day) = *n;
        chinese = true;
        ++i;
      } else {
        numbers.push_back(*n);
      }
    } else if (parts[i] != "st" && parts[i] != "nd" && parts[i] != "rd" && parts[i] != "th" &&
               parts[i] != "of" && parts[i] != "the") {
      return std::nullopt;
    }
  }
  if (!out.month) return std::nullopt;
  if (chinese) return numbers.empty() && out.day ? std::optional(out) : std::nullopt;
  for (int n : numbers) {
    if (n >= 1 && n <= 31 && !out.day) {
      out.day = n;
    } else if (n >= 1000 && !out.year) {
      out.year = n;
    } else {
      return std::nullopt;
    }
  }
  if (!out.day && !out.year) return std::nullopt;
  return out;
}

struct Clock {
  int hour = 0, minute = 0;
  std::optional<bool> afternoon;
};

std::optional<Clock> clock_of(View text) {
  if (text.size() > 40) return std::nullopt;
  std::vector<std::string> parts = pieces(unwrapped(text));
  const auto is_number = [](const std::string& s) {
    return !s.empty() && s.size() <= 2 && s[0] >= '0' && s[0] <= '9';
  };
  Clock out;
  std::size_t at = 0;
  // Before or after noon, in front.
  if (parts.size() > 2 && (parts[0] == "\u4E0A" || parts[0] == "\u4E0B") && parts[1] == "\u5348") {
    out.afternoon = parts[0] == "\u4E0B";
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  const bool is_hour = parts.size() > 1 && (parts[1] == "\u65F6" || parts[1] == "\u70B9");
  if (parts.size() >= 4 && is_number(parts[0]) && is_number(parts[2]) && is_hour &&
      parts[3] == "\u5206") {
    at = 4;
  } else if (parts.size() == 2 && is_number(parts[0]) && (parts[1] == "am" || parts[1] == "pm")) {
    parts.insert(parts.begin() + 1, {":", "00"});  // "8 pm"
    at = 3;
  } else if (parts.size() >= 3 && is_number(parts[0]) && parts[1] == ":" && is_number(parts[2]) &&
             parts[2].size() == 2) {
    at = 3;
  } else {
    return std::nullopt;
  }
  out.hour = std::stoi(parts[0]);
  out.minute = std::stoi(parts[2]);
  if (out.hour > 24 || out.minute > 59) return std::nullopt;
  std::string rest;
  for (; at < parts.size(); ++at) rest += parts[at];
  if (rest == "am" || rest == "pm") {
    out.afternoon = rest == "pm";
  } else if (!rest.empty()) {
    return std::nullopt;
  }
  return out;
}

bool same_time(const Clock& a, const Clock& b) {
  const auto minutes = [](const Clock& c) {
    const int hour = c.afternoon ? c.hour % 12 + (*c.afternoon ? 12 : 0) : c.hour;
    return hour * 60 + c.minute;
  };
  if (a.afternoon.has_value() == b.afternoon.has_value()) return minutes(a) == minutes(b);
  return minutes(a) == minutes(b) || (a.hour == b.hour && a.minute == b.minute);
}

/// Circled numbers and what stands between them.
std::optional<std::set<char32_t>> circled(View text) {
  std::set<char32_t> out;
  for (char32_t c : text) {
    if (c >= 0x2460 && c <= 0x2473) {
      out.insert(c);
    } else if (View(U" ,;$\u3001").find(c) == View::npos) {
      return std::nullopt;
    }
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::string_view without_article(std::string_view words) {
  for (std::string_view article : {"a ", "an ", "the "}) {
    if (words.size() > article.size() && words.starts_with(article))
      return words.substr(article.size());
  }
  return words;
}

}  // namespace

std::optional<bool> compare_special(const Reading& gold, const Reading& answer) {
  if (const auto wanted = labels_of(gold.tokens)) {
    const auto given = labels_of(answer.tokens);
    if (given) return *given == *wanted;
    if (wanted->size() == 1) {
      if (const auto label = leading_label(answer.tokens)) return *label == *wanted->begin();
      const std::vector<Token>& t = answer.tokens;
      if (gold.tokens[0].is("(") && t.size() == 2 && t[0].kind == TokenKind::Letter &&
          t[0].text.size() == 1)
        return t[0].text[0] - 'a' + 'A' == *wanted->begin();
    }
    return std::nullopt;
  }
  if (const auto wanted = circled(gold.text)) {
    const auto given = circled(answer.text);
    return given && *given == *wanted;
  }
  if (const auto wanted = clock_of(gold.text)) {
    if (const auto given = clock_of(answer.text)) return same_time(*wanted, *given);
  }
  if (const auto wanted = date_of(gold.text)) {
    if (const auto given = date_of(answer.text)) return *wanted == *given;
  }
  return std::nullopt;
}

bool are_same_words(std::string_view gold, std::string_view answer) {
  gold = without_article(gold);
  answer = without_article(answer);
  if (gold.empty() || answer.empty()) return gold == answer;
  if (gold == answer) return true;
  const auto& same = vocabulary().same;
  const auto a = same.find(std::string(gold)), b = same.find(std::string(answer));
  if (a != same.end() && b != same.end()) return a->second == b->second;
  const auto plural = [](std::string_view one, std::string_view many) {
    return one.size() > 3 && many.size() == one.size() + 1 && many.starts_with(one) &&
           many.back() == 's';
  };
  return plural(gold, answer) || plural(answer, gold);
}

}  // namespace leitai::math
