#include <algorithm>
#include <functional>
#include <unordered_map>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "harness/jinja/runtime.h"
#include "harness/jinja/string_ops.h"

/// Methods of str.
namespace leitai::jinja {

namespace {

using Method = Value (*)(Runtime&, const StringObject&, Args&);

Value text_value(std::string text, const StringObject& self) {
  return Value::string(std::move(text), self.markup);
}

template <std::string (*Convert)(std::string_view)>
Value mapped(Runtime& runtime, const StringObject& self, Args& args) {
  Bound("str", args, {});
  runtime.tick(self.length);
  return text_value(Convert(self.text), self);
}

template <Side side>
Value stripped(Runtime& runtime, const StringObject& self, Args& args) {
  const Bound bound("strip", args,
                    {
                        "",
                    });
  runtime.tick(self.length / 16);
  const bool has = bound.has(0) && !bound[0].is(Kind::None);
  const std::string chars_given = has ? bound.text(0, "") : "";
  return text_value(std::string(strip(self.text, has ? &chars_given : nullptr, side)), self);
}

Value split_with(Runtime& runtime, const StringObject& self, Args& args, bool from_right) {
  const Bound bound("split", args, {"sep", "maxsplit"});
  const bool has = bound.has(0) && !bound[0].is(Kind::None);
  const std::string separator = has ? bound.text(0, "") : "";
  if (has && separator.empty()) raise("ValueError", "empty separator");
  std::vector<Value> items;
  for (std::string& part :
       split_text(self.text, has ? &separator : nullptr, bound.integer(1, -1), from_right)) {
    items.push_back(text_value(std::move(part), self));
  }
  runtime.tick(items.size() + self.text.size() / 64);
  return Value::list(std::move(items));
}

Value split_method(Runtime& runtime, const StringObject& self, Args& args) {
  return split_with(runtime, self, args, false);
}
Value rsplit_method(Runtime& runtime, const StringObject& self, Args& args) {
  return split_with(runtime, self, args, true);
}

Value splitlines(Runtime& runtime, const StringObject& self, Args& args) {
  const Bound bound("splitlines", args, {"keepends"});
  std::vector<Value> items;
  for (std::string& line : split_lines(self.text, bound.boolean(runtime, 0, false)))
    items.push_back(text_value(std::move(line), self));
  runtime.tick(items.size() + self.text.size() / 64);
  return Value::list(std::move(items));
}

/// Code points [start, end) of `self` as the search methods take them; false where the range is
/// empty in Python's eyes.
bool window(const StringObject& self, const Bound& bound, std::size_t first, std::size_t& from,
            std::size_t& to) {
  const auto size = static_cast<std::int64_t>(self.length);
  const auto place = [&](std::size_t i, std::int64_t otherwise) {
    if (!bound.has(i) || bound[i].is(Kind::None)) return otherwise;
    std::int64_t at = to_index(bound[i]);
    if (at < 0) at = std::max<std::int64_t>(0, at + size);
    return at;
  };
  const std::int64_t start = place(first, 0);
  const std::int64_t end = std::min(place(first + 1, size), size);
  if (start > end) return false;
  from = byte_offset(self, static_cast<std::size_t>(start));
  to = byte_offset(self, static_cast<std::size_t>(end));
  return true;
}

/// Code point index of the first (or last) place of the argument, -1 if there is none.
std::int64_t find_in(Runtime& runtime, const StringObject& self, Args& args, bool last) {
  const Bound bound("find", args, {"", "", ""}, 1);
  const std::string needle = bound.text(0, "");
  runtime.tick(self.text.size() / 16);
  std::size_t from = 0, to = 0;
  if (!window(self, bound, 1, from, to)) return -1;
  const std::string_view part = std::string_view(self.text).substr(from, to - from);
  const std::size_t at = last ? part.rfind(needle) : part.find(needle);
  if (at == part.npos) return -1;
  return static_cast<std::int64_t>(char_count(std::string_view(self.text).substr(0, from + at)));
}

template <bool last, bool must>
Value find_method(Runtime& runtime, const StringObject& self, Args& args) {
  const std::int64_t at = find_in(runtime, self, args, last);
  if (must && at < 0) raise("ValueError", "substring not found");
  return Value::integer(at);
}

Value count_method(Runtime& runtime, const StringObject& self, Args& args) {
  const Bound bound("count", args, {"", "", ""}, 1);
  const std::string needle = bound.text(0, "");
  runtime.tick(self.text.size() / 16);
  std::size_t from = 0, to = 0;
  if (!window(self, bound, 1, from, to)) return Value::integer(0);
  const std::string_view part = std::string_view(self.text).substr(from, to - from);
  if (needle.empty()) return Value::integer(static_cast<BigInt>(char_count(part) + 1));
  BigInt count = 0;
  for (std::size_t at = part.find(needle); at != part.npos;
       at = part.find(needle, at + needle.size()))
    ++count;
  return Value::integer(count);
}

template <bool at_end>
Value affix(Runtime&, const StringObject& self, Args& args) {
  const char* name = at_end ? "endswith" : "startswith";
  const Bound bound(name, args, {"", "", ""}, 1);
  std::size_t from = 0, to = 0;
  if (!window(self, bound, 1, from, to)) return Value::boolean(false);
  const std::string_view part = std::string_view(self.text).substr(from, to - from);
  const auto matches = [&](const Value& affix_value) {
    if (!affix_value.is(Kind::String)) {
      raise_type(std::string(name) + " first arg must be str or a tuple of str, not " +
                 type_name(affix_value));
    }
    return at_end ? part.ends_with(affix_value.text()) : part.starts_with(affix_value.text());
  };
  if (!bound[0].is(Kind::Tuple)) return Value::boolean(matches(bound[0]));
  const auto& all = bound[0].seq().items;
  return Value::boolean(std::any_of(all.begin(), all.end(), matches));
}

Value replace_method(Runtime& runtime, const StringObject& self, Args& args) {
  const Bound bound("replace", args, {"", "", "count"}, 2);
  return text_value(
      replace_text(runtime, self.text, bound.text(0, ""), bound.text(1, ""), bound.integer(2, -1)),
      self);
}

Value join_method(Runtime& runtime, const StringObject& self, Args& args) {
  const Bound bound("join", args, {""}, 1);
  const std::vector<Value> items = runtime.iterate(bound[0]);
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].is_undefined() || !items[i].is(Kind::String)) {
      raise_type("sequence item " + std::to_string(i) + ": expected str instance, " +
                 type_name(items[i]) + " found");
    }
    if (i > 0) out += self.text;
    out += items[i].text();
    runtime.check_text(out.size());
  }
  return text_value(std::move(out), self);
}

Value format_method(Runtime& runtime, const StringObject& self, Args& args) {
  return text_value(format_braces(runtime, self.text, args), self);
}

Value format_map_method(Runtime& runtime, const StringObject& self, Args& args) {
  const Bound bound("format_map", args, {""}, 1);
  Args named;
  if (!bound[0].is(Kind::Dict)) raise_type("format_map() argument must be a mapping");
  for (const auto& [key, value] : bound[0].map().items)
    named.named.emplace_back(to_text(key), value);
  return text_value(format_braces(runtime, self.text, named), self);
}

enum class Pad { Left, Right, Centre };

template <Pad pad>
Value padded(Runtime& runtime, const StringObject& self, Args& args) {
  const Bound bound("pad", args, {"", ""}, 1);
  const std::string fill = bound.text(1, " ");
  if (char_count(fill) != 1) raise_type("The fill character must be exactly one character long");
  const std::int64_t width = bound.integer(0, 0);
  const std::int64_t missing = width - static_cast<std::int64_t>(self.length);
  if (missing <= 0) return text_value(self.text, self);
  runtime.check_text(static_cast<std::size_t>(missing) > (std::size_t{1} << 40)
                         ? std::size_t{1} << 50
                         : static_cast<std::size_t>(missing) * fill.size() + self.text.size());
  const std::int64_t left = pad == Pad::Left    ? missing
                            : pad == Pad::Right ? 0
                                                : missing / 2 + (missing & width & 1);
  return text_value(repeat_text(fill, left) + self.text + repeat_text(fill, missing - left), self);
}

Value zfill(Runtime& runtime, const StringObject& self, Args& args) {
  const Bound bound("zfill", args, {""}, 1);
  const std::int64_t missing = bound.integer(0, 0) - static_cast<std::int64_t>(self.length);
  if (missing <= 0) return text_value(self.text, self);
  runtime.check_text(static_cast<std::size_t>(missing) + self.text.size());
  const std::size_t sign = self.text.starts_with('-') || self.text.starts_with('+') ? 1 : 0;
  return text_value(self.text.substr(0, sign) + repeat_text("0", missing) + self.text.substr(sign),
                    self);
}

template <bool suffix>
Value remove_affix(Runtime&, const StringObject& self, Args& args) {
  const Bound bound("remove", args, {""}, 1);
  const std::string affix_text = bound.text(0, "");
  if (suffix && !affix_text.empty() && self.text.ends_with(affix_text))
    return text_value(self.text.substr(0, self.text.size() - affix_text.size()), self);
  if (!suffix && self.text.starts_with(affix_text))
    return text_value(self.text.substr(affix_text.size()), self);
  return text_value(self.text, self);
}

template <bool last>
Value partition(Runtime&, const StringObject& self, Args& args) {
  const Bound bound("partition", args, {""}, 1);
  const std::string separator = bound.text(0, "");
  if (separator.empty()) raise("ValueError", "empty separator");
  const std::size_t at = last ? self.text.rfind(separator) : self.text.find(separator);
  std::string parts[3];
  if (at == std::string::npos) {
    parts[last ? 2 : 0] = self.text;
  } else {
    parts[0] = self.text.substr(0, at);
    parts[1] = separator;
    parts[2] = self.text.substr(at + separator.size());
  }
  return Value::tuple({Value::string(parts[0]), Value::string(parts[1]), Value::string(parts[2])});
}

Value encode(Runtime&, const StringObject& self, Args& args) {
  const Bound bound("encode", args, {"encoding", "errors"});
  const std::string encoding = ascii_lower(bound.text(0, "utf-8"));
  if (encoding != "utf-8" && encoding != "utf8" && !(encoding == "ascii" && self.is_ascii())) {
    raise("UnsupportedError", "encode() knows utf-8 only");
  }
  return Value::bytes(self.text);
}

Value expandtabs(Runtime& runtime, const StringObject& self, Args& args) {
  const Bound bound("expandtabs", args, {"tabsize"});
  const std::int64_t size = std::min<std::int64_t>(bound.integer(0, 8), 1 << 20);
  std::string out;
  std::int64_t column = 0;
  for (const char c : self.text) {
    if (c == '\t') {
      const std::int64_t fill = size > 0 ? size - column % size : 0;
      out += repeat_text(" ", fill);
      column += fill;
      runtime.check_text(out.size());
    } else {
      out += c;
      if (c == '\n' || c == '\r') {
        column = 0;
      } else if ((c & 0xC0) != 0x80) {
        ++column;
      }
    }
  }
  return text_value(std::move(out), self);
}

Value translate(Runtime& runtime, const StringObject& self, Args& args) {
  const Bound bound("translate", args, {""}, 1);
  if (!bound[0].is(Kind::Dict)) raise("UnsupportedError", "translate() wants a dict");
  std::string out;
  for (const std::string_view c : chars(self.text)) {
    const Value* to =
        bound[0].map().find(Value::integer(static_cast<BigInt>(decode_utf8(c).value)));
    if (!to) {
      out += c;
    } else if (to->is(Kind::String)) {
      out += to->text();
    } else if (to->is_integral()) {
      if (to->as_int() < 0 || to->as_int() > 0x10FFFF)
        raise("ValueError", "character mapping must be in range(0x110000)");
      append_utf8(out, static_cast<char32_t>(to->as_int()));
    } else if (!to->is(Kind::None)) {
      raise_type("character mapping must return integer, None or str");
    }
    runtime.check_text(out.size());
  }
  return text_value(std::move(out), self);
}

template <bool (*Is)(char32_t)>
Value all_are(Runtime& runtime, const StringObject& self, Args& args) {
  Bound("str", args, {});
  runtime.tick(self.length);
  const std::u32string points = to_utf32(self.text);
  return Value::boolean(!points.empty() && std::all_of(points.begin(), points.end(), Is));
}

bool is_alnum(char32_t c) { return is_alpha(c) || is_numeric(c) || is_digit(c); }

template <bool upper>
Value has_case(Runtime&, const StringObject& self, Args& args) {
  Bound("str", args, {});
  return Value::boolean(is_cased_text(self.text, upper));
}

Value istitle(Runtime&, const StringObject& self, Args& args) {
  Bound("istitle", args, {});
  bool inside = false, any = false;
  for (const char32_t c : to_utf32(self.text)) {
    if (is_upper(c) || is_title(c)) {
      if (inside) return Value::boolean(false);
      inside = any = true;
    } else if (is_lower(c)) {
      if (!inside) return Value::boolean(false);
      any = true;
    } else {
      inside = false;
    }
  }
  return Value::boolean(any);
}

Value isascii(Runtime&, const StringObject& self, Args& args) {
  Bound("isascii", args, {});
  return Value::boolean(self.is_ascii());
}

Value isprintable(Runtime&, const StringObject& self, Args& args) {
  Bound("isprintable", args, {});
  const std::u32string points = to_utf32(self.text);
  return Value::boolean(std::all_of(points.begin(), points.end(), is_printable));
}

Value isidentifier(Runtime&, const StringObject& self, Args& args) {
  Bound("isidentifier", args, {});
  const std::u32string points = to_utf32(self.text);
  return Value::boolean(!points.empty() && std::all_of(points.begin(), points.end(), is_word) &&
                        !is_numeric(points[0]));
}

const std::unordered_map<std::string_view, Method>& methods() {
  static const std::unordered_map<std::string_view, Method> kMethods = {
      {"upper", mapped<to_upper>},
      {"lower", mapped<to_lower>},
      {"title", mapped<to_title>},
      {"capitalize", mapped<to_capitalized>},
      {"swapcase", mapped<swap_case>},
      {"casefold", mapped<fold_case>},
      {"strip", stripped<Side::Both>},
      {"lstrip", stripped<Side::Left>},
      {"rstrip", stripped<Side::Right>},
      {"split", split_method},
      {"rsplit", rsplit_method},
      {"splitlines", splitlines},
      {"find", find_method<false, false>},
      {"rfind", find_method<true, false>},
      {"index", find_method<false, true>},
      {"rindex", find_method<true, true>},
      {"count", count_method},
      {"startswith", affix<false>},
      {"endswith", affix<true>},
      {"replace", replace_method},
      {"join", join_method},
      {"format", format_method},
      {"format_map", format_map_method},
      {"ljust", padded<Pad::Right>},
      {"rjust", padded<Pad::Left>},
      {"center", padded<Pad::Centre>},
      {"zfill", zfill},
      {"removeprefix", remove_affix<false>},
      {"removesuffix", remove_affix<true>},
      {"partition", partition<false>},
      {"rpartition", partition<true>},
      {"encode", encode},
      {"expandtabs", expandtabs},
      {"translate", translate},
      {"isalpha", all_are<is_alpha>},
      {"isdigit", all_are<is_digit>},
      {"isdecimal", all_are<is_decimal>},
      {"isnumeric", all_are<is_numeric>},
      {"isalnum", all_are<is_alnum>},
      {"isspace", all_are<is_space>},
      {"isupper", has_case<true>},
      {"islower", has_case<false>},
      {"istitle", istitle},
      {"isascii", isascii},
      {"isprintable", isprintable},
      {"isidentifier", isidentifier}};
  return kMethods;
}

}  // namespace

std::optional<Value> string_attribute(Runtime&, const Value& self, const std::string& name) {
  const auto found = methods().find(name);
  if (found == methods().end()) return std::nullopt;
  return Value::function(name, [self, method = found->second](Runtime& runtime, Args& args) {
    return method(runtime, self.str(), args);
  });
}

}  // namespace leitai::jinja
