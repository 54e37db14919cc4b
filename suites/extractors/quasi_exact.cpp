#include "suites/extractors/quasi_exact.h"

#include <algorithm>
#include <array>
#include <vector>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/extractors/folding.h"

namespace leitai {

namespace {

struct Articles {
  std::string_view language;
  std::vector<std::string_view> words;
};

const std::vector<std::string_view>& articles_of(std::string_view language) {
  static const std::vector<Articles> kAll{
      {"en", {"a", "an", "the"}},
      {"es", {"el", "la", "los", "las", "un", "una", "unos", "unas"}},
      {"fr", {"le", "la", "les", "un", "une", "des"}},
      {"de", {"der", "die", "das", "ein", "eine"}},
      {"it", {"il", "lo", "la", "i", "gli", "le", "un", "uno", "una"}},
      {"pt", {"o", "a", "os", "as", "um", "uma"}}};
  static const std::vector<std::string_view> kNone;
  const std::string_view base =
      language.empty() ? "en" : language.substr(0, language.find_first_of("-_"));
  for (const Articles& one : kAll) {
    if (one.language == base) return one.words;
  }
  return kNone;
}

bool is_cjk(char32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}
bool is_ascii_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
/// Categories P and S: what prints and is part of no word.
bool is_mark(char32_t c) {
  return c == U'_' ||
         (is_printable(c) && !is_blank(c) && !is_word(c) && !is_numeric(c) && !is_alpha(c));
}

}  // namespace

std::string quasi_exact(std::string_view text, std::string_view language) {
  const std::u32string all = to_utf32(to_nfc(to_lower(to_utf8(fold(text).text))));
  const bool drop_spaces = language.starts_with("zh") || language.starts_with("ja") ||
                           std::any_of(all.begin(), all.end(), is_cjk);
  std::u32string kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const char32_t c = all[i];
    if (is_blank(c)) {
      kept += U' ';
    } else if (!is_mark(c)) {
      kept += c;
    } else {
      const bool digit_before = i > 0 && is_ascii_digit(all[i - 1]),
                 digit_after = i + 1 < all.size() && is_ascii_digit(all[i + 1]);
      const bool in_number = (c == U'.' || c == U',') && digit_before && digit_after;
      const bool is_minus = c == U'-' && digit_after && (i == 0 || is_blank(all[i - 1]));
      if (in_number || is_minus) kept += c;
    }
  }
  const std::string flat = to_utf8(kept);
  const auto& articles = articles_of(language);
  std::string out;
  for (std::string_view word : split(flat, ' ')) {
    if (word.empty() || std::find(articles.begin(), articles.end(), word) != articles.end())
      continue;
    if (!out.empty() && !drop_spaces) out += ' ';
    out += word;
  }
  return out;
}

bool is_quasi_equal(std::string_view a, std::string_view b, std::string_view language) {
  const std::string left = quasi_exact(a, language), right = quasi_exact(b, language);
  if (left.empty() || right.empty())
    return !trim_blank(a).empty() && trim_blank(a) == trim_blank(b);
  return left == right;
}

}  // namespace leitai
