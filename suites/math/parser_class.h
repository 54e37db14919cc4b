#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suites/math/lexer.h"
#include "suites/math/node.h"

namespace leitai::math {

/// Recursive descent. Once `failed_` is set every method returns at once and the tree is void.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  std::optional<Node> run();

 private:
  struct Items {
    std::vector<Node> nodes;
    std::string separator = ",";  // ";", "or", "and", ","
  };

  // parser.cpp: lists, relations, sums, products
  Items items();  // up to a closer or the end
  Node as_list(Items items);
  Node item();
  Node words();
  Node relation();
  Node set_expression();
  Node ratio();
  Node sum();
  Node term();
  Node signed_factor();
  Node factor();
  Node postfix(Node base);
  bool mixed_number(Node& left);
  bool unit_behind(Node& value);

  // parser_primary.cpp: what stands alone
  Node primary();
  Node letter();
  Node group(std::string_view closer);  // behind "{"
  Node brackets(char open);             // behind "(" or "["
  Node braces();                        // behind "\{"
  Node bars();
  Node matrix(const std::string& name);  // behind \begin{name}
  Node function(const std::string& name);
  Node function_argument();
  Node exponent();
  Node argument();  // of \frac and the like: a group or one token, of digits only the first
  Node argument_of_subscript();
  Node root();
  Node combination(const std::string& letter, Node n, Node k);
  Node extreme(const std::string& name, const Node& argument);

  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool is(std::string_view symbol) const { return peek().is(symbol); }
  bool accept(std::string_view symbol) {
    if (!is(symbol)) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view symbol) {
    if (!accept(symbol)) failed_ = true;
  }
  Node fail() {
    failed_ = true;
    return Node(Kind::EmptySet);
  }
  bool starts_factor() const;
  bool at_boundary() const;  // end, closer or separator

  /// Counts depth for as long as it lives.
  class Depth {
   public:
    explicit Depth(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxDepth) parser_.failed_ = true;
    }
    ~Depth() { --parser_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    Parser& parser_;
  };

  static constexpr int kMaxDepth = 150;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int bars_ = 0;
  bool failed_ = false;
};

}  // namespace leitai::math
