#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/jinja/value.h"

/// What methods and filters on strings share.
namespace leitai::jinja {

enum class Side { Both, Left, Right };

std::string_view strip(std::string_view text, const std::string* chars,
                       Side side);  // null: white space
std::vector<std::string> split_text(const std::string& text, const std::string* separator,
                                    std::int64_t most, bool from_right);
std::vector<std::string> split_lines(const std::string& text, bool keep_ends);
std::string replace_text(Runtime& runtime, const std::string& text, const std::string& from,
                         const std::string& to, std::int64_t most);
std::string repeat_text(std::string_view text, std::int64_t times);
std::size_t byte_offset(const StringObject& text,
                        std::size_t index);  // of code point `index`; the size if there are fewer
bool is_cased_text(const std::string& text, bool upper);  // str.isupper, str.islower

}  // namespace leitai::jinja
