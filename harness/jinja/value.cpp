#include "harness/jinja/value.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/text.h"
#include "harness/jinja/jinja.h"

namespace leitai::jinja {

namespace {

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
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
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

Value Value::bytes(std::string text) {
  return Value::object(Kind::Bytes, make_string(std::move(text)));
}

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
  for (const auto& [key, value] : dict->items)
    dict->depth = std::max({dict->depth, value.depth() + 1, key.depth() + 1});
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
    case Type::boolean:
      return boolean(json.get<bool>());
    case Type::number_integer:
      return integer(json.get<std::int64_t>());
    case Type::number_unsigned:
      return integer(json.get<std::uint64_t>());
    case Type::number_float:
      return real(json.get<double>());
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
    default:
      return none();
  }
}

double Value::as_double() const {
  return kind_ == Kind::Float ? real_ : static_cast<double>(integer_);
}

int Value::depth() const {
  switch (kind_) {
    case Kind::List:
    case Kind::Tuple:
    case Kind::View:
    case Kind::Generator:
      return seq().depth;
    case Kind::Dict:
      return map().depth;
    default:
      return 0;
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

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace leitai::jinja
