// Instructions that only Japanese has: scripts, readings beside kanji, how sentences end.
#include <algorithm>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/instruction.h"
#include "suites/ifeval/tokens.h"

namespace leitai::ifeval {

namespace {

using View = std::u32string_view;

/// Every run of kanji is followed by its reading in hiragana, in full-width parentheses.
bool has_furigana(const AnswerText& answer, const Given&) {
  const View text = answer.points();
  for (std::size_t i = 0; i < text.size();) {
    if (!is_kanji(text[i])) {
      ++i;
      continue;
    }
    while (i < text.size() && is_kanji(text[i])) ++i;
    if (i == text.size() || text[i] != 0xFF08) return false;
    const std::size_t reading = ++i;
    while (i < text.size() && is_hiragana(text[i])) ++i;
    if (i == reading || i == text.size() || text[i] != 0xFF09) return false;
  }
  return true;
}

bool has_kanji(const AnswerText& answer, const Given& given) {
  return given.holds(std::count_if(answer.points().begin(), answer.points().end(), is_kanji),
                     "relation", "kanji_limit");
}

bool has_no_hiragana(const AnswerText& answer, const Given&) {
  return std::none_of(answer.points().begin(), answer.points().end(),
                      [](char32_t c) { return c >= 0x3041 && c <= 0x3096; });
}

bool has_no_katakana(const AnswerText& answer, const Given&) {
  return std::none_of(answer.points().begin(), answer.points().end(), [](char32_t c) {
    return (c >= 0x30A1 && c <= 0x30FA) || (c >= 0xFF66 && c <= 0xFF9F);
  });
}

constexpr char32_t kLongVowel = 0x30FC, kMiddleDot = 0x30FB;

bool is_hiragana_only(const AnswerText& answer, const Given&) {
  return std::all_of(answer.points().begin(), answer.points().end(),
                     [](char32_t c) { return is_hiragana(c) || c == kLongVowel || !is_alpha(c); });
}

bool is_katakana_only(const AnswerText& answer, const Given&) {
  return std::all_of(answer.points().begin(), answer.points().end(), [](char32_t c) {
    return is_katakana(c) || c == kLongVowel || c == kMiddleDot || !is_alpha(c);
  });
}

/// Without what stands in quotes that close on their line.
std::u32string without_quoted(View text, char32_t opener, char32_t closer) {
  std::u32string out;
  const char32_t enders[] = {closer, U'\n', 0};
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != opener) {
      out.push_back(text[i++]);
      continue;
    }
    const std::size_t end = text.find_first_of(enders, i + 1);
    if (end != View::npos && text[end] == closer) {
      i = end + 1;
    } else {  // no opener of this line closes
      const std::size_t stop = std::min(end, text.size());
      out.append(text.substr(i, stop - i));
      i = stop;
    }
  }
  return out;
}

std::u32string without_quotes(View text) {
  return without_quoted(without_quoted(text, 0x300C, 0x300D), 0x300E, 0x300F);
}

constexpr View kEnds = U"\u3002\uFF01\uFF1F";

bool ends_alike(const AnswerText& answer, const Given& given) {
  const std::u32string text = without_quotes(answer.points());
  const std::u32string ending = to_utf32(given.text("ending"));
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && kEnds.find(text[i]) == kEnds.npos) continue;
    const View sentence = View(text).substr(begin, i - begin);
    if (!sentence.empty() && !sentence.ends_with(ending)) return false;
    begin = i + 1;
  }
  return true;
}

/// Sentences whose last word is a noun.
bool has_nominal_endings(const AnswerText& answer, const Given& given) {
  const auto tokens = japanese_tokens(to_utf8(without_quotes(answer.points())));
  const std::string ends = to_utf8(kEnds);
  std::int64_t count = 0;
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    count += ends.find(tokens[i].surface) != std::string::npos && !tokens[i].after_blank &&
             tokens[i - 1].is_noun;
  }
  return count >= given.number("count");
}

constexpr Rule kRules[] = {
    {"letters:furigana", "ja", has_furigana},
    {"letters:kanji", "ja", has_kanji},
    {"letters:no_hiragana", "ja", has_no_hiragana},
    {"letters:no_katakana", "ja", has_no_katakana},
    {"letters:hiragana_only", "ja", is_hiragana_only},
    {"letters:katakana_only", "ja", is_katakana_only},
    {"startend:sentence_unified_end", "ja", ends_alike},
    {"detectable_format:nominal_ending", "ja", has_nominal_endings},
};

}  // namespace

std::span<const Rule> japanese_rules() { return kRules; }

}  // namespace leitai::ifeval
