#include <algorithm>
#include <array>
#include <numeric>

#include "suites/math/parser_class.h"
#include "suites/math/vocabulary.h"

namespace leitai::math {

Node Parser::primary() {
  const Depth depth(*this);
  if (failed_) return fail();
  const Token& token = peek();
  switch (token.kind) {
    case TokenKind::Number: {
      Node out = token.number;
      // The digits, for a number in another base.
      if (out.is(Kind::Number)) out.text = token.text;
      ++at_;
      return out;
    }
    case TokenKind::Letter:
      return letter();
    case TokenKind::Function: {
      const std::string name = token.text;
      ++at_;
      return function(name);
    }
    case TokenKind::Symbol:
      break;
    default:
      return fail();
  }
  const std::string symbol = token.text;
  ++at_;
  if (symbol == "(" || symbol == "[") return brackets(symbol[0]);
  if (symbol == "{") return group("}");
  if (symbol == "\\{") return braces();
  if (symbol == "frac") {
    Node above = argument();
    return binary(Kind::Divide, std::move(above), argument());
  }
  if (symbol == "binom") {
    Node above = argument();
    return binary(Kind::Binomial, std::move(above), argument());
  }
  if (symbol == "sqrt") return root();
  if (symbol == "cbrt") return binary(Kind::Root, argument(), integer_node(3));
  if (symbol == "pi") return Node(Kind::Pi);
  if (symbol == "infinity") return Node(Kind::Infinity);
  if (symbol == "empty") return Node(Kind::EmptySet);
  if (symbol == "reals") return Node(Kind::Reals);
  if (symbol == "|") return bars();
  if (symbol == "lfloor" || symbol == "lceil") {
    Node inner = sum();
    expect(symbol == "lfloor" ? "rfloor" : "rceil");
    return unary(symbol == "lfloor" ? Kind::Floor : Kind::Ceiling, std::move(inner));
  }
  if (symbol.starts_with("begin ")) return matrix(symbol.substr(6));
  return fail();
}

Node Parser::letter() {
  const std::string name = peek().text;
  ++at_;
  if (name == "e") return Node(Kind::E);
  if (name == "i") return Node(Kind::I);
  const bool counts = name[0] == 'C' || name[0] == 'A' || name[0] == 'P';
  if (counts && name.size() > 2 && name[1] == '_' && is("^") &&
      name.find_first_not_of("0123456789", 2) == std::string::npos) {  // C_6^2
    ++at_;
    Node k = exponent();
    return combination(name, decimal_node(std::string_view(name).substr(2), "", false),
                       std::move(k));
  }
  if (counts && name.size() == 1 && is("(")) {  // C(6,2)
    ++at_;
    Node inner = brackets('(');
    if (inner.is(Kind::Tuple) && inner.kids.size() == 2 && inner.kids[0].is(Kind::Number) &&
        inner.kids[1].is(Kind::Number))
      return combination(name, std::move(inner.kids[0]), std::move(inner.kids[1]));
    return binary(Kind::Multiply, Node(Kind::Variable, name), std::move(inner));
  }
  return Node(Kind::Variable, name);
}

Node Parser::combination(const std::string& letter, Node n, Node k) {
  return binary(letter[0] == 'C' ? Kind::Binomial : Kind::Permutation, std::move(n), std::move(k));
}

Node Parser::group(std::string_view closer) {
  Items all = items();
  expect(closer);
  if (failed_ || all.nodes.empty()) return fail();
  if (all.nodes.size() == 1) return std::move(all.nodes[0]);
  return Node(Kind::Set, std::move(all.nodes));
}

Node Parser::brackets(char open) {
  const int bars = bars_;
  bars_ = 0;
  Items all = items();
  bars_ = bars;
  if (failed_) return fail();
  char close = 0;
  if (accept(")")) {
    close = ')';
  } else if (accept("]")) {
    close = ']';
  } else {
    return fail();
  }
  if (all.nodes.empty()) return fail();
  const bool matches = (open == '(') == (close == ')');
  if (all.nodes.size() == 1) {
    if (!matches) return fail();
    Node& only = all.nodes[0];
    if (open == '[' && (only.is(Kind::Tuple) || only.is(Kind::List))) {  // [[1,2]]
      Node out(Kind::Tuple, std::move(all.nodes));
      out.open = '[';
      out.close = ']';
      return out;
    }
    return std::move(only);
  }
  Node out(Kind::Tuple, std::move(all.nodes));
  out.open = open;
  out.close = close;
  return out;
}

Node Parser::braces() {
  if (accept("\\}")) return Node(Kind::EmptySet);
  if (peek().kind == TokenKind::Symbol && peek().text.starts_with("begin")) {
    Node rows = primary();
    accept("\\}");
    return rows;
  }
  // {x in R | ...}: what stands before the bar says nothing of its own.
  if (peek().kind == TokenKind::Letter) {
    std::size_t ahead = 1;
    while (ahead < 8 && (peek(ahead).is("in") || peek(ahead).is("reals") ||
                         peek(ahead).kind == TokenKind::Letter))
      ++ahead;
    if (peek(ahead).is("|") || peek(ahead).is(":")) {
      at_ += ahead + 1;
      Items conditions = items();
      expect("\\}");
      if (failed_ || conditions.nodes.empty()) return fail();
      return as_list(std::move(conditions));
    }
  }
  Items all = items();
  expect("\\}");
  if (failed_) return fail();
  return Node(Kind::Set, std::move(all.nodes));
}

Node Parser::bars() {
  ++bars_;
  Node inner = sum();
  --bars_;
  expect("|");
  return unary(Kind::Absolute, std::move(inner));
}

Node Parser::matrix(const std::string& name) {
  std::vector<Node> rows;
  std::vector<Node> cells;
  const int bars = bars_;
  bars_ = 0;
  while (!failed_ && !is("end")) {
    if (accept("newrow")) {
      if (!cells.empty()) rows.emplace_back(Kind::List, std::move(cells));
      cells.clear();
    } else if (accept("&")) {
      continue;
    } else if (peek().kind == TokenKind::End) {
      failed_ = true;
    } else {
      cells.push_back(item());
      accept(",");
      if (!is("&") && !is("newrow") && !is("end")) failed_ = true;
    }
  }
  bars_ = bars;
  expect("end");
  if (!cells.empty()) rows.emplace_back(Kind::List, std::move(cells));
  if (failed_ || rows.empty()) return fail();
  const bool is_matrix =
      name.ends_with("matrix") || name == "array" || name == "smallmatrix" || name == "matrix";
  const bool is_system = !is_matrix || std::all_of(rows.begin(), rows.end(), [](const Node& row) {
    return row.kids.size() == 1 && row.kids[0].is(Kind::Relation);
  });
  if (is_system) {
    Node out(Kind::List);
    out.text = ",";
    for (Node& row : rows) out.kids.push_back(std::move(row.kids[0]));
    return out.kids.size() == 1 ? std::move(out.kids[0]) : out;
  }
  Node out(Kind::Matrix, std::move(rows));
  out.text = name.starts_with("v") ? "v" : "";
  return out;
}

Node Parser::argument() {
  if (failed_) return fail();
  if (accept("{")) return group("}");
  Token& token = tokens_[std::min(at_, tokens_.size() - 1)];
  if (token.kind == TokenKind::Number && token.text.size() > 1 &&
      token.text.find_first_not_of("0123456789.") == std::string::npos && token.text[0] != '.') {
    Node out = decimal_node(token.text.substr(0, 1), "", false);
    token.text.erase(0, 1);
    const std::size_t point = token.text.find('.');
    token.number = point == std::string::npos ? decimal_node(token.text, "", false)
                                              : decimal_node(token.text.substr(0, point),
                                                             token.text.substr(point + 1), true);
    return out;
  }
  if (accept("-")) return unary(Kind::Negate, argument());
  return primary();
}

Node Parser::exponent() {
  const Depth depth(*this);
  if (failed_) return fail();
  if (accept("{")) return group("}");
  if (accept("-")) return unary(Kind::Negate, exponent());
  if (accept("+")) return exponent();
  return primary();
}

Node Parser::root() {
  Node index = integer_node(2);
  if (is("[")) {
    ++at_;
    index = sum();
    expect("]");
  }
  Node radicand = argument();
  return binary(Kind::Root, std::move(radicand), std::move(index));
}

Node Parser::function_argument() {
  const Depth depth(*this);
  if (failed_) return fail();
  if (accept("-")) return unary(Kind::Negate, function_argument());
  accept("+");
  if (is("(") || is("[") || is("{")) {
    Node inner = primary();
    if (is("deg") || (is("^") && (peek(1).is("deg") || peek(2).is("deg"))))
      inner = postfix(std::move(inner));
    return inner;
  }
  if (!starts_factor() || peek().kind == TokenKind::Function) return fail();
  Node left = factor();
  while (!failed_ && starts_factor() && peek().kind != TokenKind::Function) {
    if (left.is(Kind::Number) && peek().kind == TokenKind::Number) break;
    left = binary(Kind::Multiply, std::move(left), factor());
  }
  // sin pi/6: with no variable in it, the quotient is meant.
  if (is("/") && peek(1).kind == TokenKind::Number && variables_of(left).empty() &&
      any_of(left, [](const Node& n) { return n.is(Kind::Pi); })) {
    ++at_;
    left = binary(Kind::Divide, std::move(left), factor());
  }
  return left;
}

Node Parser::function(const std::string& name) {
  if (name == "sqrt") return root();
  if (name == "cbrt") return binary(Kind::Root, argument(), integer_node(3));
  if (name == "abs") return unary(Kind::Absolute, function_argument());
  if (name == "max" || name == "min" || name == "gcd" || name == "lcm") {
    if (!accept("(")) return fail();
    return extreme(name, brackets('('));
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOther{
      {{"asin", "arcsin"},
       {"acos", "arccos"},
       {"atan", "arctan"},
       {"tg", "tan"},
       {"ctg", "cot"},
       {"det", ""}}};
  std::string canonical = name;
  for (const auto& [from, to] : kOther) {
    if (name == from) canonical = to;
  }
  if (canonical.empty()) return fail();
  Node base, power;
  bool has_base = false, has_power = false;
  for (int i = 0; i < 2 && !failed_; ++i) {
    if (canonical == "log" && !has_base && accept("_")) {
      base = argument_of_subscript();
      has_base = true;
    } else if (!has_power && accept("^")) {
      power = exponent();
      has_power = true;
    }
  }
  const bool is_inverse = has_power && power.is(Kind::Negate) && power.kids[0].is(Kind::Number) &&
                          power.kids[0].value == 1 && canonical != "log" && canonical != "ln";
  if (is_inverse) canonical = "arc" + canonical;
  Node out(Kind::Function, canonical == "lg" ? std::string("log") : canonical);
  out.kids.push_back(function_argument());
  if (canonical == "lg") {
    base = integer_node(10);
    has_base = true;
  }
  if (has_base) out.kids.push_back(std::move(base));
  if (has_power && !is_inverse) return binary(Kind::Power, std::move(out), std::move(power));
  return out;
}

Node Parser::argument_of_subscript() {
  if (accept("{")) return group("}");
  return primary();
}

Node Parser::extreme(const std::string& name, const Node& argument) {
  if (failed_ || !argument.is(Kind::Tuple)) return fail();
  MaybeRational best;
  for (const Node& kid : argument.kids) {
    const bool negative = kid.is(Kind::Negate);
    const Node& node = negative ? kid.kids[0] : kid;
    if (!node.is(Kind::Number) || !node.rational) return fail();
    Rational value = *node.rational;
    if (negative) value.num = -value.num;
    if (!best) {
      best = value;
    } else if (name == "max" || name == "min") {
      if ((value.approximate() > best->approximate()) == (name == "max")) best = value;
    } else {
      if (!value.is_integer() || !best->is_integer() || value.num <= 0 || best->num <= 0 ||
          value.approximate() > 1e15L || best->approximate() > 1e15L)
        return fail();
      const auto a = static_cast<long long>(best->num), b = static_cast<long long>(value.num);
      const long long common = std::gcd(a, b);
      best = Rational{name == "gcd" ? Wide{common} : Wide{a / common} * b, 1};
    }
  }
  return best ? number_node(*best) : fail();
}

}  // namespace leitai::math
