#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "harness/jinja/ast.h"
#include "harness/jinja/lexer.h"

namespace leitai::jinja {

class Parser {
 public:
  Parser(Program& program, std::vector<Token> tokens)
      : program_(program), tokens_(std::move(tokens)) {}
  void parse();

 private:
  using Words = std::initializer_list<std::string_view>;

  // parser.cpp: statements
  std::vector<Node*> parse_body(Words ends, std::string_view tag);
  Node* parse_statement();
  Node* parse_if();
  Node* parse_for();
  Node* parse_set();
  Node* parse_with();
  Node* parse_macro();
  Node* parse_call_block();
  Node* parse_filter_block();
  Node* parse_block();
  Node* parse_loader();
  Node* parse_print();
  Node* parse_scope(std::string_view end);
  void parse_signature(Node* node);
  void end_block() { expect_type(TokenType::BlockEnd, "end of statement block"); }
  [[noreturn]] void unknown_tag(const Token& token, Words ends, std::string_view tag);

  // parser_expression.cpp
  Node* parse_expression();
  Node* parse_or();
  Node* parse_and();
  Node* parse_not();
  Node* parse_compare();
  Node* parse_sum();
  Node* parse_concat();
  Node* parse_product();
  Node* parse_power();
  Node* parse_unary(bool with_filter = true);
  Node* parse_primary(bool with_namespace = false);
  Node* parse_list();
  Node* parse_dict();
  Node* parse_postfix(Node* node);
  Node* parse_filters(Node* node);
  Node* parse_subscript(Node* node);
  Node* parse_subscribed();
  Node* parse_call(Node* callee);
  void parse_arguments(Node* node);
  Node* parse_filter(Node* input, bool start_inline);
  Node* parse_test(Node* subject);
  std::string parse_dotted();
  Node* parse_target(bool with_tuple, bool with_namespace);
  void check_target(Node* node);
  enum class TupleOf { Expressions, ExpressionsWithoutIf, Primaries };
  Node* parse_tuple(TupleOf of, bool parenthesised = false, bool with_namespace = false);

  const Token& now() const { return tokens_[at_]; }
  const Token& peek() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  const Token& take() {
    const Token& token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool at_operator(std::string_view op) const {
    return now().type == TokenType::Operator && now().text == op;
  }
  bool at_word(std::string_view word) const {
    return now().type == TokenType::Name && now().text == word;
  }
  bool skip_operator(std::string_view op);
  bool skip_word(std::string_view word);
  const Token& expect_type(TokenType type, std::string_view what);
  void expect_operator(std::string_view op);
  void expect_word(std::string_view word);
  [[noreturn]] void fail(const std::string& message, const Token& token) const;
  Node* make(NodeType type, const Token& token);
  Node* make_name(const Token& token);
  Node* binary(NodeType type, const Token& token, Node* left, Node* right);

  Program& program_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;  // of open constructs, to stay within the stack
  friend class DepthGuard;
};

class DepthGuard {
 public:
  explicit DepthGuard(Parser& parser);
  ~DepthGuard() { --parser_.depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;

 private:
  Parser& parser_;
};

}  // namespace leitai::jinja
