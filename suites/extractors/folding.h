#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace leitai {

/// Text made comparable without losing where it came from (scoring-and-statistics.md A2):
/// full-width forms and every decimal digit become ASCII, odd spaces become " ", minus and hyphen
/// variants "-", invisible characters go. Not NFKC, no case folding.
struct Folded {
  std::u32string text;
  std::vector<std::uint32_t>
      from;  // from[i]: byte offset of text[i] in the source; one more entry for the end

  std::size_t size() const { return text.size(); }
};

/// Linear. Invalid bytes become U+FFFD.
Folded fold(std::string_view text);

/// Characters that fold() removes: zero-width, bidi marks, U+FEFF, soft hyphen.
bool is_invisible(char32_t c);

/// White space of any script, and what is_invisible() says.
bool is_blank(char32_t c);

/// Without is_blank() characters at both ends.
std::string_view trim_blank(std::string_view text);

}  // namespace leitai
