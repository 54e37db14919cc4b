#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace leitai::ifeval {

/// Sentences [begin, end) of a text by the method of Kiss and Strunk (Punkt, Computational
/// Linguistics 2006) in the form that NLTK gave it: `.`, `?` and `!` end a sentence unless the word
/// is an abbreviation, an initial or a number that goes on. Lists of abbreviations: words.yaml.
std::vector<std::pair<std::size_t, std::size_t>> punkt_sentences(std::u32string_view text,
                                                                 std::string_view language);

/// Japanese: lines, then full stops, question and exclamation marks outside of quotes and
/// parentheses; a line that ends in `no` goes on. As ja_sentence_segmenter counts.
std::int64_t count_japanese_sentences(std::u32string_view text);

}  // namespace leitai::ifeval
