#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// Values of templates: Python's, as far as templates can see them.
namespace leitai::jinja {

__extension__ using BigInt = __int128;  // beyond it: OverflowError

class Runtime;
class Value;

inline constexpr int kMaxNesting =
    400;  // of values, so that printing and freeing them stays within the stack

enum class Kind : std::uint8_t {
  Undefined,
  None,
  Bool,
  Int,
  Float,
  String,
  Bytes,
  List,
  Tuple,
  View,
  Generator,
  Dict,
  Range,
  Namespace,
  Function,
  Macro,
  Loop
};

struct Object {
  virtual ~Object() = default;
};

struct StringObject : Object {
  std::string text;        // UTF-8
  std::size_t length = 0;  // code points
  bool markup = false;     // jinja's Markup: escapes what is added to it
  bool is_ascii() const { return length == text.size(); }
};

/// Of an undefined value: why, and what a further use of it raises.
struct UndefinedObject : Object {
  std::string message;
  const char* error = "UndefinedError";
  bool always_lenient = false;  // jinja2.Undefined in both environments: `x if c` without else
};

struct ListObject;
struct DictObject;
struct RangeObject;
struct NamespaceObject;
struct Args;
struct FunctionObject;

class Value {
 public:
  Value() = default;  // undefined, without a name
  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_undefined() const { return kind_ == Kind::Undefined; }
  bool is_number() const {
    return kind_ == Kind::Bool || kind_ == Kind::Int || kind_ == Kind::Float;
  }
  bool is_integral() const { return kind_ == Kind::Bool || kind_ == Kind::Int; }
  bool is_sequence() const { return kind_ == Kind::List || kind_ == Kind::Tuple; }

  static Value none();
  static Value boolean(bool value);
  static Value integer(BigInt value);
  static Value real(double value);
  static Value string(std::string text, bool markup = false);
  static Value bytes(std::string text);
  static Value list(std::vector<Value> items, Kind kind = Kind::List, std::string name = {});
  static Value tuple(std::vector<Value> items) { return list(std::move(items), Kind::Tuple); }
  static Value generator(std::vector<Value> items) {
    return list(std::move(items), Kind::Generator, "generator");
  }
  static Value dict(std::shared_ptr<DictObject> dict);
  static Value range(std::int64_t start, std::int64_t stop, std::int64_t step);
  static Value undefined(std::string message, const char* error = "UndefinedError",
                         bool always_lenient = false);
  static Value function(std::string name, std::function<Value(Runtime&, Args&)> call);
  static Value object(Kind kind, std::shared_ptr<Object> object);
  static Value from_json(const nlohmann::ordered_json& json);

  BigInt as_int() const { return integer_; }  // Bool, Int
  double as_double() const;                   // Bool, Int, Float
  const StringObject& str() const {
    return static_cast<const StringObject&>(*object_);
  }  // String, Bytes
  const std::string& text() const { return str().text; }
  ListObject& seq() const;
  DictObject& map() const;
  const RangeObject& as_range() const;
  NamespaceObject& as_namespace() const;
  FunctionObject& as_function() const;
  const UndefinedObject* why() const {
    return static_cast<const UndefinedObject*>(object_.get());
  }  // may be null
  const std::shared_ptr<Object>& shared() const { return object_; }
  int depth() const;

 private:
  Kind kind_ = Kind::Undefined;
  union {
    BigInt integer_ = 0;
    double real_;
  };
  std::shared_ptr<Object> object_;
};

struct ListObject : Object {  // List, Tuple, View (of a dict), Generator
  std::vector<Value> items;
  int depth = 1;  // of nesting
  std::string
      name;  // View: "dict_items"; Generator: "generator"; Tuple: "group" for groupby's pairs
};

struct DictObject : Object {  // in insertion order
  std::vector<std::pair<Value, Value>> items;
  int depth = 1;
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  void set(const Value& key, Value value);
  bool erase(const Value& key);
  void clear();

 private:
  std::ptrdiff_t position(const Value& key, std::size_t hash) const;
  std::unordered_multimap<std::size_t, std::size_t>
      index_;  // by hash, once there are more than a few
};

struct RangeObject : Object {
  std::int64_t start = 0, stop = 0, step = 1, count = 0;
};

struct NamespaceObject : Object {
  DictObject attributes;
};

/// Arguments of a call, a filter or a test.
struct Args {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

struct FunctionObject : Object {
  std::string name;
  std::function<Value(Runtime&, Args&)> call;
  std::vector<std::pair<std::string, Value>>
      attributes;  // such as cycler's `current`, as functions or values
};

inline ListObject& Value::seq() const { return static_cast<ListObject&>(*object_); }
inline DictObject& Value::map() const { return static_cast<DictObject&>(*object_); }
inline const RangeObject& Value::as_range() const {
  return static_cast<const RangeObject&>(*object_);
}
inline NamespaceObject& Value::as_namespace() const {
  return static_cast<NamespaceObject&>(*object_);
}
inline FunctionObject& Value::as_function() const { return static_cast<FunctionObject&>(*object_); }

[[noreturn]] void raise(const char* kind, std::string message);
[[noreturn]] void raise_type(std::string message);
/// Raises what a use of an undefined value raises.
[[noreturn]] void raise_undefined(const Value& value);

std::string type_name(const Value& value);  // Python's: "int", "str", "dict"
std::string int_text(BigInt value);
std::string float_repr(double value);
std::string repr(const Value& value);
std::string quote_text(std::string_view text);  // repr of a string
/// str(value) where undefined values are lenient; see Runtime::text for what a template prints.
std::string to_text(const Value& value);

/// Python's == and <. `strict`: an undefined value raises. `operation` names the operator in a
/// TypeError.
bool equal(const Value& a, const Value& b, bool strict);
bool less(const Value& a, const Value& b, const char* operation = "<", bool or_equal = false);
std::size_t hash(const Value& value);  // raises TypeError when unhashable

/// Code points of a string.
std::size_t char_count(std::string_view text);
std::string_view char_at(const StringObject& s, std::size_t index);
std::vector<std::string_view> chars(std::string_view text);
std::string escape_html(std::string_view text);

}  // namespace leitai::jinja
