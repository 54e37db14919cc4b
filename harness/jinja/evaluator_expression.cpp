#include <algorithm>

#include "harness/jinja/evaluator.h"

namespace leitai::jinja {

Value Evaluator::lookup(int symbol) {
  for (const ScopeFrame* scope = scope_.get(); scope; scope = scope->parent.get()) {
    for (const auto& [known, value] : scope->variables) {
      if (known == symbol) return value;
    }
  }
  std::optional<Value>& outer = outer_[static_cast<std::size_t>(symbol)];
  if (!outer) {
    const std::string& name = program_.symbols[static_cast<std::size_t>(symbol)];
    const auto found = context_.find(name);
    if (found != context_.end()) {
      outer = Value::from_json(*found);
    } else {
      outer = name == "self" ? std::optional<Value>(blocks()) : global(environment_, name);
      if (!outer) outer = Value::undefined("'" + name + "' is undefined");
    }
  }
  return *outer;
}

/// What `self` is: the blocks, as functions.
Value Evaluator::blocks() {
  Value self = Value::function("self", [](Runtime&, Args&) -> Value {
    raise_type("'TemplateReference' object is not callable");
  });
  for (const Node& node : program_.nodes) {
    if (node.type != NodeType::Block) continue;
    self.as_function().attributes.emplace_back(
        node.text, Value::function(node.text, [this, &node](Runtime&, Args&) {
          const Nesting nesting(*this);
          return Value::string(capture_scoped(node.body, root_));
        }));
  }
  return self;
}

Value Evaluator::evaluate(const Node& node) {
  if (node.type == NodeType::Const) return node.value;
  if (node.type == NodeType::Name) {
    at(node);
    return lookup(node.symbol);
  }
  const Nesting nesting(*this);
  tick();
  switch (node.type) {
    case NodeType::TupleExpr:
    case NodeType::ListExpr:
    case NodeType::DictExpr:
      return evaluate_items(node);
    case NodeType::Getattr: {
      const Value subject = evaluate(*node.kids[0]);
      at(node);
      return attribute(subject, node.text);
    }
    case NodeType::Getitem:
      return evaluate_getitem(node);
    case NodeType::SliceExpr:
      at(node);
      raise("UnsupportedError", "a slice among several subscripts is not supported");
    case NodeType::Call:
      return evaluate_call(node);
    case NodeType::FilterExpr:
      return evaluate_filter(node, nullptr);
    case NodeType::TestExpr: {
      const Value subject = evaluate(*node.kids[0]);
      Args args = evaluate_arguments(node);
      at(node);
      return Value::boolean(test(node.text, subject, args));
    }
    case NodeType::Compare:
      return evaluate_compare(node);
    default:
      return evaluate_operator(node);
  }
}

Value Evaluator::evaluate_operator(const Node& node) {
  switch (node.type) {
    case NodeType::CondExpr: {
      const Value condition = evaluate(*node.kids[0]);
      at(node);
      if (truthy(condition)) return evaluate(*node.kids[1]);
      if (node.kids[2]) return evaluate(*node.kids[2]);
      return Value::undefined("the inline if-expression on line " + std::to_string(node.line) +
                                  " evaluated to false and no else section was defined.",
                              "UndefinedError", true);
    }
    case NodeType::And:
    case NodeType::Or: {
      Value left = evaluate(*node.kids[0]);
      at(node);
      return truthy(left) == (node.type == NodeType::Or) ? left : evaluate(*node.kids[1]);
    }
    case NodeType::Not: {
      const Value value = evaluate(*node.kids[0]);
      at(node);
      return Value::boolean(!truthy(value));
    }
    case NodeType::Neg:
    case NodeType::Pos: {
      const Value value = evaluate(*node.kids[0]);
      at(node);
      return negate(value, node.type == NodeType::Neg);
    }
    case NodeType::Concat: {
      std::vector<Value> parts;
      for (const Node* kid : node.kids) parts.push_back(evaluate(*kid));
      at(node);
      std::string joined;
      for (const Value& part : parts) {
        joined += text(part);
        check_text(joined.size());
      }
      tick(joined.size() / 64);
      return Value::string(std::move(joined));
    }
    default: {
      const Value left = evaluate(*node.kids[0]);
      const Value right = evaluate(*node.kids[1]);
      at(node);
      return arithmetic(node.text, left, right);
    }
  }
}

Value Evaluator::evaluate_items(const Node& node) {
  check_items(node.kids.size());
  if (node.type == NodeType::DictExpr) {
    auto dict = std::make_shared<DictObject>();
    for (std::size_t i = 0; i + 1 < node.kids.size(); i += 2) {
      const Value key = evaluate(*node.kids[i]);
      Value value = evaluate(*node.kids[i + 1]);
      at(node);
      if (is_strict(key)) raise_undefined(key);
      dict->set(key, std::move(value));
    }
    return Value::dict(std::move(dict));
  }
  std::vector<Value> items;
  items.reserve(node.kids.size());
  for (const Node* kid : node.kids) items.push_back(evaluate(*kid));
  return Value::list(std::move(items), node.type == NodeType::TupleExpr ? Kind::Tuple : Kind::List);
}

Value Evaluator::evaluate_getitem(const Node& node) {
  const Value subject = evaluate(*node.kids[0]);
  const Node& key = *node.kids[1];
  if (key.type != NodeType::SliceExpr) {
    const Value index = evaluate(key);
    at(node);
    return item(subject, index);
  }
  Value parts[3];
  const Value* given[3] = {nullptr, nullptr, nullptr};
  for (std::size_t i = 0; i < 3; ++i) {
    if (!key.kids[i]) continue;
    parts[i] = evaluate(*key.kids[i]);
    given[i] = &parts[i];
  }
  at(node);
  return slice(subject, given[0], given[1], given[2]);
}

Args Evaluator::evaluate_arguments(const Node& node) {
  Args args;
  args.positional.reserve(node.arguments.size());
  for (const Node* argument : node.arguments) args.positional.push_back(evaluate(*argument));
  for (const auto& [name, value] : node.named) args.named.emplace_back(name, evaluate(*value));
  if (node.star) {
    for (Value& value : iterate(evaluate(*node.star))) args.positional.push_back(std::move(value));
  }
  if (node.star_star) {
    const Value rest = evaluate(*node.star_star);
    if (!rest.is(Kind::Dict))
      raise_type("argument after ** must be a mapping, not " + type_name(rest));
    for (const auto& [key, value] : rest.map().items) {
      if (!key.is(Kind::String)) raise_type("keywords must be strings");
      const bool is_twice =
          std::any_of(args.named.begin(), args.named.end(),
                      [&key = key](const auto& n) { return n.first == key.text(); });
      if (is_twice) raise_type("got multiple values for keyword argument '" + key.text() + "'");
      args.named.emplace_back(key.text(), value);
    }
  }
  return args;
}

Value Evaluator::evaluate_call(const Node& node) {
  const Value callee = evaluate(*node.kids[0]);
  Args args = evaluate_arguments(node);
  at(node);
  return call(callee, args);
}

/// `inner` stands for the missing innermost input of a block's filter chain.
Value Evaluator::evaluate_filter(const Node& node, const Value* inner) {
  const Nesting nesting(*this);
  const Node* below = node.kids[0];
  const Value input = !below                                ? *inner
                      : below->type == NodeType::FilterExpr ? evaluate_filter(*below, inner)
                                                            : evaluate(*below);
  Args args = evaluate_arguments(node);
  at(node);
  return filter(node.text, input, args);
}

Value Evaluator::evaluate_compare(const Node& node) {
  Value left = evaluate(*node.kids[0]);
  for (std::size_t i = 0; i < node.operators.size(); ++i) {
    Value right = evaluate(*node.kids[i + 1]);
    at(node);
    const std::string& op = node.operators[i];
    bool holds = false;
    if (op == "==" || op == "!=") {
      holds = same(left, right) == (op == "==");
    } else if (op == "in" || op == "not in") {
      holds = contains(right, left) == (op == "in");
    } else if (op == "<" || op == "<=") {
      holds = less(left, right, op.c_str(), op == "<=");
    } else {
      // Python's a > b; the type error names the operator with a first
      if (left.kind() != right.kind() && !(left.is_number() && right.is_number()) &&
          !left.is_undefined() && !right.is_undefined()) {
        less(left, right, op.c_str());
      }
      holds = less(right, left, op.c_str(), op == ">=");
    }
    if (!holds) return Value::boolean(false);
    left = std::move(right);
  }
  return Value::boolean(true);
}

Value Evaluator::macro_attribute(const Value& value, const std::string& name) {
  const auto& macro = static_cast<const MacroObject&>(*value.shared());
  const Node& node = *macro.node;
  if (name == "name")
    return node.type == NodeType::CallBlock ? Value::none() : Value::string(macro.name);
  if (name == "arguments") {
    std::vector<Value> names;
    for (const Node* parameter : node.parameters) names.push_back(Value::string(parameter->text));
    return Value::tuple(std::move(names));
  }
  if (name == "catch_kwargs") return Value::boolean(node.uses_kwargs);
  if (name == "catch_varargs") return Value::boolean(node.uses_varargs);
  if (name == "caller") return Value::boolean(node.uses_caller);
  return Value::undefined("'jinja2.runtime.Macro object' has no attribute '" + name + "'");
}

Value Evaluator::loop_attribute(const Value& value, const std::string& name) {
  const auto loop = std::static_pointer_cast<LoopObject>(value.shared());
  const auto size = static_cast<BigInt>(loop->items->size());
  const auto index = static_cast<BigInt>(loop->index);
  if (name == "index") return Value::integer(index + 1);
  if (name == "index0") return Value::integer(index);
  if (name == "revindex") return Value::integer(size - index);
  if (name == "revindex0") return Value::integer(size - index - 1);
  if (name == "first") return Value::boolean(index == 0);
  if (name == "last") return Value::boolean(index + 1 == size);
  if (name == "length") return Value::integer(size);
  if (name == "depth") return Value::integer(loop->depth + 1);
  if (name == "depth0") return Value::integer(loop->depth);
  if (name == "previtem")
    return index > 0 ? (*loop->items)[loop->index - 1]
                     : Value::undefined("there is no previous item");
  if (name == "nextitem")
    return index + 1 < size ? (*loop->items)[loop->index + 1]
                            : Value::undefined("there is no next item");
  if (name == "cycle") {
    return Value::function("cycle", [loop](Runtime&, Args& args) {
      if (args.positional.empty()) raise_type("no items for cycling given");
      return args.positional[loop->index % args.positional.size()];
    });
  }
  if (name == "changed") {
    return Value::function("changed", [value](Runtime& runtime, Args& args) {
      auto& self = static_cast<LoopObject&>(*value.shared());
      bool is_same = self.has_changed && self.changed.size() == args.positional.size();
      for (std::size_t i = 0; is_same && i < args.positional.size(); ++i)
        is_same = runtime.same(self.changed[i], args.positional[i]);
      if (is_same) return Value::boolean(false);
      if (!self.has_changed) runtime.hold(value);
      self.has_changed = true;
      self.changed = args.positional;
      return Value::boolean(true);
    });
  }
  return Value::undefined("'jinja2.runtime.LoopContext object' has no attribute '" + name + "'");
}

}  // namespace leitai::jinja
