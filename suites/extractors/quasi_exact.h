#pragma once

#include <string>
#include <string_view>

namespace leitai {

/// Text for quasi-exact comparison in any language (scoring-and-statistics.md A6): folded, NFC,
/// lower case; punctuation and symbols go but for marks inside numbers and a minus before one;
/// articles of Western languages go; white space is collapsed, or dropped where the text is Chinese
/// or Japanese.
std::string quasi_exact(std::string_view text, std::string_view language);

/// Equal by quasi_exact(); by trimmed bytes where one side would become empty.
bool is_quasi_equal(std::string_view a, std::string_view b, std::string_view language);

}  // namespace leitai
