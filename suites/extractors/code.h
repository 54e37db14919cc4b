#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace leitai {

/// What a program is wanted for (scoring-and-statistics.md A7).
struct CodeTarget {
  std::string language;     // python, cpp, c, java, js, go, rust
  std::string entry_point;  // "" for whole programs
  std::string prompt;       // code that the answer may continue or lean on; "" when it was prose
  std::string setup;        // Go: package clause and imports of the tests
};

struct CodeAnswer {
  std::optional<std::string> program;  // as run; absent when there is none
  std::string tier;                    // C1 fence, C2 tags, C3 bare code, C4 continuation
  bool is_cut = false;                 // the last fence was never closed
};

/// The program that `text` gives. Pure, total, linear but for short answers without a fence.
CodeAnswer extract_code(std::string_view text, const CodeTarget& target);

}  // namespace leitai
