#include "suites/math/parser.h"

#include <algorithm>

#include "harness/core/text.h"
#include "suites/math/parser_class.h"
#include "suites/math/vocabulary.h"

namespace leitai::math {

namespace {

constexpr std::size_t kMaxTokens = 4000;

bool is_relation_symbol(const Token& token) {
  if (token.kind != TokenKind::Symbol) return false;
  const std::string& t = token.text;
  return t == "=" || t == "<" || t == ">" || t == "l" || t == "g" || t == "n" || t == "in";
}

bool is_whole_number(const Node& node) {
  return node.is(Kind::Number) && !node.is_decimal && node.rational && node.rational->is_integer();
}

}  // namespace

std::optional<Node> parse(std::vector<Token> tokens) {
  if (tokens.size() <= 1 || tokens.size() > kMaxTokens) return std::nullopt;
  return Parser(std::move(tokens)).run();
}

std::optional<Node> Parser::run() {
  while (is("approx") || (is(":") && at_ == 0)) ++at_;
  Items all = items();
  if (failed_ || all.nodes.empty() || peek().kind != TokenKind::End) return std::nullopt;
  Node out = as_list(std::move(all));
  if (failed_) return std::nullopt;
  return out;
}

bool Parser::at_boundary() const {
  const Token& t = peek();
  if (t.kind == TokenKind::End) return true;
  if (t.kind != TokenKind::Symbol) return false;
  return t.text == "," || t.text == ";" || t.text == "or" || t.text == "and" || t.text == "both" ||
         t.text == ")" || t.text == "]" || t.text == "}" || t.text == "\\}" || t.text == "&" ||
         t.text == "newrow" || t.text == "end" || t.text == ".";
}

Parser::Items Parser::items() {
  Items out;
  bool semicolon = false, alternative = false, conjunction = false;
  while (!failed_) {
    const Token& t = peek();
    if (t.kind == TokenKind::End || t.is(")") || t.is("]") || t.is("}") || t.is("\\}")) break;
    out.nodes.push_back(item());
    bool separated = false;
    while (!failed_) {
      if (accept(";")) {
        semicolon = true;
      } else if (accept("or")) {
        alternative = true;
      } else if (accept("and")) {
        conjunction = true;
      } else if (!accept(",") && !accept("newrow")) {
        break;
      }
      separated = true;
    }
    if (!separated) break;
  }
  out.separator = semicolon ? ";" : alternative ? "or" : conjunction ? "and" : ",";
  return out;
}

Node Parser::as_list(Items all) {
  if (all.nodes.size() == 1) return std::move(all.nodes[0]);
  Node out(Kind::List, std::move(all.nodes));
  out.text = all.separator;
  return out;
}

Node Parser::item() {
  const Depth depth(*this);
  if (failed_) return fail();
  if (peek().kind == TokenKind::Word) return words();
  Node first = relation();
  if (!is("both")) return first;
  Node out(Kind::Both);
  out.kids.push_back(std::move(first));
  while (!failed_ && accept("both")) out.kids.push_back(relation());
  return out;
}

Node Parser::words() {
  std::string text;
  while (peek().kind == TokenKind::Word || peek().kind == TokenKind::Letter) {
    if (!text.empty()) text += ' ';
    text += peek().text;
    ++at_;
  }
  accept(".");
  if (!at_boundary()) failed_ = true;
  return Node(Kind::Words, std::move(text));
}

Node Parser::relation() {
  Node first = set_expression();
  if (failed_ || !is_relation_symbol(peek())) return first;
  if (accept("in")) {
    Node out(Kind::Region);
    out.kids.push_back(std::move(first));
    out.kids.push_back(set_expression());
    return out;
  }
  Node out(Kind::Relation);
  out.kids.push_back(std::move(first));
  while (!failed_ && is_relation_symbol(peek()) && !is("in")) {
    out.text += peek().text;
    ++at_;
    if (at_boundary()) return fail();
    out.kids.push_back(peek().kind == TokenKind::Word ? words() : set_expression());
  }
  return out;
}

Node Parser::set_expression() {
  Node left = ratio();
  while (!failed_) {
    const bool joins = is("cup"), meets = is("cap"), lacks = is("sub");
    if (!joins && !meets && !lacks) break;
    ++at_;
    Node right = ratio();
    left = binary(joins   ? Kind::Union
                  : meets ? Kind::Intersection
                          : Kind::Difference,
                  std::move(left), std::move(right));
  }
  return left;
}

Node Parser::ratio() {
  Node first = sum();
  if (accept("over")) return binary(Kind::Divide, std::move(first), sum());
  if (accept("choose")) return binary(Kind::Binomial, std::move(first), sum());
  if (!is(":")) return first;
  Node out(Kind::Ratio);
  out.kids.push_back(std::move(first));
  while (!failed_ && accept(":")) out.kids.push_back(sum());
  return out;
}

Node Parser::sum() {
  const Depth depth(*this);
  std::vector<Node> terms;
  bool first = true;
  while (!failed_) {
    enum { Plus, Minus, UpperPlus, UpperMinus } sign = Plus;
    if (is("+") || is("-") || is("pm") || is("mp")) {
      sign = is("+") ? Plus : is("-") ? Minus : is("pm") ? UpperPlus : UpperMinus;
      ++at_;
    } else if (!first) {
      break;
    }
    // "+-" and "--" in a row
    while (is("+") || is("-")) {
      if (is("-") && (sign == Plus || sign == Minus)) {
        sign = sign == Plus ? Minus : Plus;
      } else if (is("-")) {
        sign = sign == UpperPlus ? UpperMinus : UpperPlus;
      }
      ++at_;
    }
    Node next = term();
    if (failed_) break;
    if (sign == Minus) next = unary(Kind::Negate, std::move(next));
    if (sign == UpperPlus || sign == UpperMinus) {
      next = unary(Kind::PlusMinus, std::move(next));
      next.text = sign == UpperPlus ? "+" : "-";
    }
    terms.push_back(std::move(next));
    first = false;
  }
  if (failed_ || terms.empty()) return fail();
  if (terms.size() == 1) return std::move(terms[0]);
  return Node(Kind::Add, std::move(terms));
}

bool Parser::starts_factor() const {
  const Token& t = peek();
  switch (t.kind) {
    case TokenKind::Number:
    case TokenKind::Letter:
    case TokenKind::Function:
      return true;
    case TokenKind::Symbol:
      break;
    default:
      return false;
  }
  const std::string& s = t.text;
  return s == "(" || s == "[" || s == "{" || s == "sqrt" || s == "cbrt" || s == "frac" ||
         s == "binom" || s == "pi" || s == "infinity" || s == "lfloor" || s == "lceil" ||
         (s == "|" && bars_ == 0) || s.starts_with("begin");
}

/// "1 1/2", "1\frac12": a whole number with a proper fraction behind it is their sum; another
/// \frac is a factor. False where neither was read.
bool Parser::mixed_number(Node& left) {
  if (!is_whole_number(left)) return false;
  const std::size_t start = at_;
  Node fraction;
  bool is_slashed = false;
  if (is("frac")) {
    fraction = factor();
  } else if (peek().kind == TokenKind::Number && peek().text == "/" && !peek().after_space) {
    fraction = factor();  // a fraction in one character
  } else if (peek().kind == TokenKind::Number && peek(1).is("/") &&
             peek(2).kind == TokenKind::Number) {
    fraction = peek().number;
    at_ += 2;
    fraction = binary(Kind::Divide, std::move(fraction), peek().number);
    ++at_;
    is_slashed = true;
  } else {
    return false;
  }
  const bool proper =
      !failed_ &&
      ((fraction.is(Kind::Divide) && is_whole_number(fraction.kids[0]) &&
        is_whole_number(fraction.kids[1]) && fraction.kids[0].value < fraction.kids[1].value) ||
       (fraction.is(Kind::Number) && fraction.value < 1));
  if (!proper) {
    if (failed_) return true;
    if (is_slashed) {
      at_ = start;
      return false;
    }
    // Never read twice: fractions nest.
    left = binary(Kind::Multiply, std::move(left), std::move(fraction));
    return true;
  }
  left = binary(Kind::Add, std::move(left), std::move(fraction));
  return true;
}

bool Parser::unit_behind(Node& value) {
  const auto is_unit_token = [&] {
    return peek().kind == TokenKind::Word ||
           (peek().kind == TokenKind::Letter && peek().is_wrapped);
  };
  if (!is_unit_token()) return false;
  std::string text;
  while (true) {
    if (is_unit_token()) {
      if (!text.empty() && text.back() != '/') text += ' ';
      text += ascii_lower(peek().text);
      ++at_;
    } else if (is("^")) {
      ++at_;
      const bool brace = accept("{");
      const bool minus = accept("-");
      if (peek().kind != TokenKind::Number) {
        failed_ = true;
        return false;
      }
      text += (minus ? "^-" : "^") + peek().text;
      ++at_;
      if (brace) expect("}");
    } else if (is("/") && (peek(1).kind == TokenKind::Word ||
                           (peek(1).kind == TokenKind::Letter && !text.empty()))) {
      ++at_;
      text += "/" + ascii_lower(peek().text);
      ++at_;
    } else if ((is("*") || is("*")) && peek(1).kind == TokenKind::Word) {
      ++at_;
      text += "*";
    } else {
      break;
    }
  }
  value = unary(Kind::Quantity, std::move(value));
  value.text = std::move(text);
  return true;
}

Node Parser::term() {
  Node left = signed_factor();
  while (!failed_) {
    if (accept("*")) {
      left = binary(Kind::Multiply, std::move(left), signed_factor());
    } else if (accept("/")) {
      left = binary(Kind::Divide, std::move(left), signed_factor());
    } else if (is("scale")) {
      left = binary(Kind::Multiply, std::move(left), peek().number);
      ++at_;
    } else if (accept("mixed")) {
      Node part = signed_factor();
      if (accept("/")) {
        part = binary(Kind::Divide, std::move(part), signed_factor());
      } else if (accept("parts")) {
        part = binary(Kind::Divide, signed_factor(), std::move(part));
      }
      left = binary(Kind::Add, std::move(left), std::move(part));
    } else if (accept("parts")) {
      left = binary(Kind::Divide, signed_factor(), std::move(left));
    } else if (unit_behind(left)) {
      if (peek().kind == TokenKind::Number && !failed_)  // 11 hours 30 minutes
        return binary(Kind::Add, std::move(left), term());
    } else if (starts_factor()) {
      if (mixed_number(left)) continue;
      const Token& next = peek();
      if (next.kind == TokenKind::Number && left.is(Kind::Number)) return fail();
      const bool spaced_letter = next.kind == TokenKind::Letter && next.after_space &&
                                 left.is(Kind::Number) && next.text.size() == 1;
      const bool is_call =
          next.is("(") &&
          (left.is(Kind::Variable) || (left.is(Kind::Power) && left.kids[0].is(Kind::Variable)));
      left = binary(Kind::Multiply, std::move(left), factor());
      if (is_call && (left.kids[1].is(Kind::Variable) || left.kids[1].is(Kind::Tuple)))
        left.text = "call";
      if (spaced_letter && left.kids[1].is(Kind::Variable) && at_boundary())
        left.text = "spaced";  // "5 m": perhaps a unit
    } else {
      break;
    }
  }
  return left;
}

Node Parser::signed_factor() {
  const Depth depth(*this);
  if (failed_) return fail();
  if (accept("-")) return unary(Kind::Negate, signed_factor());
  if (accept("+")) return signed_factor();
  if (accept("percent of")) return unary(Kind::Percent, signed_factor());
  return factor();
}

Node Parser::factor() { return postfix(primary()); }

Node Parser::postfix(Node base) {
  while (!failed_) {
    if (accept("!")) {
      base = unary(Kind::Factorial, std::move(base));
    } else if (accept("%")) {
      base = unary(Kind::Percent, std::move(base));
    } else if (accept("deg")) {
      base = unary(Kind::Degrees, std::move(base));
      if (peek().kind == TokenKind::Letter && (peek().text == "C" || peek().text == "F")) {
        const std::string scale = peek().text;
        ++at_;
        if (at_boundary()) {
          base = unary(Kind::Quantity, std::move(base.kids[0]));
          base.text = "degree " + scale;
        } else {
          --at_;
          return base;
        }
      }
    } else if (is("^")) {
      if (peek(1).is("deg") || (peek(1).is("{") && peek(2).is("deg") && peek(3).is("}"))) {
        at_ += peek(1).is("deg") ? 1 : 2;
        tokens_[at_].text = "deg";
        if (peek(1).is("}")) {  // leave "deg" as the next token
          tokens_[at_ + 1].text = "deg";
          ++at_;
        }
        continue;
      }
      ++at_;
      base = binary(Kind::Power, std::move(base), exponent());
    } else if (is("_") && base.is(Kind::Number)) {
      ++at_;
      const bool brace = accept("{");
      if (peek().kind == TokenKind::Number && is_whole_number(peek().number) &&
          peek().number.value >= 2 && peek().number.value <= 36) {
        Node out(Kind::Based, std::move(base.text));
        out.base = static_cast<int>(peek().number.value);
        ++at_;
        base = std::move(out);
      } else if (const auto said =
                     peek().kind == TokenKind::Word ? number_in_words(peek().text) : std::nullopt;
                 said && said->is_integer() && said->num >= 2 && said->num <= 36) {
        Node out(Kind::Based, std::move(base.text));
        out.base = static_cast<int>(said->num);
        ++at_;
        base = std::move(out);
      } else {
        return fail();
      }
      if (brace) expect("}");
    } else {
      break;
    }
  }
  return base;
}

}  // namespace leitai::math
