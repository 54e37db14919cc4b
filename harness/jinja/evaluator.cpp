#include "harness/jinja/evaluator.h"

#include <algorithm>

namespace leitai::jinja {

void ScopeFrame::set(int symbol, Value value) {
  for (auto& [known, old] : variables) {
    if (known == symbol) {
      old = std::move(value);
      return;
    }
  }
  variables.emplace_back(symbol, std::move(value));
}

Evaluator::Evaluator(const Program& program, const nlohmann::ordered_json& context,
                     const RenderOptions& options)
    : Runtime(program.environment, options),
      program_(program),
      context_(context),
      outer_(program.symbols.size()) {
  root_ = std::make_shared<ScopeFrame>();
  scope_ = root_;
}

/// Macros hold scopes that hold macros, so these are emptied by hand.
Evaluator::~Evaluator() {
  for (const ScopePtr& scope : scopes_kept_) scope->variables.clear();
  root_->variables.clear();
  for (const Value& value : held_) {
    switch (value.kind()) {
      case Kind::Namespace:
        value.as_namespace().attributes.clear();
        break;
      case Kind::List:
        value.seq().items.clear();
        break;
      case Kind::Dict:
        value.map().clear();
        break;
      case Kind::Loop: {
        auto& loop = static_cast<LoopObject&>(*value.shared());
        loop.scope.reset();
        loop.changed.clear();
        break;
      }
      default:
        break;
    }
  }
}

std::string Evaluator::run() {
  std::string out;
  out_ = &out;
  try {
    execute(program_.body);
  } catch (const TemplateError& error) {
    if (error.line() > 0) throw;
    throw TemplateError(error.kind(), error.message(), line_, column_);
  }
  return out;
}

void Evaluator::emit(std::string_view text) {
  check_text(out_->size() + text.size());
  tick(text.size() / 64);
  out_->append(text);
}

ScopePtr Evaluator::new_scope(ScopePtr parent) {
  auto scope = std::make_shared<ScopeFrame>();
  scope->parent = std::move(parent);
  return scope;
}

Evaluator::Flow Evaluator::execute(const std::vector<Node*>& body) {
  for (const Node* node : body) {
    const Flow flow = execute(*node);
    if (flow != Flow::Normal) return flow;
  }
  return Flow::Normal;
}

Evaluator::Flow Evaluator::execute(const Node& node) {
  const Nesting nesting(*this);
  tick();
  switch (node.type) {
    case NodeType::Output:
      execute_output(node);
      break;
    case NodeType::If:
      return execute_if(&node);
    case NodeType::For: {
      const Value iterable = evaluate(*node.kids[1]);
      at(node);
      return execute_for(node, iterable, 0, scope_);
    }
    case NodeType::Set:
      assign(*node.kids[0], evaluate(*node.kids[1]));
      break;
    case NodeType::SetBlock:
      return execute_set_block(node);
    case NodeType::With:
      return execute_with(node);
    case NodeType::Macro:
      assign(*node.kids[0], make_macro(node));
      break;
    case NodeType::CallBlock:
      execute_call_block(node);
      break;
    case NodeType::FilterBlock: {
      Flow flow = Flow::Normal;
      const Value body = Value::string(capture_scoped(node.body, scope_, &flow));
      if (flow != Flow::Normal) return flow;
      const Value result = evaluate_filter(*node.kids[0], &body);
      emit(this->text(result));
      break;
    }
    case NodeType::Scope:
      if (node.text == "autoescape" && truthy(evaluate(*node.kids[0]))) {
        at(node);
        raise("UnsupportedError", "autoescape is not supported");
      }
      return execute_scoped(node.body, scope_);
    case NodeType::Block:
      if (node.flag) {
        at(node);
        raise("TemplateRuntimeError", "Required block '" + node.text + "' not found");
      }
      return execute_scoped(node.body, root_);
    case NodeType::Loader:
      evaluate(*node.kids[0]);
      at(node);
      if (is_chat()) raise_type("no loader for this environment specified");
      raise("AttributeError", "'Environment' object has no attribute 'get_source'");
    case NodeType::Break:
      return Flow::Break;
    case NodeType::Continue:
      return Flow::Continue;
    default:
      break;
  }
  return Flow::Normal;
}

void Evaluator::execute_output(const Node& node) {
  for (const Node* kid : node.kids) {
    if (kid->type == NodeType::Const && kid->value.is(Kind::String)) {
      emit(kid->value.text());
      continue;
    }
    const Value value = evaluate(*kid);
    at(*kid);
    emit(text(value));
  }
}

Evaluator::Flow Evaluator::execute_if(const Node* node) {
  while (true) {
    const Value condition = evaluate(*node->kids[0]);
    at(*node);
    if (truthy(condition)) return execute(node->body);
    if (node->orelse.size() == 1 && node->orelse[0]->type == NodeType::If) {
      node = node->orelse[0];
      tick();
      continue;
    }
    return execute(node->orelse);
  }
}

Evaluator::Flow Evaluator::execute_for(const Node& node, const Value& iterable, int depth,
                                       const ScopePtr& around) {
  const ScopePtr before = scope_;
  const Node& target = *node.kids[0];
  std::vector<Value> items = iterate(iterable);
  try {
    if (node.kids[2]) {
      std::vector<Value> chosen;
      for (Value& item : items) {
        tick();
        scope_ = new_scope(around);
        assign(target, item);
        const Value keeps = evaluate(*node.kids[2]);
        if (truthy(keeps)) chosen.push_back(std::move(item));
      }
      items = std::move(chosen);
    }
    const auto loop = std::make_shared<LoopObject>();
    loop->items = std::make_shared<const std::vector<Value>>(std::move(items));
    loop->depth = depth;
    loop->node = &node;
    const auto symbol = program_.symbol_of.find("loop");
    const Value loop_value = Value::object(Kind::Loop, loop);
    if (node.flag) {  // can be called again, and then may hold itself by way of the scope
      loop->scope = around;
      hold(loop_value);
    }
    const auto& all = *loop->items;
    ScopePtr inner;
    for (std::size_t i = 0; i < all.size(); ++i) {
      tick();
      loop->index = i;
      if (inner.use_count() == 2) {  // only here and in scope_
        inner->variables.clear();
      } else {
        inner = new_scope(around);
        scope_ = inner;
      }
      if (symbol != program_.symbol_of.end()) inner->set(symbol->second, loop_value);
      assign(target, all[i]);
      if (execute(node.body) == Flow::Break) break;
    }
    scope_ = before;
    if (all.empty() && !node.orelse.empty()) {
      const Flow flow = execute_scoped(node.orelse, around);
      if (flow != Flow::Normal) return flow;
    }
  } catch (...) {
    scope_ = before;
    throw;
  }
  return Flow::Normal;
}

Evaluator::Flow Evaluator::execute_scoped(const std::vector<Node*>& body, ScopePtr parent) {
  const ScopePtr before = scope_;
  scope_ = new_scope(std::move(parent));
  try {
    const Flow flow = execute(body);
    scope_ = before;
    return flow;
  } catch (...) {
    scope_ = before;
    throw;
  }
}

std::string Evaluator::capture_scoped(const std::vector<Node*>& body, ScopePtr parent, Flow* flow) {
  std::string text;
  std::string* const before = out_;
  out_ = &text;
  try {
    const Flow result = execute_scoped(body, std::move(parent));
    if (flow) *flow = result;
  } catch (...) {
    out_ = before;
    throw;
  }
  out_ = before;
  return text;
}

Evaluator::Flow Evaluator::execute_set_block(const Node& node) {
  Flow flow = Flow::Normal;
  Value value = Value::string(capture_scoped(node.body, scope_, &flow));
  if (flow != Flow::Normal) return flow;
  if (node.kids[1]) value = evaluate_filter(*node.kids[1], &value);
  assign(*node.kids[0], std::move(value));
  return Flow::Normal;
}

Evaluator::Flow Evaluator::execute_with(const Node& node) {
  const ScopePtr before = scope_;
  std::vector<Value> values;
  for (std::size_t i = 1; i < node.kids.size(); i += 2) values.push_back(evaluate(*node.kids[i]));
  scope_ = new_scope(before);
  try {
    for (std::size_t i = 0; i < values.size(); ++i) assign(*node.kids[2 * i], values[i]);
    const Flow flow = execute(node.body);
    scope_ = before;
    return flow;
  } catch (...) {
    scope_ = before;
    throw;
  }
}

Value Evaluator::make_macro(const Node& node) {
  auto macro = std::make_shared<MacroObject>();
  macro->node = &node;
  macro->scope = scope_;
  macro->name = node.text;
  scopes_kept_.push_back(scope_);
  tick();
  return Value::object(Kind::Macro, std::move(macro));
}

void Evaluator::execute_call_block(const Node& node) {
  const Node& call_node = *node.kids[0];
  const Value callee = evaluate(*call_node.kids[0]);
  Args args = evaluate_arguments(call_node);
  args.named.emplace_back("caller", make_macro(node));
  at(node);
  const Value result = call(callee, args);
  at(node);
  emit(text(result));
}

void Evaluator::assign(const Node& target, Value value) {
  at(target);
  if (target.type == NodeType::Name) {
    scope_->set(target.symbol, std::move(value));
  } else if (target.type == NodeType::NsRef) {
    const Value space = lookup(target.symbol);
    if (!space.is(Kind::Namespace))
      raise("TemplateRuntimeError", "cannot assign attribute on non-namespace object");
    if (is_chat() && target.text.starts_with('_')) {
      raise("SecurityError",
            "Chat templates cannot store underscore-prefixed attributes on a namespace, but got '" +
                target.text + "'.");
    }
    space.as_namespace().attributes.set(Value::string(target.text), std::move(value));
  } else {
    if (value.is_number() || value.is(Kind::None))
      raise_type("cannot unpack non-iterable " + type_name(value) + " object");
    const std::vector<Value> items = iterate(value);
    const std::string expected = std::to_string(target.kids.size());
    if (items.size() < target.kids.size()) {
      raise("ValueError", "not enough values to unpack (expected " + expected + ", got " +
                              std::to_string(items.size()) + ")");
    }
    if (items.size() > target.kids.size())
      raise("ValueError", "too many values to unpack (expected " + expected + ")");
    for (std::size_t i = 0; i < items.size(); ++i) assign(*target.kids[i], items[i]);
  }
}

Value Evaluator::call_macro(const Value& value, Args& args) {
  const Nesting nesting(*this);
  const auto macro = std::static_pointer_cast<MacroObject>(value.shared());
  const Node& node = *macro->node;
  const std::string shown = "macro " + (macro->name == "caller" && node.type == NodeType::CallBlock
                                            ? std::string("None")
                                            : quote_text(macro->name));
  const std::size_t count = node.parameters.size();
  const ScopePtr inner = new_scope(macro->scope);
  const ScopePtr before = scope_;
  scope_ = inner;
  std::string text;
  std::string* const out_before = out_;
  try {
    std::vector<bool> is_given(count, false);
    for (std::size_t i = 0; i < count; ++i) {
      const Node& parameter = *node.parameters[i];
      if (i < args.positional.size()) {
        inner->set(parameter.symbol, args.positional[i]);
        is_given[i] = true;
        continue;
      }
      const auto named = std::find_if(args.named.begin(), args.named.end(),
                                      [&](const auto& n) { return n.first == parameter.text; });
      if (named != args.named.end()) {
        inner->set(parameter.symbol, named->second);
        is_given[i] = true;
        args.named.erase(named);
      }
    }
    const auto special = [&](const char* name, Value what) {
      const auto symbol = program_.symbol_of.find(name);
      if (symbol != program_.symbol_of.end()) inner->set(symbol->second, std::move(what));
    };
    if (node.uses_caller) {
      const auto caller = std::find_if(args.named.begin(), args.named.end(),
                                       [](const auto& n) { return n.first == "caller"; });
      special("caller",
              caller == args.named.end() ? Value::undefined("No caller defined") : caller->second);
      if (caller != args.named.end()) args.named.erase(caller);
    }
    if (node.uses_kwargs) {
      auto kwargs = std::make_shared<DictObject>();
      for (auto& [name, named] : args.named) kwargs->set(Value::string(name), std::move(named));
      special("kwargs", Value::dict(std::move(kwargs)));
    } else if (!args.named.empty()) {
      raise_type(shown + " takes no keyword argument '" + args.named[0].first + "'");
    }
    if (node.uses_varargs) {
      std::vector<Value> rest;
      for (std::size_t i = count; i < args.positional.size(); ++i)
        rest.push_back(args.positional[i]);
      special("varargs", Value::tuple(std::move(rest)));
    } else if (args.positional.size() > count) {
      raise_type(shown + " takes not more than " + std::to_string(count) + " argument(s)");
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (is_given[i]) continue;
      const std::size_t first_default = count - node.defaults.size();
      const Node& parameter = *node.parameters[i];
      inner->set(parameter.symbol,
                 i >= first_default
                     ? evaluate(*node.defaults[i - first_default])
                     : Value::undefined("parameter '" + parameter.text + "' was not provided"));
    }
    out_ = &text;
    execute(node.body);
  } catch (...) {
    scope_ = before;
    out_ = out_before;
    throw;
  }
  scope_ = before;
  out_ = out_before;
  return Value::string(std::move(text));
}

Value Evaluator::call_loop(const Value& value, Args& args) {
  const Nesting nesting(*this);
  const auto loop = std::static_pointer_cast<LoopObject>(value.shared());
  if (!loop->node->flag) {
    raise_type("The loop must have the 'recursive' marker to be called recursively.");
  }
  if (args.positional.size() != 1 || !args.named.empty())
    raise_type("loop() takes exactly one argument");
  std::string text;
  std::string* const before = out_;
  out_ = &text;
  try {
    execute_for(*loop->node, args.positional[0], loop->depth + 1, loop->scope);
  } catch (...) {
    out_ = before;
    throw;
  }
  out_ = before;
  return Value::string(std::move(text));
}

}  // namespace leitai::jinja
