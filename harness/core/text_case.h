#pragma once

#include <string>
#include <string_view>

/// Properties and full case mapping of code points, as Python's str methods know them.
namespace leitai {

bool is_printable(char32_t c);  // not a control, format, surrogate, private, unassigned or
                                // separator other than U+0020
bool is_space(char32_t c);      // str.isspace: Zs, or bidirectional class WS, B or S
bool is_alpha(char32_t c);      // L*
bool is_decimal(char32_t c);    // Nd
bool is_digit(char32_t c);      // Nd and digits such as superscripts
bool is_numeric(char32_t c);    // N*
bool is_lower(char32_t c);
bool is_upper(char32_t c);
bool is_title(char32_t c);
bool is_word(char32_t c);  // may be part of an identifier
/// Value of a decimal digit of any script, -1 for others.
int decimal_value(char32_t c);

std::string to_lower(std::string_view text);  // with the rule for a final sigma
std::string to_upper(std::string_view text);
std::string to_title(std::string_view text);  // first letter of each run of cased letters
std::string to_capitalized(std::string_view text);
std::string swap_case(std::string_view text);
std::string fold_case(std::string_view text);

}  // namespace leitai
