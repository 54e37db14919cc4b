#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/jinja/runtime.h"

namespace leitai::jinja {

/// Variables of one scope. A macro keeps the scope it is defined in.
struct ScopeFrame {
  std::shared_ptr<ScopeFrame> parent;
  std::vector<std::pair<int, Value>> variables;
  void set(int symbol, Value value);
};
using ScopePtr = std::shared_ptr<ScopeFrame>;

struct MacroObject : Object {
  const Node* node = nullptr;
  ScopePtr scope;
  std::string name;
};

struct LoopObject : Object {
  std::shared_ptr<const std::vector<Value>> items;
  std::size_t index = 0;
  int depth = 0;
  const Node* node = nullptr;
  ScopePtr scope;  // around the loop
  std::vector<Value> changed;
  bool has_changed = false;
};

class Evaluator : public Runtime {
 public:
  Evaluator(const Program& program, const nlohmann::ordered_json& context,
            const RenderOptions& options);
  ~Evaluator() override;
  std::string run();

 protected:
  Value call_macro(const Value& macro, Args& args) override;
  Value macro_attribute(const Value& macro, const std::string& name) override;
  Value loop_attribute(const Value& loop, const std::string& name) override;
  Value call_loop(const Value& loop, Args& args) override;

 private:
  enum class Flow { Normal, Break, Continue };

  // evaluator.cpp: statements
  Flow execute(const std::vector<Node*>& body);
  Flow execute(const Node& node);
  void execute_output(const Node& node);
  Flow execute_if(const Node* node);
  Flow execute_for(const Node& node, const Value& iterable, int depth, const ScopePtr& around);
  Flow execute_set_block(const Node& node);
  Flow execute_with(const Node& node);
  void execute_call_block(const Node& node);
  Flow execute_scoped(const std::vector<Node*>& body, ScopePtr parent);
  std::string capture_scoped(const std::vector<Node*>& body, ScopePtr parent, Flow* flow = nullptr);
  void assign(const Node& target, Value value);
  void emit(std::string_view text);
  Value make_macro(const Node& node);
  ScopePtr new_scope(ScopePtr parent);

  // evaluator_expression.cpp
  Value evaluate(const Node& node);
  Value evaluate_call(const Node& node);
  Value evaluate_filter(const Node& node, const Value* inner);
  Value evaluate_compare(const Node& node);
  Value evaluate_getitem(const Node& node);
  Value evaluate_items(const Node& node);
  Value evaluate_operator(const Node& node);
  Args evaluate_arguments(const Node& node);
  Value lookup(int symbol);
  Value blocks();
  void at(const Node& node) {
    line_ = node.line;
    column_ = node.column;
  }

  const Program& program_;
  const nlohmann::ordered_json& context_;
  std::vector<std::optional<Value>>
      outer_;  // by symbol: from the context and the globals, once looked up
  ScopePtr root_;
  ScopePtr scope_;
  std::vector<ScopePtr> scopes_kept_;  // that macros hold
  std::string* out_ = nullptr;
  int line_ = 0, column_ = 0;
};

}  // namespace leitai::jinja
