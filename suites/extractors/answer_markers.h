#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace leitai {

/// Ends of the places that declare an answer ("The answer is", "Respuesta:" ...), in order.
/// `lowered` is folded and in lower case. Linear.
std::vector<std::size_t> find_answer_markers(std::u32string_view lowered);

/// Where the declared answer may stand: the rest of the line up to the end of the sentence (at most
/// 120 characters), or of the next line that holds something. Empty range where there is none.
struct Range {
  std::size_t begin;
  std::size_t end;
};
Range marker_tail(std::u32string_view text, std::u32string_view lowered, std::size_t marker_end);

/// Nothing but white space and Markdown or LaTeX marks.
bool is_markup_only(std::u32string_view text);

}  // namespace leitai
