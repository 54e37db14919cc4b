#pragma once

#include <string>
#include <string_view>

namespace leitai {

/// Normalization form C as published tokenizers apply it: by Unicode 9.0. `text` is valid UTF-8.
std::string form_c(std::string_view text);

}  // namespace leitai
