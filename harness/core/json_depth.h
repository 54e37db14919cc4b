#pragma once

#include <cstddef>
#include <string_view>

namespace leitai {

/// Brackets within brackets that a JSON text from outside may have. The parser takes any number of
/// them, but whoever copies or prints such a value calls itself once for each.
inline constexpr std::size_t kMaxJsonDepth = 1000;

/// Is JSON `text` nested deeper than that? Says nothing of malformed text. Linear, without parsing.
constexpr bool is_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace leitai
