#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "suites/extractors/number.h"

namespace leitai {

/// A word of words.yaml behind digits that multiplies them, as in "2.5 million".
struct ScaleWord {
  std::size_t end = 0;  // behind it
  int power = 0;        // of ten
};

/// The one that stands at `at` of `text` (folded, in any case), the longest; a word of an alphabet
/// stands alone there.
std::optional<ScaleWord> scale_word(std::u32string_view text, std::size_t at);

/// A number in words, such as "one hundred and twenty-one", with which `lowered` begins, marks and
/// words such as "exactly" aside.
std::optional<NumberToken> numeral_words(std::u32string_view lowered);

}  // namespace leitai
