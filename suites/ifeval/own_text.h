#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What our own checkers see in a text of any script.
namespace leitai::ifeval {

/// Lower case, full-width forms as plain ones.
std::u32string folded(std::u32string_view text);

/// Scripts that put no blanks between words: Han, kana, Thai, Lao, Khmer, Burmese.
bool is_unspaced(char32_t c);

/// Places where `word` stands in `text`, both folded, without overlap. `whole`: not within a longer
/// word, where the script has blanks between words.
std::int64_t count_of(std::u32string_view text, std::u32string_view word, bool whole);

/// Words; of scripts without blanks each letter, so that a count of words is one of characters
/// there. Apostrophes and hyphens inside a word are part of it.
std::int64_t count_own_words(std::u32string_view text);

/// Stretches with a letter or a number that end with a full stop, question or exclamation mark of
/// any script, or with their line. A point inside a number, in an address or behind the number of a
/// list does not end one.
std::int64_t count_own_sentences(std::u32string_view text);

/// Lines, stripped.
std::vector<std::u32string_view> lines_of(std::u32string_view text);

/// Without quotes, brackets and the marks of Markdown at its beginning.
std::u32string_view without_opening_marks(std::u32string_view text);

}  // namespace leitai::ifeval
