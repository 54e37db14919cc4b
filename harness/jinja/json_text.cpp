#include <algorithm>
#include <cmath>

#include "harness/core/text.h"
#include "harness/jinja/runtime.h"

/// JSON as Python's json.dumps writes it.
namespace leitai::jinja {

namespace {

void write_string(const std::string& text, bool ascii, std::string& out) {
  out += '"';
  char buffer[16];
  std::string_view rest = text;
  while (!rest.empty()) {
    const CodePoint point = decode_utf8(rest);
    const char32_t c = point.value;
    switch (c) {
      case U'"':
        out += "\\\"";
        break;
      case U'\\':
        out += "\\\\";
        break;
      case U'\n':
        out += "\\n";
        break;
      case U'\r':
        out += "\\r";
        break;
      case U'\t':
        out += "\\t";
        break;
      case U'\b':
        out += "\\b";
        break;
      case U'\f':
        out += "\\f";
        break;
      default:
        if (c < 0x20 || (ascii && c > 0x7E)) {
          if (c >= 0x10000) {
            std::snprintf(buffer, sizeof buffer, "\\u%04x\\u%04x",
                          static_cast<unsigned>(0xD800 + ((c - 0x10000) >> 10)),
                          static_cast<unsigned>(0xDC00 + ((c - 0x10000) & 0x3FF)));
          } else {
            std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
          }
          out += buffer;
        } else {
          out += rest.substr(0, static_cast<std::size_t>(point.size));
        }
    }
    rest.remove_prefix(static_cast<std::size_t>(point.size));
  }
  out += '"';
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return float_repr(value);
}

class Writer {
 public:
  Writer(Runtime& runtime, const JsonStyle& style) : runtime_(runtime), style_(style) {}

  void write(const Value& value, std::size_t level) {
    if (level > 450)
      raise("RecursionError", "maximum recursion depth exceeded while encoding a JSON object");
    runtime_.tick();
    switch (value.kind()) {
      case Kind::None:
        out += "null";
        break;
      case Kind::Bool:
        out += value.as_int() != 0 ? "true" : "false";
        break;
      case Kind::Int:
        out += int_text(value.as_int());
        break;
      case Kind::Float:
        out += number_text(value.as_double());
        break;
      case Kind::String:
        write_string(value.text(), style_.ascii, out);
        break;
      case Kind::List:
      case Kind::Tuple: {
        const auto& items = value.seq().items;
        out += '[';
        for (std::size_t i = 0; i < items.size(); ++i) {
          separate(i == 0, level + 1);
          write(items[i], level + 1);
        }
        close(items.empty(), level);
        out += ']';
        break;
      }
      case Kind::Dict:
        write_dict(value.map(), level);
        break;
      default:
        raise_type("Object of type " +
                   (value.is_undefined() && !runtime_.is_chat() ? std::string("StrictUndefined")
                                                                : type_name(value)) +
                   " is not JSON serializable");
    }
    runtime_.check_text(out.size());
  }

  std::string out;

 private:
  void separate(bool is_first, std::size_t level) {
    if (!is_first) out += style_.item_separator;
    if (style_.indent) new_line(level);
  }

  void close(bool is_empty, std::size_t level) {
    if (!is_empty && style_.indent) new_line(level);
  }

  void new_line(std::size_t level) {
    out += '\n';
    for (std::size_t i = 0; i < level; ++i) out += *style_.indent;
  }

  static std::string key_text(const Value& key) {
    switch (key.kind()) {
      case Kind::String:
        return key.text();
      case Kind::None:
        return "null";
      case Kind::Bool:
        return key.as_int() != 0 ? "true" : "false";
      case Kind::Int:
        return int_text(key.as_int());
      case Kind::Float:
        return number_text(key.as_double());
      default:
        raise_type("keys must be str, int, float, bool or None, not " + type_name(key));
    }
  }

  void write_dict(const DictObject& map, std::size_t level) {
    auto items = map.items;
    if (style_.sort_keys) {
      std::stable_sort(items.begin(), items.end(),
                       [](const auto& a, const auto& b) { return less(a.first, b.first); });
    }
    out += '{';
    for (std::size_t i = 0; i < items.size(); ++i) {
      separate(i == 0, level + 1);
      write_string(key_text(items[i].first), style_.ascii, out);
      out += style_.key_separator;
      write(items[i].second, level + 1);
    }
    close(items.empty(), level);
    out += '}';
  }

  Runtime& runtime_;
  const JsonStyle& style_;
};

}  // namespace

std::string to_json_text(Runtime& runtime, const Value& value, const JsonStyle& style) {
  Writer writer(runtime, style);
  writer.write(value, 0);
  return std::move(writer.out);
}

}  // namespace leitai::jinja
