#include "harness/jinja/parser.h"

#include <algorithm>

namespace leitai::jinja {

namespace {

constexpr int kMaxOpen = 120;

}  // namespace

DepthGuard::DepthGuard(Parser& parser) : parser_(parser) {
  if (++parser_.depth_ > kMaxOpen) {
    --parser_.depth_;
    throw TemplateError("RecursionError", "more than 120 constructs inside one another",
                        parser.now().line, parser.now().column);
  }
}

int Program::intern(const std::string& name) {
  const auto [it, is_new] = symbol_of.emplace(name, static_cast<int>(symbols.size()));
  if (is_new) symbols.push_back(name);
  return it->second;
}

void Parser::fail(const std::string& message, const Token& token) const {
  throw TemplateError("TemplateSyntaxError", message, token.line, token.column);
}

bool Parser::skip_operator(std::string_view op) {
  if (!at_operator(op)) return false;
  take();
  return true;
}

bool Parser::skip_word(std::string_view word) {
  if (!at_word(word)) return false;
  take();
  return true;
}

const Token& Parser::expect_type(TokenType type, std::string_view what) {
  if (now().type == type) return take();
  if (now().type == TokenType::End)
    fail("unexpected end of template, expected '" + std::string(what) + "'.", now());
  fail("expected token '" + std::string(what) + "', got '" + describe(now()) + "'", now());
}

void Parser::expect_operator(std::string_view op) {
  if (!at_operator(op)) {
    if (now().type == TokenType::End)
      fail("unexpected end of template, expected '" + std::string(op) + "'.", now());
    fail("expected token '" + std::string(op) + "', got '" + describe(now()) + "'", now());
  }
  take();
}

void Parser::expect_word(std::string_view word) {
  if (!at_word(word))
    fail("expected token '" + std::string(word) + "', got '" + describe(now()) + "'", now());
  take();
}

Node* Parser::make(NodeType type, const Token& token) {
  Node& node = program_.nodes.emplace_back();
  node.type = type;
  node.line = token.line;
  node.column = token.column;
  return &node;
}

Node* Parser::make_name(const Token& token) {
  Node* node = make(NodeType::Name, token);
  node->text = token.text;
  node->symbol = program_.intern(token.text);
  return node;
}

Node* Parser::binary(NodeType type, const Token& token, Node* left, Node* right) {
  Node* node = make(type, token);
  node->kids = {left, right};
  return node;
}

void Parser::parse() { program_.body = parse_body({}, ""); }

void Parser::unknown_tag(const Token& token, Words ends, std::string_view tag) {
  std::string message;
  if (token.type == TokenType::End) {
    message = "Unexpected end of template.";
  } else {
    message = "Encountered unknown tag '" + token.text + "'.";
  }
  if (ends.size() > 0) {
    message += " Jinja was looking for the following tags: ";
    bool first = true;
    for (const std::string_view end : ends) {
      if (!first) message += " or ";
      first = false;
      message += "'" + std::string(end) + "'";
    }
    message += ". The innermost block that needs to be closed is '" + std::string(tag) + "'.";
  }
  fail(message, token);
}

/// Statements until one of the tags `ends`, whose name is then the current token; the whole
/// template if `ends` is empty.
std::vector<Node*> Parser::parse_body(Words ends, std::string_view tag) {
  const DepthGuard guard(*this);
  std::vector<Node*> body;
  const auto output = [&](const Token& token) {
    if (body.empty() || body.back()->type != NodeType::Output)
      body.push_back(make(NodeType::Output, token));
    return body.back();
  };
  while (now().type != TokenType::End) {
    if (now().type == TokenType::Data) {
      const Token& token = take();
      Node* text = make(NodeType::Const, token);
      text->value = Value::string(token.text);
      output(token)->kids.push_back(text);
    } else if (now().type == TokenType::VariableBegin) {
      const Token& token = take();
      output(token)->kids.push_back(parse_tuple(TupleOf::Expressions));
      expect_type(TokenType::VariableEnd, "end of print statement");
    } else {
      take();  // block begin
      if (now().type != TokenType::Name) fail("tag name expected", now());
      if (std::find(ends.begin(), ends.end(), now().text) != ends.end()) return body;
      const Token token = now();
      Node* statement = parse_statement();
      if (!statement) unknown_tag(token, ends, tag);
      body.push_back(statement);
      end_block();
    }
  }
  if (ends.size() > 0) unknown_tag(now(), ends, tag);
  return body;
}

/// At the tag's name; null if there is no such tag. Leaves the token that closes the tag.
Node* Parser::parse_statement() {
  const std::string& tag = now().text;
  if (tag == "if") return parse_if();
  if (tag == "for") return parse_for();
  if (tag == "set") return parse_set();
  if (tag == "with") return parse_with();
  if (tag == "macro") return parse_macro();
  if (tag == "call") return parse_call_block();
  if (tag == "filter") return parse_filter_block();
  if (tag == "block") return parse_block();
  if (tag == "print") return parse_print();
  if (tag == "include" || tag == "import" || tag == "from" || tag == "extends")
    return parse_loader();
  if (tag == "autoescape") return parse_scope("endautoescape");
  if (program_.environment == Environment::Chat) {
    if (tag == "generation") return parse_scope("endgeneration");
    if (tag == "break") return make(NodeType::Break, take());
    if (tag == "continue") return make(NodeType::Continue, take());
  }
  return nullptr;
}

Node* Parser::parse_if() {
  Node* first = make(NodeType::If, take());
  Node* node = first;
  while (true) {
    node->kids = {parse_tuple(TupleOf::ExpressionsWithoutIf)};
    end_block();
    node->body = parse_body({"elif", "else", "endif"}, "if");
    const Token& token = take();
    if (token.text == "elif") {
      Node* next = make(NodeType::If, token);
      node->orelse = {next};
      node = next;
      continue;
    }
    if (token.text == "else") {
      end_block();
      node->orelse = parse_body({"endif"}, "if");
      take();
    }
    return first;
  }
}

Node* Parser::parse_for() {
  Node* node = make(NodeType::For, take());
  Node* target = parse_target(true, false);
  expect_word("in");
  Node* iterable = parse_tuple(TupleOf::ExpressionsWithoutIf);
  Node* test = skip_word("if") ? parse_expression() : nullptr;
  node->kids = {target, iterable, test};
  node->flag = skip_word("recursive");
  end_block();
  node->body = parse_body({"endfor", "else"}, "for");
  if (take().text == "else") {
    end_block();
    node->orelse = parse_body({"endfor"}, "for");
    take();
  }
  return node;
}

Node* Parser::parse_set() {
  const Token& token = take();
  Node* target = parse_target(true, true);
  if (skip_operator("=")) {
    Node* node = make(NodeType::Set, token);
    node->kids = {target, parse_tuple(TupleOf::Expressions)};
    return node;
  }
  Node* node = make(NodeType::SetBlock, token);
  Node* filter = parse_filter(nullptr, false);
  node->kids = {target, filter};
  end_block();
  node->body = parse_body({"endset"}, "set");
  take();
  return node;
}

Node* Parser::parse_with() {
  Node* node = make(NodeType::With, take());
  while (now().type != TokenType::BlockEnd) {
    if (!node->kids.empty()) expect_operator(",");
    node->kids.push_back(parse_target(true, false));
    expect_operator("=");
    node->kids.push_back(parse_expression());
  }
  end_block();
  node->body = parse_body({"endwith"}, "with");
  take();
  return node;
}

void Parser::parse_signature(Node* node) {
  expect_operator("(");
  while (!at_operator(")")) {
    if (!node->parameters.empty()) expect_operator(",");
    Node* parameter = parse_target(false, false);
    if (skip_operator("=")) {
      node->defaults.push_back(parse_expression());
    } else if (!node->defaults.empty()) {
      fail("non-default argument follows default argument", now());
    }
    node->parameters.push_back(parameter);
  }
  expect_operator(")");
}

Node* Parser::parse_macro() {
  Node* node = make(NodeType::Macro, take());
  const Token& name = expect_type(TokenType::Name, "name");
  node->text = name.text;
  node->symbol = program_.intern(name.text);
  node->kids = {make_name(name)};
  check_target(node->kids[0]);
  parse_signature(node);
  end_block();
  node->body = parse_body({"endmacro"}, "macro");
  take();
  return node;
}

Node* Parser::parse_call_block() {
  Node* node = make(NodeType::CallBlock, take());
  if (at_operator("(")) parse_signature(node);
  const Token& token = now();
  Node* call = parse_expression();
  if (call->type != NodeType::Call) fail("expected call", token);
  node->kids = {call};
  node->text = "caller";
  end_block();
  node->body = parse_body({"endcall"}, "call");
  take();
  return node;
}

Node* Parser::parse_filter_block() {
  Node* node = make(NodeType::FilterBlock, take());
  node->kids = {parse_filter(nullptr, true)};
  end_block();
  node->body = parse_body({"endfilter"}, "filter");
  take();
  return node;
}

Node* Parser::parse_block() {
  Node* node = make(NodeType::Block, take());
  node->text = expect_type(TokenType::Name, "name").text;
  skip_word("scoped");
  const bool is_required = skip_word("required");
  if (at_operator("-"))
    fail(
        "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use "
        "an underscore instead.",
        now());
  end_block();
  node->body = parse_body({"endblock"}, "block");
  node->flag = is_required;
  take();
  if (now().type == TokenType::Name && now().text == node->text) take();
  return node;
}

/// There are no other templates to load: fails when it is reached. What follows the name is read
/// over.
Node* Parser::parse_loader() {
  const std::string tag = now().text;
  Node* node = make(NodeType::Loader, take());
  node->text = tag;
  node->kids = {parse_expression()};
  if (tag == "import") {
    expect_word("as");
    expect_type(TokenType::Name, "name");
  } else if (tag == "from") {
    expect_word("import");
  }
  while (now().type != TokenType::BlockEnd && now().type != TokenType::End) {
    if (tag == "extends") break;
    if (now().type != TokenType::Name && !at_operator(",")) break;
    take();
  }
  return node;
}

Node* Parser::parse_print() {
  Node* node = make(NodeType::Output, take());
  while (now().type != TokenType::BlockEnd) {
    if (!node->kids.empty()) expect_operator(",");
    node->kids.push_back(parse_expression());
  }
  return node;
}

Node* Parser::parse_scope(std::string_view end) {
  const Token& token = take();
  Node* node = make(NodeType::Scope, token);
  node->text = token.text;
  if (token.text == "autoescape") node->kids = {parse_expression()};
  end_block();
  node->body = parse_body({end}, token.text);
  take();
  return node;
}

std::shared_ptr<const Program> parse_program(std::string_view source, Environment environment) {
  auto program = std::make_shared<Program>();
  program->environment = environment;
  Parser(*program, tokenize(source, environment)).parse();
  check_program(*program);
  return program;
}

}  // namespace leitai::jinja
