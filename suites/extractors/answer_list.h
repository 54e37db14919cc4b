#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "suites/extractors/folding.h"

namespace leitai {

/// The labels that a text gives for several blanks in turn.
struct AnswerList {
  std::vector<std::string> labels;  // one a blank in order; "" where none was given; empty: no list
  std::size_t begin = 0, end = 0;   // bytes of the source where they stand
  std::string tier;                 // "marker", "markers", "lines", ""
};

/// `labels`: the letters that may be answers, such as "ABCD". Takes "C A D", "CAD", "1. C 2. A",
/// "36-40 CABDA" behind the last thing that declares an answer, one declaration a blank, or lines
/// that hold nothing but numbers and labels. Linear.
AnswerList answer_list(const Folded& text, std::size_t n_blanks, std::string_view labels);

}  // namespace leitai
