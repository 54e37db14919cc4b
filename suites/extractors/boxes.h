#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace leitai {

/// The content of a \boxed{...} or \fbox{...}, in code points.
struct Box {
  std::size_t outer_begin;
  std::size_t begin;
  std::size_t end;
  std::size_t outer_end;
};

/// Balanced boxes in order, those inside another left out; an unclosed one is no box. Linear.
std::vector<Box> find_boxes(std::u32string_view text);

/// Only white space, commas, "and", "or" and the like stand between them: together they are one
/// list.
bool are_adjacent(std::u32string_view text, const Box& left, const Box& right);

}  // namespace leitai
