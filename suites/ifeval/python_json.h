#pragma once

#include <string_view>

namespace leitai::ifeval {

/// Does Python's json.loads take the text? Unlike RFC 8259 it knows NaN and Infinity, allows lone
/// surrogates, and refuses a byte order mark. Linear; nesting beyond 900 is refused, about where
/// Python gives up.
bool is_python_json(std::u32string_view text);

}  // namespace leitai::ifeval
