#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Verifiable instructions: what a checker asks of a text.
namespace leitai::ifeval {

/// One reading of an answer (as it is, without its first line ...) with what checkers ask of it,
/// worked out once and only when asked. Not for use by two threads at a time.
class AnswerText {
 public:
  explicit AnswerText(std::string_view text);

  const std::string& utf8() const { return utf8_; }  // sound UTF-8
  std::u32string_view points() const { return points_; }
  const std::string& lower() const;
  /// The detected language as ISO 639-1 ("zh-cn", "zh-tw" for Chinese); absent where there is
  /// nothing to detect: no letters at all.
  const std::optional<std::string>& language() const;
  const std::optional<std::string>& language_of_lower() const;

 private:
  std::string utf8_;
  std::u32string points_;
  mutable std::optional<std::string> lower_;
  mutable std::optional<std::optional<std::string>> language_;
  mutable std::optional<std::optional<std::string>> lower_language_;
};

/// Without white space (of any script) at both ends.
std::u32string_view strip(std::u32string_view text);
bool is_blank(std::u32string_view text);

/// Without the characters of `these` at both ends.
std::u32string_view strip_of(std::u32string_view text, std::u32string_view these);

/// Pieces between the separators, as many as there are separators and one.
std::vector<std::u32string_view> split_at(std::u32string_view text, std::u32string_view separator);

/// Pieces between runs of white space; no empty ones.
std::vector<std::u32string_view> split_at_space(std::u32string_view text);

/// Letter, number or underscore: what a word is made of in the regular expressions of the original.
bool is_word_point(char32_t c);

/// A cased letter, and no lower one (no upper one).
bool is_upper_text(std::u32string_view text);
bool is_lower_text(std::u32string_view text);

bool is_kanji(char32_t c);     // CJK ideographs as M-IFEval counts them
bool is_hiragana(char32_t c);  // small a to n
bool is_katakana(char32_t c);  // small a to n, half-width forms

}  // namespace leitai::ifeval
