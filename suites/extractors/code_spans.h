#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace leitai {

/// Inline code and fences of Markdown, found by their backticks (CommonMark 0.31, 4.5 and 6.1,
/// without containers).
class CodeSpans {
 public:
  struct Span {
    std::size_t run_end = 0;  // behind the opening backticks
    std::size_t end = 0;      // behind the closing ones; 0 when nothing closes it
    bool is_fence = false;
    bool is_closed() const { return end != 0; }
  };

  /// Linear in `text`, which must outlive this.
  explicit CodeSpans(std::string_view text);

  /// The span that opens with the backtick at `position`. Positions must not decrease from call to
  /// call.
  Span at(std::size_t position);

 private:
  struct Run {
    std::size_t begin;
    std::size_t size;
    std::size_t next_same;  // index of the next run of the same size; 0 when there is none
    bool starts_line;       // nothing but up to three spaces before it on its line
    bool ends_line;         // nothing but white space behind it on its line
  };
  std::size_t fence_end(const Run& run);

  std::string_view text_;
  std::vector<Run> runs_;
  std::vector<std::size_t> closers_;      // runs that can close a fence
  std::vector<std::size_t> blank_lines_;  // offsets
  std::size_t next_run_ = 0;
  std::size_t next_closer_ = 0;
  std::size_t unclosed_size_ =
      static_cast<std::size_t>(-1);  // no fence of at least this size closes any more
};

}  // namespace leitai
