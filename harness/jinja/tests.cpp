#include <unordered_map>

#include "harness/jinja/runtime.h"
#include "harness/jinja/string_ops.h"

/// The tests behind "is".
namespace leitai::jinja {

namespace {

using Test = bool (*)(Runtime&, const Value&, Args&);

void no_arguments(Args& args) { Bound("test", args, {}); }

const Value& one(Args& args) {
  Bound("test", args, {""}, 1);
  return args.positional[0];
}

template <Kind... kinds>
bool is_one_of(Runtime&, const Value& value, Args& args) {
  no_arguments(args);
  return ((value.kind() == kinds) || ...);
}

bool defined(Runtime&, const Value& value, Args& args) {
  no_arguments(args);
  return !value.is_undefined();
}

template <bool wanted>
bool is_boolean_value(Runtime&, const Value& value, Args& args) {
  no_arguments(args);
  return value.is(Kind::Bool) && (value.as_int() != 0) == wanted;
}

bool sequence(Runtime&, const Value& value, Args& args) {
  no_arguments(args);
  switch (value.kind()) {  // has a length and items by key
    case Kind::String:
    case Kind::Bytes:
    case Kind::List:
    case Kind::Tuple:
    case Kind::Dict:
    case Kind::Range:
      return true;
    default:
      return false;
  }
}

bool iterable(Runtime& runtime, const Value& value, Args& args) {
  no_arguments(args);
  switch (value.kind()) {
    case Kind::String:
    case Kind::Bytes:
    case Kind::List:
    case Kind::Tuple:
    case Kind::View:
    case Kind::Generator:
    case Kind::Dict:
    case Kind::Range:
    case Kind::Loop:
      return true;
    case Kind::Undefined:
      if (runtime.is_strict(value)) raise_undefined(value);
      return true;
    default:
      return false;
  }
}

bool callable(Runtime&, const Value& value, Args& args) {
  no_arguments(args);
  return value.is(Kind::Function) || value.is(Kind::Macro) || value.is(Kind::Loop) ||
         value.is_undefined();
}

bool remainder_is(Runtime& runtime, const Value& value, const Value& divisor, BigInt wanted) {
  const Value rest = runtime.arithmetic("%", value, divisor);
  return runtime.same(rest, Value::integer(wanted));
}

bool odd(Runtime& runtime, const Value& value, Args& args) {
  no_arguments(args);
  return remainder_is(runtime, value, Value::integer(2), 1);
}

bool even(Runtime& runtime, const Value& value, Args& args) {
  no_arguments(args);
  return remainder_is(runtime, value, Value::integer(2), 0);
}

bool divisible_by(Runtime& runtime, const Value& value, Args& args) {
  const Bound bound("divisibleby", args, {"num"}, 1);
  return remainder_is(runtime, value, bound[0], 0);
}

template <bool wanted>
bool equal_to(Runtime& runtime, const Value& value, Args& args) {
  return runtime.same(value, one(args)) == wanted;
}

bool less_than(Runtime&, const Value& value, Args& args) { return less(value, one(args)); }
bool less_or_equal(Runtime&, const Value& value, Args& args) {
  return less(value, one(args), "<=", true);
}
bool greater_than(Runtime&, const Value& value, Args& args) { return less(one(args), value, ">"); }
bool greater_or_equal(Runtime&, const Value& value, Args& args) {
  return less(one(args), value, ">=", true);
}
bool in_test(Runtime& runtime, const Value& value, Args& args) {
  return runtime.contains(one(args), value);
}

bool same_as(Runtime&, const Value& value, Args& args) {
  const Value& other = one(args);
  if (value.kind() != other.kind()) return false;
  switch (value.kind()) {
    case Kind::None:
      return true;
    case Kind::Bool:
    case Kind::Int:
      return value.as_int() == other.as_int();
    case Kind::Float:
      return value.as_double() == other.as_double();
    case Kind::String:
      return value.text() == other.text();
    default:
      return value.shared() == other.shared();
  }
}

template <bool upper>
bool cased(Runtime& runtime, const Value& value, Args& args) {
  no_arguments(args);
  return is_cased_text(runtime.text(value), upper);
}

bool escaped(Runtime&, const Value& value, Args& args) {
  no_arguments(args);
  return value.is(Kind::String) && value.str().markup;
}

bool filter_test(Runtime& runtime, const Value& value, Args& args) {
  no_arguments(args);
  return value.is(Kind::String) &&
         has_filter(runtime.is_chat() ? Environment::Chat : Environment::LmEval, value.text());
}

bool test_test(Runtime&, const Value& value, Args& args) {
  no_arguments(args);
  return value.is(Kind::String) && has_test(value.text());
}

bool undefined_test(Runtime& runtime, const Value& value, Args& args) {
  return !defined(runtime, value, args);
}

const std::unordered_map<std::string_view, Test>& tests() {
  static const std::unordered_map<std::string_view, Test> kTests = {
      {"defined", defined},
      {"undefined", undefined_test},
      {"none", is_one_of<Kind::None>},
      {"string", is_one_of<Kind::String>},
      {"mapping", is_one_of<Kind::Dict>},
      {"number", is_one_of<Kind::Bool, Kind::Int, Kind::Float>},
      {"integer", is_one_of<Kind::Int>},
      {"float", is_one_of<Kind::Float>},
      {"boolean", is_one_of<Kind::Bool>},
      {"true", is_boolean_value<true>},
      {"false", is_boolean_value<false>},
      {"sequence", sequence},
      {"iterable", iterable},
      {"callable", callable},
      {"odd", odd},
      {"even", even},
      {"divisibleby", divisible_by},
      {"eq", equal_to<true>},
      {"equalto", equal_to<true>},
      {"==", equal_to<true>},
      {"ne", equal_to<false>},
      {"!=", equal_to<false>},
      {"lt", less_than},
      {"lessthan", less_than},
      {"<", less_than},
      {"le", less_or_equal},
      {"<=", less_or_equal},
      {"gt", greater_than},
      {"greaterthan", greater_than},
      {">", greater_than},
      {"ge", greater_or_equal},
      {">=", greater_or_equal},
      {"in", in_test},
      {"sameas", same_as},
      {"lower", cased<false>},
      {"upper", cased<true>},
      {"escaped", escaped},
      {"filter", filter_test},
      {"test", test_test}};
  return kTests;
}

}  // namespace

bool has_test(std::string_view name) { return tests().contains(name); }

bool Runtime::test(const std::string& name, const Value& input, Args& args) {
  const auto found = tests().find(name);
  if (found == tests().end()) raise("TemplateRuntimeError", "No test named '" + name + "'.");
  tick();
  return found->second(*this, input, args);
}

}  // namespace leitai::jinja
