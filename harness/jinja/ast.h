#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/jinja/jinja.h"
#include "harness/jinja/value.h"

/// The parsed form of a template.
namespace leitai::jinja {

enum class NodeType : std::uint8_t {
  // Expressions. Kids in order of evaluation unless said otherwise.
  Const,  // value
  Name,   // name, symbol
  NsRef,  // name.text, only as target
  TupleExpr,
  ListExpr,
  DictExpr,    // kids: key, value, key, value, ...
  Getattr,     // kids[0].text
  Getitem,     // kids[0][kids[1]]
  SliceExpr,   // kids: start, stop, step; null where absent
  Call,        // kids[0](arguments)
  FilterExpr,  // kids[0] | text(arguments); kids[0] is null in a block filter
  TestExpr,    // kids[0] is text(arguments)
  CondExpr,    // kids: test, then, else (null where absent)
  And,
  Or,
  Not,
  Neg,
  Pos,
  Binary,   // text: operator
  Compare,  // kids: first, operand, operand ...; operators
  Concat,
  // Statements.
  Output,       // kids: Const strings and expressions
  If,           // kids: test; body; orelse (an elif is an If in orelse)
  For,          // kids: target, iterable, test (or null); body; orelse; flag: recursive
  Set,          // kids: target, value
  SetBlock,     // kids: target, filter chain (or null); body
  With,         // kids: target, value, target, value ...; body
  Macro,        // name; parameters; defaults; body
  CallBlock,    // kids: call; parameters; defaults; body
  FilterBlock,  // kids: filter chain; body
  Scope,        // body in a scope of its own (generation, autoescape)
  Block,        // text; body
  Loader,       // include, import, extends: kids[0] names a template, and there are none to load
  Break,
  Continue
};

struct Node {
  NodeType type = NodeType::Const;
  bool flag = false;
  bool uses_varargs = false, uses_kwargs = false, uses_caller = false;  // Macro, CallBlock
  int line = 0, column = 0;
  int symbol = -1;   // of `name`
  std::string text;  // attribute, filter, test, operator, name
  Value value;
  std::vector<Node*> kids;
  std::vector<Node*> arguments;                      // Call, FilterExpr, TestExpr: positional
  std::vector<std::pair<std::string, Node*>> named;  // keyword arguments
  Node* star = nullptr;                              // *args
  Node* star_star = nullptr;                         // **kwargs
  std::vector<std::string> operators;                // Compare
  std::vector<Node*> parameters;                     // Macro, CallBlock: Name nodes
  std::vector<Node*> defaults;                       // of the last parameters
  std::vector<Node*> body, orelse;
};

struct Program {
  Environment environment = Environment::Chat;
  std::deque<Node> nodes;  // owns all of them, so that freeing does not recurse
  std::vector<Node*> body;
  std::vector<std::string> symbols;
  std::unordered_map<std::string, int> symbol_of;
  int intern(const std::string& name);
};

/// Parses and checks; throws TemplateError.
std::shared_ptr<const Program> parse_program(std::string_view source, Environment environment);

/// What Jinja finds out when it compiles: unknown filters and tests, break outside a loop, blocks
/// defined twice.
void check_program(Program& program);

}  // namespace leitai::jinja
