#include "harness/jinja/runtime.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace leitai::jinja {

std::string Runtime::text(const Value& value) {
  if (is_strict(value)) raise_undefined(value);
  if (value.is(Kind::String)) return value.text();
  std::string out = to_text(value);
  check_text(out.size());
  return out;
}

bool Runtime::truthy(const Value& value) const {
  switch (value.kind()) {
    case Kind::Undefined:
      if (is_strict(value)) raise_undefined(value);
      return false;
    case Kind::None:
      return false;
    case Kind::Bool:
    case Kind::Int:
      return value.as_int() != 0;
    case Kind::Float:
      return value.as_double() != 0;
    case Kind::String:
    case Kind::Bytes:
      return !value.text().empty();
    case Kind::List:
    case Kind::Tuple:
    case Kind::View:
      return !value.seq().items.empty();
    case Kind::Dict:
      return !value.map().items.empty();
    case Kind::Range:
      return value.as_range().count > 0;
    default:
      return true;
  }
}

std::vector<Value> Runtime::iterate(const Value& value) {
  std::vector<Value> items;
  switch (value.kind()) {
    case Kind::Undefined:
      if (is_strict(value) ||
          (value.why() && value.why()->error != std::string_view("UndefinedError")))
        raise_undefined(value);
      return items;
    case Kind::String:
      check_items(value.str().length);
      for (const std::string_view c : chars(value.text()))
        items.push_back(Value::string(std::string(c)));
      return items;
    case Kind::Bytes:
      for (const char c : value.text())
        items.push_back(Value::integer(static_cast<unsigned char>(c)));
      return items;
    case Kind::List:
    case Kind::Tuple:
    case Kind::View:
      check_items(value.seq().items.size());
      return value.seq().items;
    case Kind::Generator:
      return std::exchange(value.seq().items, {});
    case Kind::Dict:
      check_items(value.map().items.size());
      for (const auto& [key, unused] : value.map().items) items.push_back(key);
      return items;
    case Kind::Range: {
      const RangeObject& range = value.as_range();
      check_items(static_cast<std::size_t>(range.count));
      items.reserve(static_cast<std::size_t>(range.count));
      for (std::int64_t i = 0; i < range.count; ++i)
        items.push_back(Value::integer(BigInt{range.start} + BigInt{i} * range.step));
      return items;
    }
    default:
      raise_type("'" + type_name(value) + "' object is not iterable");
  }
}

std::int64_t Runtime::length(const Value& value) {
  switch (value.kind()) {
    case Kind::Undefined:
      if (is_strict(value)) raise_undefined(value);
      return 0;
    case Kind::String:
      return static_cast<std::int64_t>(value.str().length);
    case Kind::Bytes:
      return static_cast<std::int64_t>(value.text().size());
    case Kind::List:
    case Kind::Tuple:
    case Kind::View:
      return static_cast<std::int64_t>(value.seq().items.size());
    case Kind::Dict:
      return static_cast<std::int64_t>(value.map().items.size());
    case Kind::Range:
      return value.as_range().count;
    case Kind::Loop:
      return static_cast<std::int64_t>(loop_attribute(value, "length").as_int());
    default:
      raise_type("object of type '" + type_name(value) + "' has no len()");
  }
}

bool Runtime::contains(const Value& container, const Value& item) {
  switch (container.kind()) {
    case Kind::String:
      if (item.is_undefined()) {
        if (is_strict(item)) raise_undefined(item);
        raise_type("'in <string>' requires string as left operand, not Undefined");
      }
      if (!item.is(Kind::String))
        raise_type("'in <string>' requires string as left operand, not " + type_name(item));
      tick(container.text().size() / 64);
      return container.text().find(item.text()) != std::string::npos;
    case Kind::Dict:
      if (is_strict(item)) raise_undefined(item);
      return container.map().find(item) != nullptr;
    case Kind::Undefined:
    case Kind::List:
    case Kind::Tuple:
    case Kind::View:
    case Kind::Generator:
    case Kind::Range: {
      for (const Value& other : iterate(container)) {
        if (same(other, item)) return true;
      }
      return false;
    }
    default:
      raise_type("argument of type '" + type_name(container) + "' is not iterable");
  }
}

namespace {

/// As Jinja names a value's type in "... has no attribute".
std::string described(const Value& value) {
  if (value.is(Kind::None)) return "None";
  if (value.is(Kind::Namespace)) return "jinja2.utils.Namespace object";
  return type_name(value) + " object";
}

/// Names that every Python object has; the sandbox hides them.
bool is_internal(std::string_view name) {
  static constexpr std::string_view kNames[] = {"__class__",       "__doc__",
                                                "__init__",        "__new__",
                                                "__repr__",        "__str__",
                                                "__eq__",          "__ne__",
                                                "__lt__",          "__le__",
                                                "__gt__",          "__ge__",
                                                "__hash__",        "__dir__",
                                                "__format__",      "__getattribute__",
                                                "__setattr__",     "__delattr__",
                                                "__reduce__",      "__reduce_ex__",
                                                "__sizeof__",      "__init_subclass__",
                                                "__subclasshook__"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool is_container_internal(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "__len__", "__getitem__", "__contains__", "__iter__", "__add__", "__mul__", "__rmul__"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

Value unsafe(const Value& value, const std::string& name) {
  return Value::undefined(
      "access to attribute '" + name + "' of '" + type_name(value) + "' object is unsafe.",
      "SecurityError");
}

bool is_mutation(const Value& value, std::string_view name) {
  static constexpr std::string_view kList[] = {"append", "clear", "pop",    "reverse",
                                               "insert", "sort",  "extend", "remove"};
  static constexpr std::string_view kDict[] = {"clear", "pop", "popitem", "setdefault", "update"};
  if (value.is(Kind::List))
    return std::find(std::begin(kList), std::end(kList), name) != std::end(kList);
  if (value.is(Kind::Dict))
    return std::find(std::begin(kDict), std::end(kDict), name) != std::end(kDict);
  return false;
}

}  // namespace

/// An attribute proper; absent if the object has none of that name.
static std::optional<Value> own_attribute(Runtime& runtime, const Value& value,
                                          const std::string& name) {
  const bool has_items = value.is(Kind::String) || value.is_sequence() || value.is(Kind::Dict) ||
                         value.is(Kind::Range);
  if (name.starts_with("__") && (is_internal(name) || (has_items && is_container_internal(name)))) {
    if (runtime.is_chat()) return unsafe(value, name);
    raise("UnsupportedError", "Python's own attribute '" + name + "' is not supported");
  }
  if (runtime.is_chat() && is_mutation(value, name)) return unsafe(value, name);
  switch (value.kind()) {
    case Kind::String:
      return string_attribute(runtime, value, name);
    case Kind::Bool:
    case Kind::Int:
    case Kind::Float:
      return number_attribute(runtime, value, name);
    case Kind::Namespace: {
      const Value* found = value.as_namespace().attributes.find(name);
      return found ? std::optional<Value>(*found) : std::nullopt;
    }
    case Kind::Function: {
      for (const auto& [known, attribute] : value.as_function().attributes) {
        if (known != name) continue;
        if (!attribute.is(Kind::Function) || !attribute.as_function().name.starts_with('@'))
          return attribute;
        Args none;
        return attribute.as_function().call(runtime, none);
      }
      return std::nullopt;
    }
    default:
      return container_attribute(runtime, value, name);
  }
}

Value Runtime::attribute(const Value& value, const std::string& name) {
  if (value.is_undefined()) raise_undefined(value);
  if (value.is(Kind::Macro)) return macro_attribute(value, name);
  if (value.is(Kind::Loop)) return loop_attribute(value, name);
  if (const auto own = own_attribute(*this, value, name)) return *own;
  if (value.is(Kind::Dict)) {
    if (const Value* found = value.map().find(name)) return *found;
  }
  return Value::undefined("'" + described(value) + "' has no attribute '" + name + "'");
}

Value Runtime::item(const Value& value, const Value& key) {
  if (value.is_undefined()) raise_undefined(value);
  const auto index = [&](std::int64_t size) -> std::optional<std::size_t> {
    if (!key.is_integral()) return std::nullopt;
    BigInt at = key.as_int();
    if (at < 0) at += size;
    if (at < 0 || at >= size) return std::nullopt;
    return static_cast<std::size_t>(at);
  };
  switch (value.kind()) {
    case Kind::String:
      if (const auto at = index(length(value)))
        return Value::string(std::string(char_at(value.str(), *at)));
      break;
    case Kind::Bytes:
      if (const auto at = index(length(value)))
        return Value::integer(static_cast<unsigned char>(value.text()[*at]));
      break;
    case Kind::List:
    case Kind::Tuple:
      if (const auto at = index(length(value))) return value.seq().items[*at];
      break;
    case Kind::Range:
      if (const auto at = index(length(value))) {
        return Value::integer(BigInt{value.as_range().start} +
                              static_cast<BigInt>(*at) * value.as_range().step);
      }
      break;
    case Kind::Dict: {
      if (is_strict(key)) raise_undefined(key);
      const bool is_hashable = !key.is(Kind::List) && !key.is(Kind::Dict) && !key.is(Kind::View);
      if (is_hashable) {
        try {
          if (const Value* found = value.map().find(key)) return *found;
        } catch (const TemplateError& error) {  // a tuple of what cannot be hashed
          if (error.kind() != "TypeError") throw;
        }
      }
      break;
    }
    default:
      break;
  }
  if (key.is(Kind::String)) {
    if (value.is(Kind::Macro)) return macro_attribute(value, key.text());
    if (value.is(Kind::Loop)) return loop_attribute(value, key.text());
    if (const auto own = own_attribute(*this, value, key.text())) return *own;
    return Value::undefined("'" + described(value) + "' has no attribute " +
                            quote_text(key.text()));
  }
  std::string shown = "of this kind";
  try {
    shown = repr(key);
  } catch (const TemplateError&) {  // has no printed form
  }
  return Value::undefined(described(value) + " has no element " + shown);
}

std::int64_t to_index(const Value& value) {
  if (!value.is_integral())
    raise_type("'" + type_name(value) + "' object cannot be interpreted as an integer");
  constexpr BigInt kBound = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp<BigInt>(value.as_int(), -kBound, kBound));
}

Value Runtime::slice(const Value& value, const Value* start, const Value* stop, const Value* step) {
  if (value.is_undefined()) raise_undefined(value);
  const bool has_items = value.is(Kind::String) || value.is(Kind::Bytes) || value.is_sequence() ||
                         value.is(Kind::Range);
  if (value.is(Kind::Dict)) raise_type("unhashable type: 'slice'");
  if (!has_items) raise_type("'" + type_name(value) + "' object is not subscriptable");
  const auto bound = [](const Value* part) -> std::optional<std::int64_t> {
    if (!part || part->is(Kind::None)) return std::nullopt;
    if (!part->is_integral())
      raise_type("slice indices must be integers or None or have an __index__ method");
    return to_index(*part);
  };
  const std::int64_t size = length(value);
  const std::int64_t by = bound(step).value_or(1);
  if (by == 0) raise("ValueError", "slice step cannot be zero");
  const std::int64_t low = by > 0 ? 0 : -1;
  const std::int64_t high = by > 0 ? size : size - 1;
  const auto place = [&](std::optional<std::int64_t> at, std::int64_t otherwise) {
    if (!at) return otherwise;
    return std::clamp(*at < 0 ? *at + size : *at, low, high);
  };
  const std::int64_t from = place(bound(start), by > 0 ? low : high);
  const std::int64_t to = place(bound(stop), by > 0 ? high : low);
  std::vector<std::size_t> chosen;
  if (value.is(Kind::String) && by == 1 && value.str().is_ascii()) {
    if (from >= to) return Value::string("");
    return Value::string(
        value.text().substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)),
        value.str().markup);
  }
  if (value.is(Kind::Range)) {
    const RangeObject& range = value.as_range();
    return Value::range(range.start + from * range.step, range.start + to * range.step,
                        range.step * by);
  }
  for (BigInt i = from; by > 0 ? i < to : i > to; i += by)
    chosen.push_back(static_cast<std::size_t>(i));
  check_items(chosen.size());
  if (value.is_sequence()) {
    std::vector<Value> items;
    items.reserve(chosen.size());
    for (const std::size_t i : chosen) items.push_back(value.seq().items[i]);
    return Value::list(std::move(items), value.kind());
  }
  std::string text;
  if (value.is(Kind::Bytes)) {
    for (const std::size_t i : chosen) text += value.text()[i];
    return Value::bytes(std::move(text));
  }
  tick(value.str().length);
  const auto all = chars(value.text());
  for (const std::size_t i : chosen) text += all[i];
  return Value::string(std::move(text), value.str().markup);
}

Value Runtime::call(const Value& callee, Args& args) {
  switch (callee.kind()) {
    case Kind::Undefined:
      raise_undefined(callee);
    case Kind::Function: {
      const Value kept = callee;
      return kept.as_function().call(*this, args);
    }
    case Kind::Macro:
      return call_macro(callee, args);
    case Kind::Loop:
      return call_loop(callee, args);
    default:
      raise_type("'" + type_name(callee) + "' object is not callable");
  }
}

Bound::Bound(const char* function, Args& args, std::initializer_list<const char*> parameters,
             std::size_t required) {
  std::vector<std::string_view> names;
  std::size_t most_positional = 0;
  bool only_named = false;
  for (const std::string_view name : parameters) {
    if (name == "*") {
      only_named = true;
      continue;
    }
    names.push_back(name);
    if (!only_named) ++most_positional;
  }
  values_.assign(names.size(), nullptr);
  const std::string who = std::string(function) + "()";
  if (args.positional.size() > most_positional) {
    raise_type(who + " takes at most " + std::to_string(most_positional) + " arguments (" +
               std::to_string(args.positional.size()) + " given)");
  }
  for (std::size_t i = 0; i < args.positional.size(); ++i) values_[i] = &args.positional[i];
  for (const auto& [name, value] : args.named) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end() || name.empty())
      raise_type(who + " got an unexpected keyword argument '" + name + "'");
    const Value*& place = values_[static_cast<std::size_t>(found - names.begin())];
    if (place) raise_type(who + " got multiple values for argument '" + name + "'");
    place = &value;
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (!values_[i])
      raise_type(who + " missing required argument: '" + std::string(names[i]) + "'");
  }
}

std::int64_t Bound::integer(std::size_t i, std::int64_t otherwise) const {
  return values_[i] ? to_index(*values_[i]) : otherwise;
}

bool Bound::boolean(Runtime& runtime, std::size_t i, bool otherwise) const {
  return values_[i] ? runtime.truthy(*values_[i]) : otherwise;
}

std::string Bound::text(std::size_t i, const char* otherwise) const {
  if (!values_[i]) return otherwise;
  if (!values_[i]->is(Kind::String))
    raise_type("argument " + std::to_string(i + 1) + " must be str, not " + type_name(*values_[i]));
  return values_[i]->text();
}

}  // namespace leitai::jinja
