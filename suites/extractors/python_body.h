#pragma once

#include <optional>
#include <string>

namespace leitai {

/// The body of a function that `prompt` ends with, indented as the prompt is; absent where `code`
/// is no body. Takes one that lost the indentation of its first line or of all, and if `is_bare`
/// one that prose stands before.
std::optional<std::string> python_body(const std::string& code, const std::string& prompt,
                                       bool is_bare);

}  // namespace leitai
