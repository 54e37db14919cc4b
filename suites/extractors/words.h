#pragma once

#include <string>
#include <string_view>
#include <utility>
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

  std::vector<std::pair<std::u32string, int>> scales;  // a word and its power of ten
  std::vector<std::pair<std::u32string, int>> units;   // "one" ... "ninety"
  std::vector<std::u32string> articles;                // "a hundred"
  std::vector<std::u32string> between;                 // "one hundred and two"
  std::vector<std::u32string> leads;                   // "the number eighteen"
  std::vector<std::u32string> not_behind_one;          // "one of them"
  std::vector<std::u32string> closing;                 // a close of the answer begins so
  std::vector<std::u32string> reasons;                 // behind a result: why
};

const AnswerWords& answer_words();

/// A refusal stands in the first 2,000 code points of an answer in lower case.
bool declines(std::u32string_view lowered);

/// Lower case of Latin, Greek and Cyrillic, one code point for one.
std::u32string lower(std::u32string_view text);

}  // namespace leitai
