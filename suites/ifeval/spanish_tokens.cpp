// Tokens as spaCy cuts Spanish: at white space, then marks from both ends, then at marks within.
#include <algorithm>
#include <array>
#include <optional>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/answer_text.h"
#include "suites/ifeval/tokens.h"
#include "suites/ifeval/words.h"

namespace leitai::ifeval {

namespace {

using View = std::u32string_view;

bool is_one_of(char32_t c, View set) { return set.find(c) != View::npos; }

bool is_mark(char32_t c) {
  return is_one_of(c,
                   U",:;!?\u00BF\u061F\u00A1()[]{}<>_#*&\u3002\uFF1F\uFF01\uFF0C\u3001\uFF1B\uFF1A"
                   U"\uFF5E\u00B7\u0964\u060C\u06D4\u061B\u066A\u2026");
}

bool is_quote(char32_t c) {
  return is_one_of(
      c,
      U"'\"\u201D\u201C`\u2018\u00B4\u2019\u201A\u201E\u00BB\u00AB\u300C\u300D\u300E"
      U"\u300F\uFF08\uFF09\u3014\u3015\u3010\u3011\u300A\u300B\u3008\u3009\u27E6\u27E7");
}

bool is_currency(char32_t c) {
  return c == U'$' || c == 0xA3 || c == 0xA5 || c == 0xE3F || c == 0x20BD || c == 0xFDFC ||
         (c >= 0x20A0 && c <= 0x20BF);
}

/// Pictures: symbols that are no arithmetic and no modifiers.
bool is_icon(char32_t c) { return c >= 0x80 && general_category(c) == "So"; }

bool is_lower_letter(char32_t c) { return is_alpha(c) && !is_upper(c) && !is_title(c); }
bool is_upper_letter(char32_t c) { return is_alpha(c) && !is_lower(c); }

/// What a quotation in the classes of the infix rules is.
bool is_quote_or_dash(char32_t c) { return is_quote(c) || c == U',' || c == 0x2013 || c == 0x2014; }

std::size_t points_at(View text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && text[end] == U'.') ++end;
  return end - at >= 2 ? end - at : 0;
}

std::size_t prefix_length(View text) {
  const char32_t c = text[0];
  if (is_one_of(c, U"\u00A7%=\u2014\u2013") || is_mark(c) || is_quote(c)) return 1;
  if (c == U'+') return text.size() > 1 && text[1] >= U'0' && text[1] <= U'9' ? 0 : 1;
  if (const std::size_t points = points_at(text, 0)) return points;
  if (is_currency(c) || is_icon(c)) return 1;
  for (const View dollar : {U"US$", U"C$", U"A$"}) {
    if (text.starts_with(dollar)) return dollar.size();
  }
  return 0;
}

bool is_digit_point(char32_t c) { return c >= U'0' && c <= U'9'; }

constexpr View kUnits[] = {U"km",      U"km\u00B2", U"km\u00B3", U"m",  U"m\u00B2",  U"m\u00B3",
                           U"dm",      U"dm\u00B2", U"dm\u00B3", U"cm", U"cm\u00B2", U"cm\u00B3",
                           U"mm",      U"mm\u00B2", U"mm\u00B3", U"ha", U"\u00B5m",  U"nm",
                           U"yd",      U"in",       U"ft",       U"kg", U"g",        U"mg",
                           U"\u00B5g", U"t",        U"lb",       U"oz", U"m/s",      U"km/h",
                           U"kmh",     U"mph",      U"hPa",      U"Pa", U"mbar",     U"mb",
                           U"MB",      U"kb",       U"KB",       U"gb", U"GB",       U"tb",
                           U"TB",      U"T",        U"G",        U"M",  U"K"};

/// Of the rules that end at the end, the one that begins first.
std::size_t suffix_length(View text) {
  const std::size_t n = text.size();
  std::size_t begin = n;
  const auto from = [&](std::size_t at) { begin = std::min(begin, at); };
  const char32_t last = text[n - 1];
  if (is_mark(last) || is_quote(last) || is_icon(last) || last == 0x2014 || last == 0x2013)
    from(n - 1);
  if (last == 0x2026 && n > 1 && text[n - 2] == 0x2026) from(n - 2);
  if (last == U'.') {
    std::size_t at = n;
    while (at > 0 && text[at - 1] == U'.') --at;
    if (n - at >= 2) from(at);
    if (n >= 2) {
      const char32_t before = text[n - 2];
      const bool is_capitals = n >= 3 && is_upper_letter(before) && is_upper_letter(text[n - 3]);
      const bool is_degree = n >= 3 && text[n - 3] == 0xB0 && is_one_of(before, U"FfCcKk");
      if (is_digit_point(before) || is_lower_letter(before) || is_mark(before) ||
          is_quote_or_dash(before) || is_one_of(before, U"%\u00B2-+") || is_capitals || is_degree)
        from(n - 1);
    }
  }
  if (n >= 2 && is_digit_point(text[n - 2]) && (last == U'+' || is_currency(last))) from(n - 1);
  for (const View unit : kUnits) {
    if (n > unit.size() && text.ends_with(unit) && is_digit_point(text[n - unit.size() - 1]))
      from(n - unit.size());
  }
  return n - begin;
}

/// Length of what parts the token at `at`; 0 where nothing does.
std::size_t infix_length(View text, std::size_t at) {
  const char32_t c = text[at];
  if (const std::size_t points = points_at(text, at)) return points;
  if (c == 0x2026 || is_icon(c)) return 1;
  if (at == 0 || at + 1 >= text.size()) return 0;
  const char32_t before = text[at - 1], after = text[at + 1];
  switch (c) {
    case U'+':
    case U'*':
    case U'^':
      return is_digit_point(before) && (is_digit_point(after) || after == U'-');
    case U'.':
      return (is_lower_letter(before) || is_quote_or_dash(before)) &&
             (is_upper_letter(after) || is_quote_or_dash(after));
    case U',':
      return is_alpha(before) && is_alpha(after);
    case U':':
    case U'<':
    case U'>':
    case U'=':
    case U'/':
      return (is_alpha(before) || is_digit_point(before)) && is_alpha(after);
    default:
      return 0;
  }
}

/// An address stays whole: a scheme, or a host name with a top domain, then anything.
bool is_address(View text) {
  const std::size_t scheme = text.find(U"://");
  View rest = text;
  if (scheme != View::npos && scheme >= 2) {
    const bool is_scheme =
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(scheme),
                    [](char32_t c) { return is_word_point(c) || is_one_of(c, U"+-."); });
    if (is_scheme) rest = text.substr(scheme + 3);
  }
  const View host = rest.substr(0, rest.find_first_of(U"/?#:"));
  const std::size_t point = host.rfind(U'.');
  if (point == View::npos || point == 0) return false;
  const View top = host.substr(point + 1);
  return top.size() >= 2 && std::all_of(top.begin(), top.end(), is_alpha) &&
         std::all_of(host.begin(), host.end(),
                     [](char32_t c) { return is_word_point(c) || c == U'-' || c == U'.'; });
}

/// "3am", "11p.m.", "12m.": the hour and its half of the day are two tokens.
std::optional<std::size_t> hour_length(View text) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit_point(text[digits])) ++digits;
  if (digits == 0 || digits > 2 || text[0] == U'0') return std::nullopt;
  if (digits == 2 && (text[0] != U'1' || text[1] > U'2')) return std::nullopt;
  const View half = text.substr(digits);
  for (const View one : {U"a.m.", U"am", U"p.m.", U"pm"}) {
    if (half == one) return digits;
  }
  if (text == U"12m.") return digits;
  return std::nullopt;
}

class Cutter {
 public:
  explicit Cutter(std::vector<std::u32string>& out) : out_(out) {}

  void word(View text) {
    std::vector<View> after;  // from the end
    while (!text.empty() && !is_special(text)) {
      const std::size_t before = prefix_length(text);
      if (before > 0 && is_special(text.substr(before))) {
        add(text.substr(0, before));
        text.remove_prefix(before);
        break;
      }
      const std::size_t behind = before < text.size() ? suffix_length(text.substr(before)) : 0;
      if (behind > 0 && is_special(text.substr(0, text.size() - behind))) {
        after.push_back(text.substr(text.size() - behind));
        text.remove_suffix(behind);
        break;
      }
      if (before == 0 && behind == 0) break;
      if (before > 0) add(text.substr(0, before));
      if (behind > 0) after.push_back(text.substr(text.size() - behind));
      text = text.substr(before, text.size() - before - behind);
    }
    if (!text.empty()) middle(text);
    for (auto it = after.rbegin(); it != after.rend(); ++it) add(*it);
  }

  /// A token that is all punctuation is none here.
  void add(View token) {
    const bool is_punctuation = std::all_of(
        token.begin(), token.end(), [](char32_t c) { return general_category(c).front() == 'P'; });
    // A degree and its letter that were cut apart are one token again.
    if (token == U"C" && !out_.empty() && out_.back() == U"\u00B0" && last_end_ == token.data())
      out_.back() += token;
    else if (!is_punctuation)
      out_.emplace_back(token);
    last_end_ = token.data() + token.size();
  }

 private:
  bool is_special(View text) const {
    return text == U"pal" || words_.short_forms.contains(text) || hour_length(text);
  }

  void middle(View text) {
    if (text == U"pal") {
      add(text.substr(0, 2));
      add(text.substr(2));
    } else if (const auto digits = hour_length(text)) {
      add(text.substr(0, *digits));
      add(text.substr(*digits));
    } else if (words_.short_forms.contains(text) || is_address(text)) {
      add(text);
    } else {
      std::size_t begin = 0;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = infix_length(text, at);
        if (length == 0) {
          ++at;
        } else if (at == begin && begin == 0) {
          at += length;
        } else {
          if (at > begin) add(text.substr(begin, at - begin));
          add(text.substr(at, length));
          at += length;
          begin = at;
        }
      }
      if (begin < text.size()) add(text.substr(begin));
    }
  }

  std::vector<std::u32string>& out_;
  const char32_t* last_end_ = nullptr;  // where the last token ended
  const Words& words_ = words_of("es");
};

}  // namespace

std::vector<std::u32string> spanish_tokens(View text) {
  std::vector<std::u32string> out;
  Cutter cutter(out);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    const bool is_blank_run = is_space(text[i]);
    while (end < text.size() && is_space(text[end]) == is_blank_run) ++end;
    if (is_blank_run) {
      // One blank belongs to the word before it.
      const std::size_t own = i > begin && text[i] == U' ' ? i + 1 : i;
      if (own < end) cutter.add(text.substr(own, end - own));
    } else {
      cutter.word(text.substr(i, end - i));
    }
    i = end;
  }
  return out;
}

}  // namespace leitai::ifeval
