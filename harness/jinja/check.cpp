#include <algorithm>
#include <set>

#include "harness/jinja/ast.h"
#include "harness/jinja/runtime.h"

namespace leitai::jinja {

namespace {

constexpr int kMaxDepth = 900;  // of the tree

struct Place {
  bool in_loop = false;
  bool is_soft =
      false;  // inside a condition: an unknown filter or test fails only when it is reached
};

class Checker {
 public:
  explicit Checker(Environment environment) : environment_(environment) {}

  void statements(const std::vector<Node*>& body, Place place) {
    for (Node* node : body) statement(*node, place);
  }

 private:
  [[noreturn]] static void fail(const Node& node, const char* kind, const std::string& message) {
    throw TemplateError(kind, message, node.line, node.column);
  }

  struct Level {
    Level(int& depth, const Node& node) : depth_(depth) {
      if (++depth_ > kMaxDepth) {
        --depth_;
        fail(node, "RecursionError", "the template is nested too deeply");
      }
    }
    ~Level() { --depth_; }
    int& depth_;
  };

  void expressions(const std::vector<Node*>& nodes, bool is_soft) {
    for (Node* node : nodes) expression(node, is_soft);
  }

  void expression(Node* node, bool is_soft) {
    if (!node) return;
    const Level level(depth_, *node);
    if (node->type == NodeType::Name || node->type == NodeType::NsRef) {
      for (const auto& [name, used] : special_) {
        if (node->type == NodeType::Name && program_text(*node) == name) *used = true;
      }
    }
    if (!is_soft && node->type == NodeType::FilterExpr && !has_filter(environment_, node->text)) {
      fail(*node, "TemplateAssertionError", "No filter named '" + node->text + "'.");
    }
    if (!is_soft && node->type == NodeType::TestExpr && !has_test(node->text)) {
      fail(*node, "TemplateAssertionError", "No test named '" + node->text + "'.");
    }
    const bool soft = is_soft || node->type == NodeType::CondExpr;
    expressions(node->kids, soft);
    expressions(node->arguments, soft);
    for (const auto& [name, value] : node->named) expression(value, soft);
    expression(node->star, soft);
    expression(node->star_star, soft);
  }

  static const std::string& program_text(const Node& node) { return node.text; }

  void target(const Node& node, bool in_loop_body) {
    if (in_loop_body && node.type == NodeType::Name && node.text == "loop") {
      fail(node, "TemplateAssertionError", "Can't assign to special loop variable in for-loop");
    }
    for (const Node* kid : node.kids) target(*kid, in_loop_body);
  }

  /// The body of a macro or call block; finds out which of varargs, kwargs and caller it names.
  void callable(Node& node) {
    const auto outer = special_;
    special_ = {{"varargs", &node.uses_varargs},
                {"kwargs", &node.uses_kwargs},
                {"caller", &node.uses_caller}};
    std::set<std::string> names;
    for (const Node* parameter : node.parameters) {
      if (!names.insert(parameter->text).second)
        fail(*parameter, "SyntaxError", "duplicate argument '" + parameter->text + "'");
    }
    expressions(node.defaults, false);
    statements(node.body, {});
    special_ = outer;
    for (const Node* parameter : node.parameters) {  // a parameter of that name is no special one
      if (parameter->text == "varargs") node.uses_varargs = false;
      if (parameter->text == "kwargs") node.uses_kwargs = false;
      if (parameter->text == "caller") node.uses_caller = false;
    }
    for (const auto& [name, used] :
         outer) {  // nested use counts for the outer one too, as Jinja's search goes in
      const bool inner = name == "varargs"  ? node.uses_varargs
                         : name == "kwargs" ? node.uses_kwargs
                                            : node.uses_caller;
      if (inner) *used = true;
    }
  }

  void statement(Node& node, Place place) {
    const Level level(depth_, node);
    const bool soft = place.is_soft;
    switch (node.type) {
      case NodeType::If:
        expressions(node.kids, true);
        statements(node.body, {place.in_loop, true});
        statements(node.orelse, {place.in_loop, true});
        break;
      case NodeType::For:
        target(*node.kids[0], true);
        expression(node.kids[1], soft);
        expression(node.kids[2], false);
        statements(node.body, {true, false});
        statements(node.orelse, {place.in_loop, false});
        break;
      case NodeType::Set:
        target(*node.kids[0], place.in_loop);
        expressions(node.kids, soft);
        break;
      case NodeType::SetBlock:
        expression(node.kids[1], false);
        statements(node.body, {place.in_loop, false});
        break;
      case NodeType::Macro:
      case NodeType::CallBlock:
        if (node.type == NodeType::CallBlock) expressions(node.kids, soft);
        callable(node);
        break;
      case NodeType::Block:
        if (!blocks_.insert(node.text).second)
          fail(node, "TemplateAssertionError", "block '" + node.text + "' defined twice");
        statements(node.body, {});
        break;
      case NodeType::Break:
      case NodeType::Continue:
        if (!place.in_loop) {
          fail(node, "SyntaxError",
               node.type == NodeType::Break ? "'break' outside loop"
                                            : "'continue' not properly in loop");
        }
        break;
      case NodeType::Scope:
        expressions(node.kids, soft);
        statements(node.body, {place.in_loop && node.text != "generation", false});
        break;
      case NodeType::Output:
      case NodeType::Loader:
        expressions(node.kids, soft);
        break;
      default:
        expressions(node.kids, false);
        statements(node.body, {place.in_loop, false});
    }
  }

  const Environment environment_;
  std::vector<std::pair<std::string, bool*>> special_;
  std::set<std::string> blocks_;
  int depth_ = 0;
};

}  // namespace

void check_program(Program& program) { Checker(program.environment).statements(program.body, {}); }

}  // namespace leitai::jinja
