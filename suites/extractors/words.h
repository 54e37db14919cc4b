#pragma once

#include <string>
#include <vector>

namespace leitai {

/// The lists of words.yaml, folded and in lower case.
struct AnswerWords {
  std::vector<std::u32string> markers;
  std::vector<std::u32string> negations;
  std::vector<std::u32string> either;
  std::vector<std::u32string> next_question;
  std::vector<std::u32string> abbreviations;
  std::vector<std::u32string> refusals;
};

const AnswerWords& answer_words();

/// A refusal stands in the first 2,000 code points of an answer in lower case.
bool declines(std::u32string_view lowered);

/// Lower case of Latin, Greek and Cyrillic, one code point for one.
std::u32string lower(std::u32string_view text);

}  // namespace leitai
