#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/jinja/jinja.h"
#include "harness/jinja/value.h"

namespace leitai::jinja {

enum class TokenType : std::uint8_t {
  Data,
  BlockBegin,
  BlockEnd,
  VariableBegin,
  VariableEnd,
  Name,
  String,
  Integer,
  Float,
  Operator,
  End
};

struct Token {
  TokenType type = TokenType::End;
  std::string text;  // data, name, operator, the string's value
  Value value;       // Integer, Float
  int line = 0, column = 0;
};

/// The tokens of `source` with white space control applied; the last is End. Throws TemplateError
/// (TemplateSyntaxError).
std::vector<Token> tokenize(std::string_view source, Environment environment);

/// As Jinja names a token in its messages: "end of print statement", "integer", the name or
/// operator itself.
std::string describe(const Token& token);

}  // namespace leitai::jinja
