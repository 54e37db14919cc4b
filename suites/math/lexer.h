#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "suites/math/node.h"

namespace leitai::math {

enum class TokenKind {
  End,
  Number,    // number
  Letter,    // text: a variable's name
  Function,  // text: "sin" ...
  Word,      // text: letters that are no mathematics, in lower case
  Symbol,    // text: an operator, bracket, relation or command; see lexer.cpp
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::string text;
  Node number;
  bool after_space = false;
  bool is_wrapped = false;  // a word in \text{...} or a single letter that stood in one

  bool is(std::string_view symbol) const { return kind == TokenKind::Symbol && text == symbol; }
};

/// Tokens of an answer (folded text): LaTeX, plain text, Chinese. Spacing, display marks, dollar
/// signs and \left \right are gone. Total and linear; the last token is End.
std::vector<Token> tokenize(std::u32string_view text);

}  // namespace leitai::math
