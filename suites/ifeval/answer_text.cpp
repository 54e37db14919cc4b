#include "suites/ifeval/answer_text.h"

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/language_id.h"

namespace leitai::ifeval {

AnswerText::AnswerText(std::string_view text)
    : utf8_(repair_utf8(text)), points_(to_utf32(utf8_)) {}

const std::string& AnswerText::lower() const {
  if (!lower_) lower_ = to_lower(utf8_);
  return *lower_;
}

const std::optional<std::string>& AnswerText::language() const {
  if (!language_) language_ = detect_language(utf8_);
  return *language_;
}

const std::optional<std::string>& AnswerText::language_of_lower() const {
  if (!lower_language_) lower_language_ = detect_language(lower());
  return *lower_language_;
}

std::u32string_view strip(std::u32string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_blank(std::u32string_view text) {
  for (const char32_t c : text) {
    if (!is_space(c)) return false;
  }
  return true;
}

std::u32string_view strip_of(std::u32string_view text, std::u32string_view these) {
  while (!text.empty() && these.find(text.front()) != these.npos) text.remove_prefix(1);
  while (!text.empty() && these.find(text.back()) != these.npos) text.remove_suffix(1);
  return text;
}

std::vector<std::u32string_view> split_at(std::u32string_view text, std::u32string_view separator) {
  std::vector<std::u32string_view> out;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = text.find(separator, from)) != text.npos;
       from = at + separator.size())
    out.push_back(text.substr(from, at - from));
  out.push_back(text.substr(from));
  return out;
}

std::vector<std::u32string_view> split_at_space(std::u32string_view text) {
  std::vector<std::u32string_view> out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && !is_space(text[i])) continue;
    if (i > begin) out.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return out;
}

bool is_word_point(char32_t c) { return c == U'_' || is_alpha(c) || is_numeric(c); }

bool is_upper_text(std::u32string_view text) {
  bool is_cased = false;
  for (const char32_t c : text) {
    if (is_lower(c) || is_title(c)) return false;
    is_cased = is_cased || is_upper(c);
  }
  return is_cased;
}

bool is_lower_text(std::u32string_view text) {
  bool is_cased = false;
  for (const char32_t c : text) {
    if (is_upper(c) || is_title(c)) return false;
    is_cased = is_cased || is_lower(c);
  }
  return is_cased;
}

bool is_kanji(char32_t c) { return c >= 0x4E00 && c <= 0x9FAF; }
bool is_hiragana(char32_t c) { return c >= 0x3041 && c <= 0x3093; }
bool is_katakana(char32_t c) {
  return (c >= 0x30A1 && c <= 0x30F3) || (c >= 0xFF66 && c <= 0xFF9F);
}

}  // namespace leitai::ifeval
