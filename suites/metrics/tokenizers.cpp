#include "suites/metrics/tokenizers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/metrics/mecab.h"

namespace leitai::metrics {

namespace {

using Predicate = bool (*)(char32_t);

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
bool in_ranges(const Range (&ranges)[N], char32_t c) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

/// What mteval-v13a sets apart: ASCII marks but for ' , - . and the blank among them.
bool is_mark(char32_t c) {
  constexpr Range kMarks[] = {{U'{', U'~'}, {U'[', U'`'}, {U' ', U'&'},
                              {U'(', U'+'}, {U':', U'@'}, {U'/', U'/'}};
  return in_ranges(kMarks, c);
}
bool is_ascii_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_no_ascii_digit(char32_t c) { return !is_ascii_digit(c); }
bool is_point(char32_t c) { return c == U'.' || c == U','; }
bool is_hyphen(char32_t c) { return c == U'-'; }

bool is_no_number(char32_t c) { return general_category(c)[0] != 'N'; }
bool is_punctuation(char32_t c) { return general_category(c)[0] == 'P'; }
bool is_symbol(char32_t c) { return general_category(c)[0] == 'S'; }

/// The characters that sacreBLEU's `zh` sets apart. Two rows of its table were meant for the planes
/// above 16 bits, but are written as two characters each; compared as strings they become U+2001 to
/// U+2A6D and U+2F81 to U+2FA1, and Extension B is left out.
bool is_chinese(char32_t c) {
  constexpr Range kChinese[] = {
      {0x3400, 0x4DB5}, {0x4E00, 0x9FA5}, {0x9FA6, 0x9FBB}, {0xF900, 0xFA2D}, {0xFA30, 0xFA6A},
      {0xFA70, 0xFAD9}, {0x2001, 0x2A6D}, {0x2F81, 0x2FA1}, {0xFF00, 0xFFEF}, {0x2E80, 0x2EFF},
      {0x3000, 0x303F}, {0x31C0, 0x31EF}, {0x2F00, 0x2FDF}, {0x2FF0, 0x2FFF}, {0x3100, 0x312F},
      {0x31A0, 0x31BF}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE4F}, {0x2600, 0x26FF}, {0x2700, 0x27BF},
      {0x3200, 0x32FF}, {0x3300, 0x33FF}};
  return in_ranges(kChinese, c);
}

/// Blanks around every character for which `is_one` holds.
std::u32string set_apart(std::u32string_view text, Predicate is_one) {
  std::u32string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char32_t c : text) {
    if (is_one(c)) {
      out += U' ';
      out += c;
      out += U' ';
    } else {
      out += c;
    }
  }
  return out;
}

enum class Blank { Before, After };  // " 1 2" or "1 2 "

/// Pairs of neighbours, found from left to right without overlap, are parted, with one more blank
/// before or after the pair.
std::u32string part(std::u32string_view text, Predicate is_first, Predicate is_second,
                    Blank blank) {
  std::u32string out;
  out.reserve(text.size() + text.size() / 4);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !is_first(text[i]) || !is_second(text[i + 1])) {
      out += text[i];
      continue;
    }
    if (blank == Blank::Before) out += U' ';
    out += text[i];
    out += U' ';
    out += text[++i];
    if (blank == Blank::After) out += U' ';
  }
  return out;
}

std::u32string replaced(std::u32string_view text, std::u32string_view from,
                        std::u32string_view to) {
  std::u32string out;
  std::size_t at = 0;
  for (std::size_t found; (found = text.find(from, at)) != std::u32string_view::npos;
       at = found + from.size()) {
    out += text.substr(at, found - at);
    out += to;
  }
  out += text.substr(at);
  return out;
}

std::u32string without_entities(std::u32string text) {
  if (text.find(U'&') == std::u32string::npos) return text;
  text = replaced(text, U"&quot;", U"\"");
  text = replaced(text, U"&amp;", U"&");
  text = replaced(text, U"&lt;", U"<");
  return replaced(text, U"&gt;", U">");
}

/// The last steps of 13a, zh and Tercom.
std::u32string part_points(std::u32string_view text) {
  std::u32string out = part(text, is_no_ascii_digit, is_point, Blank::After);
  out = part(out, is_point, is_no_ascii_digit, Blank::Before);
  return part(out, is_ascii_digit, is_hyphen, Blank::After);
}

Words by_13a(std::u32string_view text) {
  std::u32string line = replaced(text, U"<skipped>", U"");
  line = replaced(line, U"-\n", U"");
  line = without_entities(replaced(line, U"\n", U" "));
  line = U' ' + line + U' ';
  return split_blank(part_points(set_apart(line, is_mark)));
}

Words by_zh(std::u32string_view text) {
  return split_blank(part_points(set_apart(set_apart(strip(text), is_chinese), is_mark)));
}

/// mteval-v14: punctuation parts from what is no number, symbols from everything.
Words by_intl(std::u32string_view text) {
  std::u32string line = part(text, is_no_number, is_punctuation, Blank::After);
  line = part(line, is_punctuation, is_no_number, Blank::Before);
  return split_blank(set_apart(line, is_symbol));
}

Words by_char(std::u32string_view text) {
  return split_blank(set_apart(text, [](char32_t) { return true; }));
}

Words by_mecab(std::u32string_view text) {
  return split_blank(to_utf32(mecab_wakati(to_utf8(strip(text)))));
}

struct Tokenizer {
  std::string_view name;
  Words (*tokens)(std::u32string_view);
};

constexpr Tokenizer kTokenizers[] = {{"13a", by_13a},       {"zh", by_zh},
                                     {"intl", by_intl},     {"char", by_char},
                                     {"none", split_blank}, {"ja-mecab", by_mecab}};

constexpr auto kNames = [] {
  std::array<std::string_view, std::size(kTokenizers)> out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = kTokenizers[i].name;
  return out;
}();

bool is_tercom_ideograph(char32_t c) {
  constexpr Range kIdeographs[] = {{0x4E00, 0x9FFF}, {0x3400, 0x4DBF}, {0x31C0, 0x31EF},
                                   {0x2E80, 0x2EFF}, {0x3300, 0x33FF}, {0xF900, 0xFAFF},
                                   {0xFE30, 0xFE4F}, {0x3200, 0x3F22}};
  return in_ranges(kIdeographs, c);
}

bool is_asian_mark(char32_t c) {
  constexpr Range kMarks[] = {{0x3001, 0x3002}, {0x3008, 0x3011}, {0x3014, 0x301F},
                              {0xFF61, 0xFF65}, {0x30FB, 0x30FB}, {0xFF0E, 0xFF0E},
                              {0xFF0C, 0xFF0C}, {0xFF1F, 0xFF1F}, {0xFF1A, 0xFF1A},
                              {0xFF1B, 0xFF1B}, {0xFF01, 0xFF02}, {0xFF08, 0xFF09}};
  return in_ranges(kMarks, c);
}

bool is_western_mark(char32_t c) {
  return std::u32string_view(U".,?:;!\"()").find(c) != std::u32string_view::npos;
}

std::u32string without(std::u32string_view text, Predicate is_one) {
  std::u32string out(text);
  std::erase_if(out, is_one);
  return out;
}

}  // namespace

std::span<const std::string_view> bleu_tokenizers() { return kNames; }

Words bleu_tokens(std::string_view tokenizer, std::u32string_view text) {
  for (const Tokenizer& one : kTokenizers) {
    if (one.name == tokenizer) return one.tokens(text);
  }
  throw Error(fmt::format(
      "tokenize: \"{}\" is not known here\n        known: {} (spm and flores need a model file)",
      tokenizer, fmt::join(kNames, ", ")));
}

std::string tokenizer_signature(std::string_view tokenizer) {
  return tokenizer == "ja-mecab" ? fmt::format("ja-mecab-{}-IPA", mecab_version())
                                 : std::string(tokenizer);
}

Words tercom_tokens(const TercomOptions& options, std::u32string_view text) {
  std::u32string line = options.case_sensitive ? std::u32string(text) : lower(text);
  if (options.normalized && !line.empty()) {
    line = replaced(replaced(line, U"\n-", U""), U"\n", U" ");
    line = U' ' + without_entities(std::move(line)) + U' ';
    line = replaced(set_apart(line, is_mark), U"'s ", U" 's ");
    line = part_points(line);
    // Tercom's rules for runs of kana ask for the start of the line, where this always has a blank.
    if (options.asian_support) {
      line = set_apart(set_apart(line, is_tercom_ideograph), is_asian_mark);
    }
  }
  if (options.no_punct) {
    line = without(line, is_western_mark);
    if (options.asian_support) line = without(line, is_asian_mark);
  }
  return split_blank(line);
}

}  // namespace leitai::metrics
