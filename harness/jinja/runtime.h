#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/jinja/ast.h"
#include "harness/jinja/jinja.h"
#include "harness/jinja/value.h"

namespace leitai::jinja {

/// One rendering: what operations on values need to know, and the bounds they count against.
class Runtime {
 public:
  Runtime(Environment environment, const RenderOptions& options)
      : environment_(environment), options_(options) {}
  virtual ~Runtime() = default;

  bool is_chat() const { return environment_ == Environment::Chat; }
  bool is_strict(const Value& value) const {  // an undefined value whose use raises
    return value.is_undefined() && !is_chat() && !(value.why() && value.why()->always_lenient);
  }
  const RenderOptions& options() const { return options_; }

  void tick(std::size_t steps = 1) {
    steps_ += static_cast<std::int64_t>(steps);
    if (steps_ > options_.limits.max_steps)
      raise("LimitError", "the template takes more steps than allowed");
  }
  /// Before a string of this size is made.
  void check_text(std::size_t bytes) const {
    if (bytes > options_.limits.max_text_bytes)
      raise("LimitError", "the template makes a text larger than allowed");
  }
  void check_items(std::size_t count) { tick(count); }

  std::string text(const Value& value);  // str(value)
  bool truthy(const Value& value) const;
  std::vector<Value> iterate(const Value& value);  // a generator is used up
  std::int64_t length(const Value& value);
  bool contains(const Value& container, const Value& item);
  bool same(const Value& a, const Value& b) { return equal(a, b, !is_chat()); }

  /// value.name, value[key], value[start:stop:step], as Jinja looks them up; undefined where there
  /// is nothing.
  Value attribute(const Value& value, const std::string& name);
  Value item(const Value& value, const Value& key);
  Value slice(const Value& value, const Value* start, const Value* stop, const Value* step);

  Value arithmetic(std::string_view operation, const Value& a, const Value& b);
  Value negate(const Value& value, bool minus);
  Value call(const Value& callee, Args& args);
  Value filter(const std::string& name, const Value& input, Args& args);
  bool test(const std::string& name, const Value& input, Args& args);

  /// Keeps a value that may come to hold itself until the end, when all such are emptied.
  void hold(const Value& value) { held_.push_back(value); }

 protected:
  virtual Value call_macro(const Value& macro, Args& args) = 0;
  virtual Value macro_attribute(const Value& macro, const std::string& name) = 0;
  virtual Value loop_attribute(const Value& loop, const std::string& name) = 0;
  virtual Value call_loop(const Value& loop, Args& args) = 0;

  const Environment environment_;
  const RenderOptions& options_;
  std::int64_t steps_ = 0;
  int depth_ = 0;
  std::vector<Value> held_;
  friend class Nesting;
};

/// Counts one level of recursion while it lives.
class Nesting {
 public:
  explicit Nesting(Runtime& runtime) : runtime_(runtime) {
    if (runtime_.depth_ >= runtime_.options_.limits.max_depth)
      raise("RecursionError", "maximum recursion depth exceeded");
    ++runtime_.depth_;
  }
  ~Nesting() { --runtime_.depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  Runtime& runtime_;
};

/// Binds arguments to parameter names as a Python function does; raises TypeError for what does not
/// fit.
class Bound {
 public:
  /// `required` leading parameters must be given. "*" ends those that may be positional.
  Bound(const char* function, Args& args, std::initializer_list<const char*> parameters,
        std::size_t required = 0);
  bool has(std::size_t i) const { return values_[i] != nullptr; }
  const Value& operator[](std::size_t i) const { return *values_[i]; }
  const Value* get(std::size_t i) const { return values_[i]; }
  std::int64_t integer(std::size_t i, std::int64_t otherwise) const;  // absent: otherwise
  bool boolean(Runtime& runtime, std::size_t i, bool otherwise) const;
  std::string text(std::size_t i, const char* otherwise) const;  // a str, else TypeError

 private:
  std::vector<const Value*> values_;
};

std::int64_t to_index(const Value& value);  // __index__; TypeError for others
/// Python's "%" on a string, and str.format.
std::string format_percent(Runtime& runtime, const std::string& format, const Value& values);
std::string format_braces(Runtime& runtime, const std::string& format, Args& args);
std::string format_spec(Runtime& runtime, const Value& value, const std::string& spec);
std::string format_time(const std::string& format, const std::optional<std::string>& now);
std::string to_json_text(Runtime& runtime, const Value& value, const struct JsonStyle& style);
std::string regex_replace(Runtime& runtime, const std::string& text, const std::string& pattern,
                          const std::string& replacement, std::int64_t count);

struct JsonStyle {
  bool ascii = false;
  bool sort_keys = false;
  std::optional<std::string> indent;
  std::string item_separator = ", ";
  std::string key_separator = ": ";
};

/// A method or attribute of a built-in type; absent if the type has none of that name.
std::optional<Value> string_attribute(Runtime& runtime, const Value& self, const std::string& name);
std::optional<Value> container_attribute(Runtime& runtime, const Value& self,
                                         const std::string& name);
std::optional<Value> number_attribute(Runtime& runtime, const Value& self, const std::string& name);

bool has_filter(Environment environment, std::string_view name);
bool has_test(std::string_view name);
/// A global function of the environment; absent if there is none of that name.
std::optional<Value> global(Environment environment, std::string_view name);

}  // namespace leitai::jinja
