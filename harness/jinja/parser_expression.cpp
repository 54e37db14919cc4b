#include <algorithm>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "harness/jinja/parser.h"

namespace leitai::jinja {

Node* Parser::parse_expression() {
  const DepthGuard guard(*this);
  Node* node = parse_or();
  while (at_word("if")) {
    Node* condition = make(NodeType::CondExpr, take());
    Node* test = parse_or();
    Node* otherwise = skip_word("else") ? parse_expression() : nullptr;
    condition->kids = {test, node, otherwise};
    node = condition;
  }
  return node;
}

Node* Parser::parse_or() {
  Node* left = parse_and();
  while (at_word("or")) {
    const Token& token = take();
    left = binary(NodeType::Or, token, left, parse_and());
  }
  return left;
}

Node* Parser::parse_and() {
  Node* left = parse_not();
  while (at_word("and")) {
    const Token& token = take();
    left = binary(NodeType::And, token, left, parse_not());
  }
  return left;
}

Node* Parser::parse_not() {
  if (!at_word("not")) return parse_compare();
  const DepthGuard guard(*this);
  Node* node = make(NodeType::Not, take());
  node->kids = {parse_not()};
  return node;
}

Node* Parser::parse_compare() {
  Node* first = parse_sum();
  Node* node = nullptr;
  static constexpr std::string_view kOperators[] = {"==", "!=", "<", "<=", ">", ">="};
  while (true) {
    std::string op;
    const Token& token = now();
    if (token.type == TokenType::Operator && std::find(std::begin(kOperators), std::end(kOperators),
                                                       token.text) != std::end(kOperators)) {
      op = take().text;
    } else if (skip_word("in")) {
      op = "in";
    } else if (at_word("not") && peek().type == TokenType::Name && peek().text == "in") {
      take();
      take();
      op = "not in";
    } else {
      return node ? node : first;
    }
    if (!node) {
      node = make(NodeType::Compare, token);
      node->kids = {first};
    }
    node->operators.push_back(op);
    node->kids.push_back(parse_sum());
  }
}

Node* Parser::parse_sum() {
  Node* left = parse_concat();
  while (at_operator("+") || at_operator("-")) {
    const Token& token = take();
    left = binary(NodeType::Binary, token, left, parse_concat());
    left->text = token.text;
  }
  return left;
}

Node* Parser::parse_concat() {
  Node* first = parse_product();
  if (!at_operator("~")) return first;
  Node* node = make(NodeType::Concat, now());
  node->kids = {first};
  while (skip_operator("~")) node->kids.push_back(parse_product());
  return node;
}

Node* Parser::parse_product() {
  Node* left = parse_power();
  while (at_operator("*") || at_operator("/") || at_operator("//") || at_operator("%")) {
    const Token& token = take();
    left = binary(NodeType::Binary, token, left, parse_power());
    left->text = token.text;
  }
  return left;
}

Node* Parser::parse_power() {
  Node* left = parse_unary();
  while (at_operator("**")) {
    const Token& token = take();
    left = binary(NodeType::Binary, token, left, parse_unary());
    left->text = token.text;
  }
  return left;
}

Node* Parser::parse_unary(bool with_filter) {
  const DepthGuard guard(*this);
  Node* node;
  if (at_operator("-") || at_operator("+")) {
    const Token& token = take();
    node = make(token.text == "-" ? NodeType::Neg : NodeType::Pos, token);
    node->kids = {parse_unary(false)};
  } else {
    node = parse_primary();
  }
  node = parse_postfix(node);
  return with_filter ? parse_filters(node) : node;
}

Node* Parser::parse_primary(bool with_namespace) {
  const Token& token = now();
  switch (token.type) {
    case TokenType::Name: {
      take();
      const std::string& name = token.text;
      if (name == "true" || name == "True" || name == "false" || name == "False" ||
          name == "none" || name == "None") {
        Node* node = make(NodeType::Const, token);
        node->value =
            (name[0] | 0x20) == 'n' ? Value::none() : Value::boolean((name[0] | 0x20) == 't');
        return node;
      }
      if (decimal_value(decode_utf8(name).value) >= 0 || is_numeric(decode_utf8(name).value))
        fail("Invalid character in identifier", token);
      if (with_namespace && at_operator(".")) {
        take();
        Node* node = make_name(token);
        node->type = NodeType::NsRef;
        node->text = expect_type(TokenType::Name, "name").text;
        return node;
      }
      return make_name(token);
    }
    case TokenType::String: {
      Node* node = make(NodeType::Const, token);
      std::string text;
      while (now().type == TokenType::String) text += take().text;
      node->value = Value::string(std::move(text));
      return node;
    }
    case TokenType::Integer:
    case TokenType::Float: {
      Node* node = make(NodeType::Const, take());
      node->value = token.value;
      return node;
    }
    default:
      break;
  }
  if (skip_operator("(")) {
    Node* node = parse_tuple(TupleOf::Expressions, true);
    expect_operator(")");
    return node;
  }
  if (at_operator("[")) return parse_list();
  if (at_operator("{")) return parse_dict();
  fail("unexpected '" + describe(token) + "'", token);
}

Node* Parser::parse_list() {
  Node* node = make(NodeType::ListExpr, take());
  while (!at_operator("]")) {
    if (!node->kids.empty()) expect_operator(",");
    if (at_operator("]")) break;
    node->kids.push_back(parse_expression());
  }
  expect_operator("]");
  return node;
}

Node* Parser::parse_dict() {
  Node* node = make(NodeType::DictExpr, take());
  while (!at_operator("}")) {
    if (!node->kids.empty()) expect_operator(",");
    if (at_operator("}")) break;
    node->kids.push_back(parse_expression());
    expect_operator(":");
    node->kids.push_back(parse_expression());
  }
  expect_operator("}");
  return node;
}

Node* Parser::parse_tuple(TupleOf of, bool parenthesised, bool with_namespace) {
  const Token& start = now();
  const auto at_end = [&] {
    return now().type == TokenType::VariableEnd || now().type == TokenType::BlockEnd ||
           at_operator(")");
  };
  std::vector<Node*> items;
  bool is_tuple = false;
  while (true) {
    if (!items.empty()) expect_operator(",");
    if (at_end()) break;
    items.push_back(of == TupleOf::Expressions ? parse_expression()
                    : of == TupleOf::Primaries ? parse_primary(with_namespace)
                                               : parse_or());
    if (!at_operator(",")) break;
    is_tuple = true;
  }
  if (!is_tuple) {
    if (!items.empty()) return items[0];
    if (!parenthesised) fail("Expected an expression, got '" + describe(now()) + "'", now());
  }
  Node* node = make(NodeType::TupleExpr, start);
  node->kids = std::move(items);
  return node;
}

Node* Parser::parse_target(bool with_tuple, bool with_namespace) {
  Node* node = with_tuple ? parse_tuple(TupleOf::Primaries, false, with_namespace)
                          : parse_primary(with_namespace);
  check_target(node);
  return node;
}

void Parser::check_target(Node* node) {
  if (node->type == NodeType::NsRef) return;
  if (node->type == NodeType::Name) {
    if (node->text != "true" && node->text != "false" && node->text != "none" &&
        node->text != "True" && node->text != "False" && node->text != "None") {
      return;
    }
  }
  if (node->type == NodeType::TupleExpr) {
    for (Node* kid : node->kids) check_target(kid);
    return;
  }
  throw TemplateError("TemplateSyntaxError", "can't assign to this expression", node->line,
                      node->column);
}

Node* Parser::parse_postfix(Node* node) {
  while (true) {
    if (at_operator(".") || at_operator("[")) {
      node = parse_subscript(node);
    } else if (at_operator("(")) {
      node = parse_call(node);
    } else {
      return node;
    }
  }
}

Node* Parser::parse_filters(Node* node) {
  while (true) {
    if (at_operator("|")) {
      node = parse_filter(node, false);
    } else if (at_word("is")) {
      node = parse_test(node);
    } else if (at_operator("(")) {
      node = parse_call(node);
    } else {
      return node;
    }
  }
}

Node* Parser::parse_subscript(Node* subject) {
  const Token& token = take();
  if (token.text == ".") {
    const Token& attribute = take();
    if (attribute.type == TokenType::Name) {
      Node* node = make(NodeType::Getattr, attribute);
      node->kids = {subject};
      node->text = attribute.text;
      return node;
    }
    if (attribute.type != TokenType::Integer) fail("expected name or number", attribute);
    Node* index = make(NodeType::Const, attribute);
    index->value = attribute.value;
    return binary(NodeType::Getitem, token, subject, index);
  }
  std::vector<Node*> items;
  while (!at_operator("]")) {
    if (!items.empty()) expect_operator(",");
    items.push_back(parse_subscribed());
  }
  expect_operator("]");
  if (items.size() == 1) return binary(NodeType::Getitem, token, subject, items[0]);
  Node* tuple = make(NodeType::TupleExpr, token);
  tuple->kids = std::move(items);
  return binary(NodeType::Getitem, token, subject, tuple);
}

Node* Parser::parse_subscribed() {
  const DepthGuard guard(*this);
  const Token& token = now();
  Node* parts[3] = {nullptr, nullptr, nullptr};
  if (!skip_operator(":")) {
    Node* node = parse_expression();
    if (!skip_operator(":")) return node;
    parts[0] = node;
  }
  if (!at_operator(":") && !at_operator("]") && !at_operator(",")) parts[1] = parse_expression();
  if (skip_operator(":") && !at_operator("]") && !at_operator(",")) parts[2] = parse_expression();
  Node* node = make(NodeType::SliceExpr, token);
  node->kids = {parts[0], parts[1], parts[2]};
  return node;
}

Node* Parser::parse_call(Node* callee) {
  Node* node = make(NodeType::Call, now());
  node->kids = {callee};
  parse_arguments(node);
  return node;
}

void Parser::parse_arguments(Node* node) {
  const Token& start = now();
  expect_operator("(");
  bool need_comma = false;
  const auto require = [&](bool condition) {
    if (!condition) fail("invalid syntax for function call expression", start);
  };
  while (!at_operator(")")) {
    if (need_comma) {
      expect_operator(",");
      if (at_operator(")")) break;
    }
    if (skip_operator("*")) {
      require(!node->star && !node->star_star);
      node->star = parse_expression();
    } else if (skip_operator("**")) {
      require(!node->star_star);
      node->star_star = parse_expression();
    } else if (now().type == TokenType::Name && peek().type == TokenType::Operator &&
               peek().text == "=") {
      require(!node->star_star);
      const std::string name = take().text;
      take();
      for (const auto& [other, value] : node->named) {  // Python's compiler refuses it
        if (other == name)
          throw TemplateError("SyntaxError", "keyword argument repeated: " + name, start.line,
                              start.column);
      }
      node->named.emplace_back(name, parse_expression());
    } else {
      require(!node->star && !node->star_star && node->named.empty());
      node->arguments.push_back(parse_expression());
    }
    need_comma = true;
  }
  expect_operator(")");
}

std::string Parser::parse_dotted() {
  std::string name = expect_type(TokenType::Name, "name").text;
  while (skip_operator(".")) name += "." + expect_type(TokenType::Name, "name").text;
  return name;
}

/// A chain of filters over `input`. With `start_inline` the first has no bar before it. Null if
/// there is none.
Node* Parser::parse_filter(Node* input, bool start_inline) {
  Node* node = input;
  while (at_operator("|") || start_inline) {
    if (!start_inline) take();
    start_inline = false;
    const Token& token = now();
    Node* filter = make(NodeType::FilterExpr, token);
    filter->text = parse_dotted();
    filter->kids = {node};
    if (at_operator("(")) parse_arguments(filter);
    node = filter;
  }
  return node;
}

Node* Parser::parse_test(Node* subject) {
  take();  // is
  const bool negated = skip_word("not");
  Node* node = make(NodeType::TestExpr, now());
  node->text = parse_dotted();
  node->kids = {subject};
  if (at_operator("(")) {
    parse_arguments(node);
  } else {
    const TokenType type = now().type;
    const bool starts = type == TokenType::Name || type == TokenType::String ||
                        type == TokenType::Integer || type == TokenType::Float ||
                        at_operator("[") || at_operator("{");
    if (starts && !at_word("else") && !at_word("or") && !at_word("and")) {
      if (at_word("is")) fail("You cannot chain multiple tests with is", now());
      node->arguments.push_back(parse_postfix(parse_primary()));
    }
  }
  if (!negated) return node;
  Node* opposite = make(NodeType::Not, now());
  opposite->kids = {node};
  opposite->line = node->line;
  opposite->column = node->column;
  return opposite;
}

}  // namespace leitai::jinja
