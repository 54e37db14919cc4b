#pragma once

#include <string>

namespace leitai {

/// Appends the full compatibility decomposition (NFKD) of one code point: letters apart from their
/// marks, full-width forms as plain ones. Marks are not reordered.
void append_nfkd(std::u32string& out, char32_t c);

/// A combining mark (category M*).
bool is_mark(char32_t c);

}  // namespace leitai
