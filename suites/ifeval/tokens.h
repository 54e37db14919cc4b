#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leitai::ifeval {

/// English and French words in capitals: tokens as NLTK's word_tokenize makes them, those that are
/// all upper case.
std::int64_t count_capital_tokens(std::string_view text, std::string_view language);

/// Spanish tokens that are no punctuation, as spaCy's rules cut them; blanks beyond one between two
/// words are tokens, too.
std::vector<std::u32string> spanish_tokens(std::u32string_view text);

/// Japanese tokens of MeCab with the IPA dictionary. Throws Error where the dictionary is missing.
struct JapaneseToken {
  std::string surface;
  bool is_noun = false;
  bool after_blank = false;  // white space stands before it
};
std::vector<JapaneseToken> japanese_tokens(std::string_view text);

}  // namespace leitai::ifeval
