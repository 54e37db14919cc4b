#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "harness/jinja/value.h"

/// Values as Python prints them.
namespace leitai::jinja {

std::string type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::Undefined:
      return "Undefined";
    case Kind::None:
      return "NoneType";
    case Kind::Bool:
      return "bool";
    case Kind::Int:
      return "int";
    case Kind::Float:
      return "float";
    case Kind::String:
      return value.str().markup ? "Markup" : "str";
    case Kind::Bytes:
      return "bytes";
    case Kind::List:
      return "list";
    case Kind::Tuple:
      return "tuple";
    case Kind::View:
    case Kind::Generator:
      return value.seq().name;
    case Kind::Dict:
      return "dict";
    case Kind::Range:
      return "range";
    case Kind::Namespace:
      return "Namespace";
    case Kind::Function:
      return "builtin_function_or_method";
    case Kind::Macro:
      return "Macro";
    case Kind::Loop:
      return "LoopContext";
  }
  return "object";
}

std::string int_text(BigInt value) {
  if (value == 0) return "0";
  std::string digits;
  const bool negative = value < 0;
  __extension__ using Wide = unsigned __int128;
  for (Wide rest = negative ? -static_cast<Wide>(value) : static_cast<Wide>(value); rest != 0;
       rest /= 10) {
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
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
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
  if (exponent < 0)
    return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
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
  if (depth > kMaxNesting + 100)
    raise("RecursionError", "maximum recursion depth exceeded while getting the repr of an object");
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
    case Kind::Undefined:
      out += "Undefined";
      break;
    case Kind::None:
      out += "None";
      break;
    case Kind::Bool:
      out += value.as_int() != 0 ? "True" : "False";
      break;
    case Kind::Int:
      out += int_text(value.as_int());
      break;
    case Kind::Float:
      out += float_repr(value.as_double());
      break;
    case Kind::String:
      out += value.str().markup ? "Markup(" + quote_text(value.text()) + ")"
                                : quote_text(value.text());
      break;
    case Kind::Bytes:
      out += bytes_repr(value.text());
      break;
    case Kind::List:
      sequence(value.seq().items, "[", "]");
      break;
    case Kind::Tuple:
      sequence(value.seq().items, "(", ")");
      break;
    case Kind::View:
      out += value.seq().name;
      sequence(value.seq().items, "([", "])");
      break;
    case Kind::Dict:
      dict(value.map());
      break;
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
    case Kind::Generator:
    case Kind::Function:
    case Kind::Macro:
    case Kind::Loop:
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

}  // namespace leitai::jinja
