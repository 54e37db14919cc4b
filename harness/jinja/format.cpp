#include <algorithm>
#include <cmath>
#include <cstdio>

#include "harness/core/text.h"
#include "harness/jinja/runtime.h"
#include "harness/jinja/string_ops.h"

/// Python's formatting: "..." % values, str.format and format specifications.
namespace leitai::jinja {

namespace {

constexpr std::int64_t kMaxWidth = 100000;

struct Spec {
  std::string fill = " ";
  char align = 0;  // < > ^ =
  char sign = '-';
  bool alternate = false;
  std::int64_t width = 0;
  char group = 0;  // , _
  std::int64_t precision = -1;
  char type = 0;
};

std::int64_t read_number(const std::string& text, std::size_t& at) {
  std::int64_t value = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    value = value * 10 + (text[at++] - '0');
    if (value > kMaxWidth) raise("LimitError", "a field wider than 100000");
  }
  return value;
}

Spec parse_spec(const std::string& text) {
  Spec spec;
  std::size_t at = 0;
  const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
  if (!text.empty()) {
    const auto size = static_cast<std::size_t>(decode_utf8(text).size);
    if (size < text.size() && is_align(text[size])) {
      spec.fill = text.substr(0, size);
      spec.align = text[size];
      at = size + 1;
    } else if (is_align(text[0])) {
      spec.align = text[0];
      at = 1;
    }
  }
  const auto next = [&](std::string_view set) {
    return at < text.size() && set.find(text[at]) != set.npos ? text[at++] : '\0';
  };
  if (const char sign = next("+- ")) spec.sign = sign;
  spec.alternate = next("#") != 0;
  if (next("0") && spec.align == 0) {
    spec.fill = "0";
    spec.align = '=';
  }
  spec.width = read_number(text, at);
  spec.group = next(",_");
  if (next(".")) spec.precision = read_number(text, at);
  if (at < text.size()) spec.type = text[at++];
  if (at != text.size()) raise("ValueError", "Invalid format specifier");
  return spec;
}

std::string grouped(const std::string& digits, char group, std::size_t size) {
  if (!group) return digits;
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % size == 0) out += group;
    out += digits[i];
  }
  return out;
}

std::string pad(const std::string& text, const Spec& spec, char otherwise) {
  const std::int64_t missing = spec.width - static_cast<std::int64_t>(char_count(text));
  if (missing <= 0) return text;
  const char align = spec.align ? spec.align : otherwise;
  const std::int64_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  return repeat_text(spec.fill, left) + text + repeat_text(spec.fill, missing - left);
}

std::string pad_number(bool negative, const std::string& prefix, std::string body,
                       const Spec& spec) {
  std::string sign = negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
  sign += prefix;
  if (spec.align != '=') return pad(sign + body, spec, '>');
  const std::int64_t missing = spec.width - static_cast<std::int64_t>(sign.size() + body.size());
  return sign + repeat_text(spec.fill, std::max<std::int64_t>(0, missing)) + body;
}

std::string digits_in(BigInt value, int base, bool upper) {
  __extension__ using Wide = unsigned __int128;
  // A plain pointer: GCC 12's sanitizers misread an index of 128 bits into a literal.
  const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  const auto divisor = static_cast<Wide>(base);
  Wide rest = static_cast<Wide>(value);
  if (value < 0) rest = Wide{0} - rest;
  std::string out;
  while (rest != 0) {
    out += digits[static_cast<std::size_t>(rest % divisor)];
    rest /= divisor;
  }
  if (out.empty()) out = "0";
  std::reverse(out.begin(), out.end());
  return out;
}

std::string printf_double(char type, std::int64_t precision, bool alternate, double value) {
  const std::string format = std::string("%") + (alternate ? "#" : "") + ".*" + type;
  std::string out(static_cast<std::size_t>(precision) + 400, '\0');
  const int size =
      std::snprintf(out.data(), out.size(), format.c_str(), static_cast<int>(precision), value);
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string format_double(double value, const Spec& spec) {
  const double magnitude = std::fabs(value);
  const bool negative = std::signbit(value) && !std::isnan(value);
  char type = spec.type;
  std::string body;
  if (type == 0 || type == 'n') {
    body = spec.precision < 0
               ? float_repr(magnitude)
               : printf_double('g', std::max<std::int64_t>(1, spec.precision), false, magnitude);
    if (type == 0 && spec.precision >= 0 && std::isfinite(value) &&
        body.find_first_of(".en") == body.npos)
      body += ".0";
  } else if (type == '%') {
    body = printf_double('f', spec.precision < 0 ? 6 : spec.precision, spec.alternate,
                         magnitude * 100) +
           "%";
  } else if (std::string_view("eEfFgG").find(type) != std::string_view::npos) {
    const std::int64_t precision = spec.precision < 0 ? 6 : spec.precision;
    body = printf_double(
        type, type == 'g' || type == 'G' ? std::max<std::int64_t>(1, precision) : precision,
        spec.alternate, magnitude);
  } else {
    raise("ValueError",
          std::string("Unknown format code '") + type + "' for object of type 'float'");
  }
  if (spec.group) {
    const std::size_t whole = std::min(body.find_first_not_of("0123456789"), body.size());
    body = grouped(body.substr(0, whole), spec.group, 3) + body.substr(whole);
  }
  return pad_number(negative, "", body, spec);
}

std::string format_int(BigInt value, const Spec& spec) {
  int base = 10;
  std::string prefix;
  switch (spec.type) {
    case 0:
    case 'd':
    case 'n':
      break;
    case 'x':
    case 'X':
      base = 16;
      break;
    case 'o':
      base = 8;
      break;
    case 'b':
      base = 2;
      break;
    case 'c': {
      if (value < 0 || value > 0x10FFFF) raise("OverflowError", "%c arg not in range(0x110000)");
      std::string c;
      append_utf8(c, static_cast<char32_t>(value));
      return pad(c, spec, '<');
    }
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case '%':
      return format_double(static_cast<double>(value), spec);
    default:
      raise("ValueError",
            std::string("Unknown format code '") + spec.type + "' for object of type 'int'");
  }
  if (spec.precision >= 0) raise("ValueError", "Precision not allowed in integer format specifier");
  if (spec.alternate && base != 10) prefix = std::string("0") + spec.type;
  return pad_number(
      value < 0, prefix,
      grouped(digits_in(value, base, spec.type == 'X'), spec.group, base == 10 ? 3 : 4), spec);
}

}  // namespace

std::string format_spec(Runtime& runtime, const Value& value, const std::string& text) {
  if (text.empty()) return runtime.text(value);
  if (value.is_undefined()) raise_undefined(value);
  const Spec spec = parse_spec(text);
  if (value.is_integral()) {
    if (value.is(Kind::Bool) && spec.type == 0) return pad(to_text(value), spec, '>');
    return format_int(value.as_int(), spec);
  }
  if (value.is(Kind::Float)) return format_double(value.as_double(), spec);
  if (!value.is(Kind::String))
    raise_type("unsupported format string passed to " + type_name(value) + ".__format__");
  if (spec.type != 0 && spec.type != 's')
    raise("ValueError",
          std::string("Unknown format code '") + spec.type + "' for object of type 'str'");
  if (spec.align == '=')
    raise("ValueError", "'=' alignment not allowed in string format specifier");
  std::string shown = value.text();
  if (spec.precision >= 0)
    shown = shown.substr(0, byte_offset(value.str(), static_cast<std::size_t>(spec.precision)));
  return pad(shown, spec, '<');
}

namespace {

class BraceFormatter {
 public:
  BraceFormatter(Runtime& runtime, Args& args) : runtime_(runtime), args_(args) {}

  std::string format(const std::string& text, int level) {
    if (level < 0) raise("ValueError", "Max string recursion exceeded");
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if ((c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c) {
        out += c;
        ++i;
      } else if (c == '}') {
        raise("ValueError", "Single '}' encountered in format string");
      } else if (c == '{') {
        std::size_t end = i + 1;
        for (int open = 1; end < text.size(); ++end) {
          if (text[end] == '{') ++open;
          if (text[end] == '}' && --open == 0) break;
        }
        if (end >= text.size())
          raise("ValueError", i + 1 == text.size() ? "Single '{' encountered in format string"
                                                   : "expected '}' before end of string");
        out += field(text.substr(i + 1, end - i - 1), level);
        i = end;
      } else {
        out += c;
      }
      runtime_.check_text(out.size());
    }
    runtime_.tick(out.size() / 16);
    return out;
  }

 private:
  std::string field(const std::string& text, int level) {
    std::size_t end = 0;
    while (end < text.size() && text[end] != '!' && text[end] != ':') {
      if (text[end] == '[') {
        while (end < text.size() && text[end] != ']') ++end;
        if (end == text.size()) break;
      }
      ++end;
    }
    Value value = look_up(text.substr(0, end));
    char conversion = 0;
    if (end < text.size() && text[end] == '!') {
      if (end + 1 >= text.size())
        raise("ValueError", "end of string while looking for conversion specifier");
      conversion = text[end + 1];
      end += 2;
      if (end < text.size() && text[end] != ':')
        raise("ValueError", "expected ':' after conversion specifier");
    }
    if (conversion == 'r') {
      value = Value::string(repr(value));
    } else if (conversion == 's') {
      value = Value::string(runtime_.text(value));
    } else if (conversion != 0) {
      raise(conversion == 'a' ? "UnsupportedError" : "ValueError",
            std::string("Unknown conversion specifier '") + conversion + "'");
    }
    return format_spec(runtime_, value,
                       end < text.size() ? format(text.substr(end + 1), level - 1) : "");
  }

  Value look_up(const std::string& name) {
    std::size_t end = std::min(name.find_first_of(".["), name.size());
    const std::string first = name.substr(0, end);
    Value value;
    const auto number = parse_int(first);
    if (first.empty() || (number && *number >= 0)) {
      if (first.empty() ? next_ < 0 : next_ > 0)
        raise("ValueError", "cannot switch between manual and automatic field numbering");
      const auto at = static_cast<std::size_t>(first.empty() ? next_ : *number);
      next_ = first.empty() ? next_ + 1 : -1;
      if (at >= args_.positional.size())
        raise("IndexError", "Replacement index " + std::to_string(at) +
                                " out of range for positional args tuple");
      value = args_.positional[at];
    } else {
      const auto found = std::find_if(args_.named.begin(), args_.named.end(),
                                      [&](const auto& n) { return n.first == first; });
      if (found == args_.named.end()) raise("KeyError", quote_text(first));
      value = found->second;
    }
    while (end < name.size()) {
      if (name[end] == '.') {
        const std::size_t stop = std::min(name.find_first_of(".[", end + 1), name.size());
        value = runtime_.attribute(value, name.substr(end + 1, stop - end - 1));
        end = stop;
      } else {
        const std::size_t stop = name.find(']', end);
        if (name[end] != '[' || stop == name.npos)
          raise("ValueError", "Missing ']' in format string");
        const std::string key = name.substr(end + 1, stop - end - 1);
        const auto index = parse_int(key);
        value = runtime_.item(value, index ? Value::integer(*index) : Value::string(key));
        end = stop + 1;
      }
    }
    return value;
  }

  Runtime& runtime_;
  Args& args_;
  std::int64_t next_ = 0;  // of automatic numbers; -1 once a number was given
};

/// One "%" conversion, behind the sign.
class PercentFormatter {
 public:
  PercentFormatter(Runtime& runtime, const Value& values) : runtime_(runtime), values_(values) {}

  std::string format(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '%') {
        out += text[i];
        continue;
      }
      ++i;
      convert(text, i, out);
      runtime_.check_text(out.size());
    }
    runtime_.tick(out.size() / 16);
    const std::size_t count = values_.is(Kind::Tuple) ? values_.seq().items.size() : 1;
    const bool is_mapping = values_.is(Kind::Dict) || values_.is(Kind::List);
    if (used_ < count && !is_mapping)
      raise_type("not all arguments converted during string formatting");
    return out;
  }

 private:
  Value next() {
    const std::size_t at = used_++;
    if (values_.is(Kind::Tuple)) {
      if (at >= values_.seq().items.size()) raise_type("not enough arguments for format string");
      return values_.seq().items[at];
    }
    if (at > 0) raise_type("not enough arguments for format string");
    return values_;
  }

  std::int64_t star_or_number(const std::string& text, std::size_t& i) {
    if (i < text.size() && text[i] == '*') {
      ++i;
      const std::int64_t value = to_index(next());
      if (std::abs(value) > kMaxWidth) raise("LimitError", "a field wider than 100000");
      return value;
    }
    return read_number(text, i);
  }

  void convert(const std::string& text, std::size_t& i, std::string& out) {
    std::optional<Value> named;
    if (i < text.size() && text[i] == '(') {
      const std::size_t end = text.find(')', i);
      if (end == text.npos) raise("ValueError", "incomplete format key");
      if (!values_.is(Kind::Dict)) raise_type("format requires a mapping");
      const std::string key = text.substr(i + 1, end - i - 1);
      const Value* found = values_.map().find(key);
      if (!found) raise("KeyError", quote_text(key));
      named = *found;
      i = end + 1;
    }
    Spec spec;
    bool left = false, zero = false;
    for (; i < text.size() && std::string_view("-+ #0").find(text[i]) != std::string_view::npos;
         ++i) {
      left = left || text[i] == '-';
      zero = zero || text[i] == '0';
      spec.alternate = spec.alternate || text[i] == '#';
      if (text[i] == '+' || (text[i] == ' ' && spec.sign != '+')) spec.sign = text[i];
    }
    spec.width = star_or_number(text, i);
    if (spec.width < 0) {
      left = true;
      spec.width = -spec.width;
    }
    if (i < text.size() && text[i] == '.') {
      ++i;
      spec.precision = std::max<std::int64_t>(0, star_or_number(text, i));
    }
    while (i < text.size() && (text[i] == 'l' || text[i] == 'h' || text[i] == 'L')) ++i;
    if (i >= text.size()) raise("ValueError", "incomplete format");
    const char type = text[i];
    if (type == '%') {
      out += '%';
      return;
    }
    const Value value = named ? *named : next();
    spec.align = left ? '<' : zero ? '=' : '>';
    if (zero && !left) spec.fill = "0";
    switch (type) {
      case 's':
      case 'r':
      case 'a': {
        Value shown = Value::string(type == 's' ? runtime_.text(value) : repr(value));
        if (type == 'a' && !shown.str().is_ascii())
          raise("UnsupportedError", "%a of text that is not ASCII is not supported");
        spec.fill = " ";
        spec.align = left ? '<' : '>';
        out += pad(spec.precision >= 0
                       ? shown.text().substr(
                             0, byte_offset(shown.str(), static_cast<std::size_t>(spec.precision)))
                       : shown.text(),
                   spec, '>');
        return;
      }
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X':
      case 'o': {
        if (value.is_undefined()) raise_undefined(value);
        const bool decimal = type == 'd' || type == 'i' || type == 'u';
        if (!value.is_number() || (!decimal && value.is(Kind::Float))) {
          raise_type(std::string("%") + type +
                     " format: " + (decimal ? "a real number" : "an integer") +
                     " is required, not " + type_name(value));
        }
        BigInt whole = value.is(Kind::Float) ? 0 : value.as_int();
        if (value.is(Kind::Float)) {
          if (!(std::fabs(value.as_double()) < 1e38))
            raise("OverflowError", "cannot convert float to integer");
          whole = static_cast<BigInt>(value.as_double());
        }
        std::string digits = digits_in(whole, decimal ? 10 : type == 'o' ? 8 : 16, type == 'X');
        const std::int64_t missing = spec.precision - static_cast<std::int64_t>(digits.size());
        digits = repeat_text("0", std::max<std::int64_t>(0, missing)) + digits;
        out += pad_number(whole < 0, spec.alternate && !decimal ? std::string("0") + type : "",
                          digits, spec);
        return;
      }
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        if (value.is_undefined()) raise_undefined(value);
        if (!value.is_number()) raise_type("must be real number, not " + type_name(value));
        spec.type = type;
        out += format_double(value.as_double(), spec);
        return;
      case 'c': {
        std::string c;
        if (value.is(Kind::String) && value.str().length == 1) {
          c = value.text();
        } else if (value.is_integral() && value.as_int() >= 0 && value.as_int() <= 0x10FFFF) {
          append_utf8(c, static_cast<char32_t>(value.as_int()));
        } else {
          raise_type("%c requires int or char");
        }
        spec.fill = " ";
        out += pad(c, spec, '>');
        return;
      }
      default:
        raise("ValueError", std::string("unsupported format character '") + type + "'");
    }
  }

  Runtime& runtime_;
  const Value& values_;
  std::size_t used_ = 0;
};

}  // namespace

std::string format_braces(Runtime& runtime, const std::string& format, Args& args) {
  return BraceFormatter(runtime, args).format(format, 2);
}

std::string format_percent(Runtime& runtime, const std::string& format, const Value& values) {
  return PercentFormatter(runtime, values).format(format);
}

}  // namespace leitai::jinja
