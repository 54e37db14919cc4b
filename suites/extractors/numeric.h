#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/score.h"
#include "suites/extractors/folding.h"
#include "suites/extractors/number.h"

namespace leitai {

struct NumericOptions {
  std::string_view language;
  bool is_truncated = false;  // no fallback to the last number
  bool with_ratios = false;
};

/// The number that a text gives as its answer (scoring-and-statistics.md A3).
struct NumericAnswer {
  std::optional<ScoreStatus>
      status;             // NoAnswer, Refused, Ambiguous, Multi; absent: `token` is the answer
  NumberToken token;      // positions are code points of the folded text
  std::string extracted;  // in a form every reader takes the same way; "" with NoAnswer and Refused
  std::vector<std::string> all;    // several where adjacent boxes make a list
  std::string tier;                // "T1" ... "T5", ""
  std::vector<std::string> flags;  // fallback, multi_box, scan_capped
};

/// Linear in the text.
NumericAnswer numeric_answer(const Folded& text, const NumericOptions& options);

/// A gold answer: the number in it. Absent where there is none.
std::optional<NumberToken> numeric_gold(std::string_view gold);

struct NumericVerdict {
  bool is_equal = false;
  bool by_percent = false;  // 25 % against 0.25
};

/// A3.3: percent signs may differ by a factor of 100, decimals by a small tolerance, nothing else.
NumericVerdict compare_numbers(const NumberToken& answer, const NumberToken& gold);

/// True for languages that write "1.234,50".
bool has_decimal_comma(std::string_view language);

}  // namespace leitai
