#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "suites/extractors/folding.h"

namespace leitai {

/// The text that labels are looked for in: without Markdown and LaTeX wrappers.
struct ChoiceText {
  std::u32string text;
  std::u32string lowered;
  std::vector<std::uint32_t> from;  // index of each character in the folded text
};

/// Linear.
ChoiceText unwrap(const Folded& folded);

/// A place where one or several labels stand.
struct LabelToken {
  std::size_t begin = 0, end = 0;
  std::vector<std::size_t> labels;  // indices of options; several for "AC", none for a label that
                                    // is no option's
  bool is_lower = false;            // "b": a label only directly behind a link
};

/// All of them in order. Linear in the text for a given set of labels.
std::vector<LabelToken> find_labels(
    const ChoiceText& text, const std::vector<std::pair<std::string, std::string>>& options);

}  // namespace leitai
