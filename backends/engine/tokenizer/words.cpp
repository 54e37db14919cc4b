// Hand-written scanners of word patterns. At each position the first rule that applies takes a
// piece, in the order of the alternatives of the regular expression that is quoted above each
// scanner.
#include "backends/engine/tokenizer/words.h"

#include <algorithm>

namespace leitai {
namespace {

using Ends = std::vector<std::size_t>;

bool is_ascii_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::size_t run_of(const DecodedText& text, std::size_t i, std::size_t end, CategoryMask mask) {
  while (i < end && text.is(i, mask)) ++i;
  return i;
}

std::size_t newlines(const DecodedText& text, std::size_t i, std::size_t end) {
  while (i < end && text.is_newline(i)) ++i;
  return i;
}

enum class Case { Exact, Ignore };

/// End of 's 't 're 've 'm 'll 'd at `i`, or `i`.
std::size_t contraction(const DecodedText& text, std::size_t i, std::size_t end, Case casing) {
  if (i + 1 >= end || text.chars[i] != '\'') return i;
  const auto at = [&](std::size_t k) -> char32_t {
    char32_t c = text.chars[k];
    if (casing == Case::Exact) return c;
    if (c == 0x17F) return 's';  // long s
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
  };
  const char32_t first = at(i + 1);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return i + 2;
  if (i + 2 >= end) return i;
  const char32_t second = at(i + 2);
  return (first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
                 (first == 'l' && second == 'l')
             ? i + 3
             : i;
}

/// \s*[\r\n]+|\s+(?!\S)|\s+ at white space; the first alternative only if `by_line`.
std::size_t spaces(const DecodedText& text, std::size_t i, std::size_t end, bool by_line) {
  const std::size_t stop = run_of(text, i, end, kSpace);
  if (by_line) {
    for (std::size_t k = stop; k > i; --k) {
      if (text.is_newline(k - 1)) return k;
    }
  }
  return stop == end || stop - i == 1 ? stop : stop - 1;
}

/// '(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
class Gpt2Cutter final : public Cutter {
 public:
  void cut(const DecodedText& text, std::size_t begin, std::size_t end, Ends& ends) const override {
    for (std::size_t i = begin; i < end; ends.push_back(i)) i = next(text, i, end);
  }

 private:
  static std::size_t next(const DecodedText& text, std::size_t i, std::size_t end) {
    if (const std::size_t stop = contraction(text, i, end, Case::Exact); stop > i) return stop;
    const std::size_t j = text.chars[i] == ' ' && i + 1 < end ? i + 1 : i;
    if (text.is(j, kLetter)) return run_of(text, j, end, kLetter);
    if (text.is(j, kNumber)) return run_of(text, j, end, kNumber);
    if (!text.is(j, kSpace)) return run_of(text, j, end, ~(kSpace | kLetter | kNumber));
    return spaces(text, i, end, false);
  }
};

/// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
/// ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
class Gpt4Cutter final : public Cutter {
 public:
  explicit Gpt4Cutter(Gpt4Style style) : style_(style) {}
  void cut(const DecodedText& text, std::size_t begin, std::size_t end, Ends& ends) const override {
    for (std::size_t i = begin; i < end; ends.push_back(i)) i = next(text, i, end);
  }

 private:
  std::size_t next(const DecodedText& text, std::size_t i, std::size_t end) const {
    if (const std::size_t stop = contraction(text, i, end, Case::Ignore); stop > i) return stop;
    if (text.is(i, kLetter)) return run_of(text, i, end, kLetter);
    if (text.is(i, kNumber)) return run_of(text, i, std::min(end, i + style_.max_digits), kNumber);
    if (!text.is_newline(i) && i + 1 < end && text.is(i + 1, kLetter))
      return run_of(text, i + 1, end, kLetter);
    const std::size_t j = text.chars[i] == ' ' && i + 1 < end ? i + 1 : i;
    if (!text.is(j, kSpace | kLetter | kNumber)) {
      const std::size_t stop = run_of(text, j, end, ~(kSpace | kLetter | kNumber));
      return style_.takes_newlines ? newlines(text, stop, end) : stop;
    }
    return spaces(text, i, end, true);
  }

  Gpt4Style style_;
};

/// Script Han (Unicode's Scripts.txt).
bool is_han(char32_t c) {
  static constexpr std::pair<char32_t, char32_t> kRanges[] = {
      {0x2E80, 0x2E99},   {0x2E9B, 0x2EF3},   {0x2F00, 0x2FD5},   {0x3005, 0x3005},
      {0x3007, 0x3007},   {0x3021, 0x3029},   {0x3038, 0x303B},   {0x3400, 0x4DBF},
      {0x4E00, 0x9FFF},   {0xF900, 0xFA6D},   {0xFA70, 0xFAD9},   {0x16FE2, 0x16FE3},
      {0x16FF0, 0x16FF1}, {0x20000, 0x2A6DF}, {0x2A700, 0x2B739}, {0x2B740, 0x2B81D},
      {0x2B820, 0x2CEA1}, {0x2CEB0, 0x2EBE0}, {0x2F800, 0x2FA1D}, {0x30000, 0x3134A},
      {0x31350, 0x323AF}};
  if (c < kRanges[0].first) return false;
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [&](const auto& r) { return c >= r.first && c <= r.second; });
}

/// With U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}] and W = [\p{Ll}\p{Lm}\p{Lo}\p{M}], c the contractions
/// of Gpt4Cutter:
/// [^\r\n\p{L}\p{N}]?U*W+c?|[^\r\n\p{L}\p{N}]?U+W*c?|\p{N}{1,3}|
/// ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+ Kimi: [\p{Han}]+ before all, U and W without
/// Han, no slash.
class CaseCutter final : public Cutter {
 public:
  explicit CaseCutter(CaseStyle style) : style_(style) {}
  void cut(const DecodedText& text, std::size_t begin, std::size_t end, Ends& ends) const override {
    for (std::size_t i = begin; i < end; ends.push_back(i)) i = next(text, i, end);
  }

 private:
  static constexpr CategoryMask kUpper = mask_of(kLu, kLt, kLm, kLo) | kMark;
  static constexpr CategoryMask kLower = mask_of(kLl, kLm, kLo) | kMark;

  bool is(const DecodedText& text, std::size_t i, CategoryMask mask) const {
    return text.is(i, mask) && !(style_.han_apart && is_han(text.chars[i]));
  }

  /// U*W+c? at `k`; `k` if it does not match.
  std::size_t ends_lower(const DecodedText& text, std::size_t k, std::size_t end) const {
    std::size_t a = k;
    while (a < end && is(text, a, kUpper)) ++a;
    std::size_t b = a;
    while (b < end && is(text, b, kLower)) ++b;
    if (b == a) {  // U* gives back up to the last one that is in W too
      while (b > k && !is(text, b - 1, kLower)) --b;
      if (b == k) return k;
    }
    return contraction(text, b, end, Case::Ignore);
  }

  /// U+W*c? at `k`; `k` if it does not match.
  std::size_t begins_upper(const DecodedText& text, std::size_t k, std::size_t end) const {
    std::size_t a = k;
    while (a < end && is(text, a, kUpper)) ++a;
    if (a == k) return k;
    while (a < end && is(text, a, kLower)) ++a;
    return contraction(text, a, end, Case::Ignore);
  }

  std::size_t next(const DecodedText& text, std::size_t i, std::size_t end) const {
    if (style_.han_apart && is_han(text.chars[i])) {
      std::size_t stop = i;
      while (stop < end && is_han(text.chars[stop])) ++stop;
      return stop;
    }
    const bool may_lead = i + 1 < end && !text.is_newline(i) && !text.is(i, kLetter | kNumber);
    std::size_t stop = 0;
    if (may_lead && (stop = ends_lower(text, i + 1, end)) > i + 1) return stop;
    if ((stop = ends_lower(text, i, end)) > i) return stop;
    if (may_lead && (stop = begins_upper(text, i + 1, end)) > i + 1) return stop;
    if ((stop = begins_upper(text, i, end)) > i) return stop;
    if (text.is(i, kNumber)) return run_of(text, i, std::min(end, i + 3), kNumber);
    const std::size_t j = text.chars[i] == ' ' && i + 1 < end ? i + 1 : i;
    if (!text.is(j, kSpace | kLetter | kNumber)) {
      stop = run_of(text, j, end, ~(kSpace | kLetter | kNumber));
      while (stop < end &&
             (text.is_newline(stop) || (style_.takes_slashes && text.chars[stop] == '/')))
        ++stop;
      return stop;
    }
    return text.is(i, kSpace) ? spaces(text, i, end, true) : i + 1;
  }

  CaseStyle style_;
};

/// [ASCII punctuation][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|
/// ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
class DeepseekCutter final : public Cutter {
 public:
  void cut(const DecodedText& text, std::size_t begin, std::size_t end, Ends& ends) const override {
    std::size_t gap = begin;
    for (std::size_t i = begin; i < end;) {
      const std::size_t stop = next(text, i, end);
      if (stop == i) {
        ++i;
        continue;
      }
      if (gap < i) ends.push_back(i);
      ends.push_back(stop);
      gap = i = stop;
    }
    if (gap < end) ends.push_back(end);
  }

 private:
  /// End of the match at `i`, or `i`.
  static std::size_t next(const DecodedText& text, std::size_t i, std::size_t end) {
    const char32_t c = text.chars[i];
    const bool is_ascii_punctuation =
        c > ' ' && c < 0x7F && !is_ascii_letter(c) && !(c >= '0' && c <= '9');
    if (is_ascii_punctuation && i + 1 < end && is_ascii_letter(text.chars[i + 1])) {
      std::size_t stop = i + 1;
      while (stop < end && is_ascii_letter(text.chars[stop])) ++stop;
      return stop;
    }
    if (text.is(i, kLetter | kMark)) return run_of(text, i, end, kLetter | kMark);
    if (!text.is_newline(i) && !text.is(i, kPunctuation | kSymbol) && i + 1 < end &&
        text.is(i + 1, kLetter | kMark)) {
      return run_of(text, i + 1, end, kLetter | kMark);
    }
    const std::size_t j = c == ' ' && i + 1 < end ? i + 1 : i;
    if (text.is(j, kPunctuation | kSymbol)) {
      return newlines(text, run_of(text, j, end, kPunctuation | kSymbol), end);
    }
    return text.is(i, kSpace) ? spaces(text, i, end, true) : i;
  }
};

}  // namespace

std::unique_ptr<Cutter> make_gpt2_cutter() { return std::make_unique<Gpt2Cutter>(); }
std::unique_ptr<Cutter> make_gpt4_cutter(Gpt4Style style) {
  return std::make_unique<Gpt4Cutter>(style);
}
std::unique_ptr<Cutter> make_case_cutter(CaseStyle style) {
  return std::make_unique<CaseCutter>(style);
}
std::unique_ptr<Cutter> make_deepseek_cutter() { return std::make_unique<DeepseekCutter>(); }

}  // namespace leitai
