#pragma once

#include <optional>
#include <string_view>

#include "suites/math/node.h"

namespace leitai::math {

enum class CommandAction {
  Skip,      // \left, \displaystyle
  Space,     // \quad
  Symbol,    // text
  Function,  // \sin
  Letter,    // text: the variable's name
  Named,     // \angle ABC
  Text,      // \text{...}
  Upright,   // \mathrm{...}: a word, or mathematics in another face
  Accent,    // \vec{v}
  Begin,
  End
};

struct CommandUse {
  CommandAction action;
  std::string_view text;
};

/// Null for an unknown command.
const CommandUse* find_command(std::string_view name);

bool is_function(std::string_view name);
bool is_cjk(char32_t c);
/// Null where `c` is none.
const Rational* vulgar_fraction(char32_t c);
int superscript_digit(char32_t c);  // -1 for others
/// The symbol of a character beyond ASCII; "?" for one without.
std::string_view unicode_symbol(char32_t c);
/// The value of a Chinese numeral that spans all of `text`.
std::optional<Node> chinese_number(std::u32string_view text);

}  // namespace leitai::math
