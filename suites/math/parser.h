#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "suites/math/lexer.h"
#include "suites/math/node.h"

namespace leitai::math {

/// The tree of all tokens; absent where they make no answer we know, or one that is too large or
/// too deep. Linear in the tokens.
std::optional<Node> parse(std::vector<Token> tokens);

}  // namespace leitai::math
