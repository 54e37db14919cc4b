#include "harness/jinja/value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <compare>
#include <nlohmann/json.hpp>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "harness/jinja/jinja.h"

namespace leitai::jinja {

namespace {

constexpr int kMaxNesting = 400;      // of values, so that printing and freeing them stays within the stack
constexpr std::size_t kIndexFrom = 8;

std::shared_ptr<StringObject> make_string(std::string text) {
  auto object = std::make_shared<StringObject>();
  object->length = char_count(text);
  object->text = std::move(text);
  return object;
}

}  // namespace

void raise(const char* kind, std::string message) { throw TemplateError(kind, std::move(message)); }
void raise_type(std::string message) { raise("TypeError", std::move(message)); }

void raise_undefined(const Value& value) {
  const UndefinedObject* why = value.why();
  raise(why ? why->error : "UndefinedError", why ? why->message : "value is undefined");
}

std::size_t char_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<std::string_view> chars(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    out.push_back(text.substr(i, end - i));
    i = end;
  }
  return out;
}

std::string_view char_at(const StringObject& s, std::size_t index) {
  const std::string_view text = s.text;
  if (s.is_ascii()) return text.substr(index, 1);
  std::size_t i = 0;
  for (; index > 0; --index) {
    ++i;
    while (i < text.size() && (text[i] & 0xC0) == 0x80) ++i;
  }
  std::size_t end = i + 1;
  while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
  return text.substr(i, end - i);
}

Value Value::none() {
  Value v;
  v.kind_ = Kind::None;
  return v;
}

Value Value::boolean(bool value) {
  Value v;
  v.kind_ = Kind::Bool;
  v.integer_ = value;
  return v;
}

Value Value::integer(BigInt value) {
  Value v;
  v.kind_ = Kind::Int;
  v.integer_ = value;
  return v;
}

Value Value::real(double value) {
  Value v;
  v.kind_ = Kind::Float;
  v.real_ = value;
  return v;
}

Value Value::string(std::string text, bool markup) {
  auto object = make_string(std::move(text));
  object->markup = markup;
  return Value::object(Kind::String, std::move(object));
}

Value Value::bytes(std::string text) { return Value::object(Kind::Bytes, make_string(std::move(text))); }

Value Value::object(Kind kind, std::shared_ptr<Object> object) {
  Value v;
  v.kind_ = kind;
  v.object_ = std::move(object);
  return v;
}

Value Value::list(std::vector<Value> items, Kind kind, std::string name) {
  auto object = std::make_shared<ListObject>();
  for (const Value& item : items) object->depth = std::max(object->depth, item.depth() + 1);
  if (object->depth > kMaxNesting) raise("RecursionError", "values are nested too deeply");
  object->items = std::move(items);
  object->name = std::move(name);
  return Value::object(kind, std::move(object));
}

Value Value::dict(std::shared_ptr<DictObject> dict) {
  for (const auto& [key, value] : dict->items) dict->depth = std::max({dict->depth, value.depth() + 1, key.depth() + 1});
  if (dict->depth > kMaxNesting) raise("RecursionError", "values are nested too deeply");
  return Value::object(Kind::Dict, std::move(dict));
}

Value Value::range(std::int64_t start, std::int64_t stop, std::int64_t step) {
  auto object = std::make_shared<RangeObject>();
  object->start = start;
  object->stop = stop;
  object->step = step;
  const BigInt span = step > 0 ? BigInt{stop} - start : BigInt{start} - stop;
  const BigInt width = step > 0 ? BigInt{step} : -BigInt{step};
  object->count = span > 0 ? static_cast<std::int64_t>((span + width - 1) / width) : 0;
  return Value::object(Kind::Range, std::move(object));
}

Value Value::undefined(std::string message, const char* error, bool always_lenient) {
  auto object = std::make_shared<UndefinedObject>();
  object->message = std::move(message);
  object->error = error;
  object->always_lenient = always_lenient;
  return Value::object(Kind::Undefined, std::move(object));
}

Value Value::function(std::string name, std::function<Value(Runtime&, Args&)> call) {
  auto object = std::make_shared<FunctionObject>();
  object->name = std::move(name);
  object->call = std::move(call);
  return Value::object(Kind::Function, std::move(object));
}

Value Value::from_json(const nlohmann::ordered_json& json) {
  using Type = nlohmann::ordered_json::value_t;
  switch (json.type()) {
    case Type::boolean: return boolean(json.get<bool>());
    case Type::number_integer: return integer(json.get<std::int64_t>());
    case Type::number_unsigned: return integer(json.get<std::uint64_t>());
    case Type::number_float: return real(json.get<double>());
    case Type::string: {
      const auto& text = json.get_ref<const std::string&>();
      return string(is_valid_utf8(text) ? text : repair_utf8(text));
    }
    case Type::array: {
      std::vector<Value> items;
      items.reserve(json.size());
      for (const auto& item : json) items.push_back(from_json(item));
      return list(std::move(items));
    }
    case Type::object: {
      auto object = std::make_shared<DictObject>();
      for (const auto& [key, value] : json.items()) object->set(string(key), from_json(value));
      return dict(std::move(object));
    }
    default: return none();
  }
}

double Value::as_double() const { return kind_ == Kind::Float ? real_ : static_cast<double>(integer_); }

int Value::depth() const {
  switch (kind_) {
    case Kind::List: case Kind::Tuple: case Kind::View: case Kind::Generator: return seq().depth;
    case Kind::Dict: return map().depth;
    default: return 0;
  }
}

const Value* DictObject::find(const Value& key) const {
  const std::ptrdiff_t at = position(key, hash(key));
  return at < 0 ? nullptr : &items[static_cast<std::size_t>(at)].second;
}

const Value* DictObject::find(std::string_view key) const {
  if (items.size() > kIndexFrom) return find(Value::string(std::string(key)));
  for (const auto& [k, v] : items) {
    if (k.is(Kind::String) && k.text() == key) return &v;
  }
  return nullptr;
}

std::ptrdiff_t DictObject::position(const Value& key, std::size_t code) const {
  if (index_.empty()) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (equal(items[i].first, key, false)) return static_cast<std::ptrdiff_t>(i);
    }
    return -1;
  }
  const auto [from, to] = index_.equal_range(code);
  for (auto it = from; it != to; ++it) {
    if (equal(items[it->second].first, key, false)) return static_cast<std::ptrdiff_t>(it->second);
  }
  return -1;
}

void DictObject::set(const Value& key, Value value) {
  const std::size_t code = hash(key);
  const std::ptrdiff_t at = position(key, code);
  if (at >= 0) {
    items[static_cast<std::size_t>(at)].second = std::move(value);
    return;
  }
  items.emplace_back(key, std::move(value));
  if (items.size() == kIndexFrom + 1 && index_.empty()) {
    for (std::size_t i = 0; i < items.size(); ++i) index_.emplace(hash(items[i].first), i);
  } else if (!index_.empty()) {
    index_.emplace(code, items.size() - 1);
  }
}

bool DictObject::erase(const Value& key) {
  const std::ptrdiff_t at = position(key, hash(key));
  if (at < 0) return false;
  items.erase(items.begin() + at);
  index_.clear();
  if (items.size() > kIndexFrom) {
    for (std::size_t i = 0; i < items.size(); ++i) index_.emplace(hash(items[i].first), i);
  }
  return true;
}

void DictObject::clear() {
  items.clear();
  index_.clear();
}

std::string type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::Undefined: return "Undefined";
    case Kind::None: return "NoneType";
    case Kind::Bool: return "bool";
    case Kind::Int: return "int";
    case Kind::Float: return "float";
    case Kind::String: return value.str().markup ? "Markup" : "str";
    case Kind::Bytes: return "bytes";
    case Kind::List: return "list";
    case Kind::Tuple: return "tuple";
    case Kind::View: case Kind::Generator: return value.seq().name;
    case Kind::Dict: return "dict";
    case Kind::Range: return "range";
    case Kind::Namespace: return "Namespace";
    case Kind::Function: return "builtin_function_or_method";
    case Kind::Macro: return "Macro";
    case Kind::Loop: return "LoopContext";
  }
  return "object";
}

std::string int_text(BigInt value) {
  if (value == 0) return "0";
  std::string digits;
  const bool negative = value < 0;
  __extension__ using Wide = unsigned __int128;
  for (Wide rest = negative ? -static_cast<Wide>(value) : static_cast<Wide>(value); rest != 0; rest /= 10) {
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string float_repr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view all(buffer, static_cast<std::size_t>(end - buffer));
  std::string sign;
  if (all.front() == '-') {
    sign = "-";
    all.remove_prefix(1);
  }
  const std::size_t e = all.find('e');
  const int exponent = std::stoi(std::string(all.substr(e + 1)));
  std::string digits;
  for (const char c : all.substr(0, e)) {
    if (c != '.') digits += c;
  }
  if (exponent < -4 || exponent >= 16) {
    std::string out = sign + digits.substr(0, 1);
    if (digits.size() > 1) out += "." + digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    const std::string power = std::to_string(std::abs(exponent));
    return out + (power.size() < 2 ? "0" + power : power);
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0') + ".0";
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string quote_text(std::string_view text) {
  const char quote = text.find('\'') != text.npos && text.find('"') == text.npos ? '"' : '\'';
  std::string out(1, quote);
  char buffer[16];
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    const char32_t c = point.value;
    if (c == U'\\' || c == static_cast<char32_t>(quote)) {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == U'\n' || c == U'\t' || c == U'\r') {
      out += c == U'\n' ? "\\n" : c == U'\t' ? "\\t" : "\\r";
    } else if (c >= 0x20 && c != 0x7F && (c < 0x7F || is_printable(c))) {
      out += text.substr(0, static_cast<std::size_t>(point.size));
    } else {
      const char* format = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
      std::snprintf(buffer, sizeof buffer, format, static_cast<unsigned>(c));
      out += buffer;
    }
    text.remove_prefix(static_cast<std::size_t>(point.size));
  }
  return out + quote;
}

namespace {

std::string bytes_repr(const std::string& text) {
  const char quote = text.find('\'') != text.npos && text.find('"') == text.npos ? '"' : '\'';
  std::string out = std::string("b") + quote;
  char buffer[8];
  for (const char c : text) {
    if (c == '\\' || c == quote) {
      out += '\\';
      out += c;
    } else if (c == '\n' || c == '\t' || c == '\r') {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    } else if (c >= 0x20 && c < 0x7F) {
      out += c;
    } else {
      std::snprintf(buffer, sizeof buffer, "\\x%02x", static_cast<unsigned char>(c));
      out += buffer;
    }
  }
  return out + quote;
}

void write_repr(const Value& value, std::string& out, int depth) {
  if (depth > kMaxNesting + 100) raise("RecursionError", "maximum recursion depth exceeded while getting the repr of an object");
  const auto sequence = [&](const std::vector<Value>& items, const char* open, const char* close) {
    out += open;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += ", ";
      write_repr(items[i], out, depth + 1);
    }
    if (value.is(Kind::Tuple) && items.size() == 1) out += ',';
    out += close;
  };
  const auto dict = [&](const DictObject& map) {
    out += '{';
    bool first = true;
    for (const auto& [k, v] : map.items) {
      if (!first) out += ", ";
      first = false;
      write_repr(k, out, depth + 1);
      out += ": ";
      write_repr(v, out, depth + 1);
    }
    out += '}';
  };
  switch (value.kind()) {
    case Kind::Undefined: out += "Undefined"; break;
    case Kind::None: out += "None"; break;
    case Kind::Bool: out += value.as_int() != 0 ? "True" : "False"; break;
    case Kind::Int: out += int_text(value.as_int()); break;
    case Kind::Float: out += float_repr(value.as_double()); break;
    case Kind::String: out += value.str().markup ? "Markup(" + quote_text(value.text()) + ")" : quote_text(value.text()); break;
    case Kind::Bytes: out += bytes_repr(value.text()); break;
    case Kind::List: sequence(value.seq().items, "[", "]"); break;
    case Kind::Tuple: sequence(value.seq().items, "(", ")"); break;
    case Kind::View:
      out += value.seq().name;
      sequence(value.seq().items, "([", "])");
      break;
    case Kind::Dict: dict(value.map()); break;
    case Kind::Range: {
      const RangeObject& r = value.as_range();
      out += "range(" + std::to_string(r.start) + ", " + std::to_string(r.stop);
      if (r.step != 1) out += ", " + std::to_string(r.step);
      out += ')';
      break;
    }
    case Kind::Namespace:
      out += "<Namespace ";
      dict(value.as_namespace().attributes);
      out += '>';
      break;
    case Kind::Generator: case Kind::Function: case Kind::Macro: case Kind::Loop:
      // Python prints a memory address here, which no template can mean.
      raise("UnsupportedError", "a " + type_name(value) + " object cannot be printed");
  }
}

}  // namespace

std::string repr(const Value& value) {
  std::string out;
  write_repr(value, out, 0);
  return out;
}

std::string to_text(const Value& value) {
  if (value.is(Kind::String)) return value.text();
  if (value.is_undefined()) return {};
  return repr(value);
}

namespace {

/// Numbers in exact order, whole and real ones alike; a NaN is unordered.
std::partial_ordering order(const Value& a, const Value& b) {
  const bool a_is_real = a.is(Kind::Float), b_is_real = b.is(Kind::Float);
  if (a_is_real && b_is_real) return a.as_double() <=> b.as_double();
  if (!a_is_real && !b_is_real) {
    return a.as_int() < b.as_int() ? std::partial_ordering::less
           : a.as_int() > b.as_int() ? std::partial_ordering::greater
                                     : std::partial_ordering::equivalent;
  }
  if (b_is_real) {
    const auto reversed = order(b, a);
    return reversed < 0 ? std::partial_ordering::greater : reversed > 0 ? std::partial_ordering::less : reversed;
  }
  const double real = a.as_double();
  if (!(std::fabs(real) < 1e38)) return real <=> b.as_double();
  const auto whole = order(Value::integer(static_cast<BigInt>(real)), b);
  return whole != 0 ? whole : real - std::trunc(real) <=> 0.0;
}

bool equal_at(const Value& a, const Value& b, bool strict, int depth) {
  if (depth > kMaxNesting + 100) raise("RecursionError", "maximum recursion depth exceeded in comparison");
  if (a.is_undefined() || b.is_undefined()) {
    const auto is_strict = [](const Value& v) { return v.is_undefined() && !(v.why() && v.why()->always_lenient); };
    if (strict && is_strict(a)) raise_undefined(a);
    if (strict && is_strict(b)) raise_undefined(b);
    return a.kind() == b.kind();
  }
  if (a.is_number() && b.is_number()) {
    return order(a, b) == 0;
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::None: return true;
    case Kind::String: case Kind::Bytes: return a.text() == b.text();
    case Kind::List: case Kind::Tuple: case Kind::View: {
      const auto& x = a.seq().items;
      const auto& y = b.seq().items;
      if (&x == &y) return true;
      if (x.size() != y.size()) return false;
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (!equal_at(x[i], y[i], strict, depth + 1)) return false;
      }
      return true;
    }
    case Kind::Dict: {
      if (a.shared() == b.shared()) return true;
      if (a.map().items.size() != b.map().items.size()) return false;
      for (const auto& [key, value] : a.map().items) {
        const Value* other = b.map().find(key);
        if (!other || !equal_at(value, *other, strict, depth + 1)) return false;
      }
      return true;
    }
    case Kind::Range: {
      const RangeObject& x = a.as_range();
      const RangeObject& y = b.as_range();
      return x.count == y.count && (x.count == 0 || (x.start == y.start && (x.count == 1 || x.step == y.step)));
    }
    default: return a.shared() == b.shared();
  }
}

bool less_at(const Value& a, const Value& b, const char* operation, bool or_equal, int depth) {
  if (depth > kMaxNesting + 100) raise("RecursionError", "maximum recursion depth exceeded in comparison");
  if (a.is_undefined()) raise_undefined(a);
  if (b.is_undefined()) raise_undefined(b);
  if (a.is_number() && b.is_number()) {
    const auto sign = order(a, b);
    return or_equal ? sign <= 0 : sign < 0;
  }
  if (a.kind() == b.kind() && (a.is(Kind::String) || a.is(Kind::Bytes))) {
    return or_equal ? a.text() <= b.text() : a.text() < b.text();  // order of UTF-8 is the order of code points
  }
  if (a.kind() == b.kind() && a.is_sequence()) {
    const auto& x = a.seq().items;
    const auto& y = b.seq().items;
    for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
      if (!equal_at(x[i], y[i], true, depth + 1)) return less_at(x[i], y[i], operation, or_equal, depth + 1);
    }
    return or_equal ? x.size() <= y.size() : x.size() < y.size();
  }
  raise_type(std::string("'") + operation + "' not supported between instances of '" + type_name(a) + "' and '" + type_name(b) + "'");
}

}  // namespace

bool equal(const Value& a, const Value& b, bool strict) { return equal_at(a, b, strict, 0); }
bool less(const Value& a, const Value& b, const char* operation, bool or_equal) { return less_at(a, b, operation, or_equal, 0); }

std::size_t hash(const Value& value) {
  switch (value.kind()) {
    case Kind::Bool: case Kind::Int: return std::hash<double>{}(static_cast<double>(value.as_int()));
    case Kind::Float: return std::hash<double>{}(value.as_double());
    case Kind::String: case Kind::Bytes: return std::hash<std::string>{}(value.text());
    case Kind::None: case Kind::Undefined: return 1;
    case Kind::Tuple: {
      std::size_t code = 17;
      for (const Value& item : value.seq().items) code = code * 31 + hash(item);
      return code;
    }
    case Kind::List: case Kind::Dict: case Kind::View: raise_type("unhashable type: '" + type_name(value) + "'");
    default: return std::hash<const void*>{}(value.shared().get());
  }
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace leitai::jinja
