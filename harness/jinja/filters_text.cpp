#include <algorithm>

#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "harness/jinja/filters.h"
#include "harness/jinja/string_ops.h"

/// Filters on text.
namespace leitai::jinja {

namespace {

bool is_markup(const Value& value) { return value.is(Kind::String) && value.str().markup; }

template <std::string (*Convert)(std::string_view)>
Value mapped(Runtime& runtime, const Value& input, Args& args) {
  Bound("filter", args, {});
  const std::string text = runtime.text(input);
  runtime.tick(text.size() / 4);
  return Value::string(Convert(text), is_markup(input));
}

std::string title_words(std::string_view text) {
  const auto splits = [](char32_t c) {
    return c == U'-' || c == U'(' || c == U'{' || c == U'[' || c == U'<' || is_space(c);
  };
  std::string out, word;
  const auto flush = [&] {
    if (word.empty()) return;
    const auto first = static_cast<std::size_t>(decode_utf8(word).size);
    out += to_upper(word.substr(0, first)) + to_lower(word.substr(first));
    word.clear();
  };
  for (const std::string_view c : chars(text)) {
    if (splits(decode_utf8(c).value)) {
      flush();
      out += c;
    } else {
      word += c;
    }
  }
  flush();
  return out;
}

Value trim_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_trim", args, {"chars"});
  const std::string text = runtime.text(input);
  const bool has = bound.has(0) && !bound[0].is(Kind::None);
  const std::string given = has ? bound.text(0, "") : "";
  return Value::string(std::string(strip(text, has ? &given : nullptr, Side::Both)),
                       is_markup(input));
}

Value string_filter(Runtime& runtime, const Value& input, Args& args) {
  Bound("string", args, {});
  return input.is(Kind::String) ? input : Value::string(runtime.text(input));
}

Value replace_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_replace", args, {"old", "new", "count"}, 2);
  const std::int64_t most = bound.has(2) && !bound[2].is(Kind::None) ? bound.integer(2, -1) : -1;
  return Value::string(replace_text(runtime, runtime.text(input), runtime.text(bound[0]),
                                    runtime.text(bound[1]), most));
}

Value escape_filter(Runtime& runtime, const Value& input, Args& args) {
  Bound("escape", args, {});
  return is_markup(input) ? input : Value::string(escape_html(runtime.text(input)), true);
}

Value force_escape(Runtime& runtime, const Value& input, Args& args) {
  Bound("forceescape", args, {});
  return Value::string(escape_html(runtime.text(input)), true);
}

Value safe_filter(Runtime& runtime, const Value& input, Args& args) {
  Bound("safe", args, {});
  return Value::string(runtime.text(input), true);
}

Value indent_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_indent", args, {"width", "first", "blank"});
  const std::int64_t width = bound.has(0) && !bound[0].is(Kind::String) ? bound.integer(0, 4) : 4;
  runtime.check_text(static_cast<std::size_t>(std::max<std::int64_t>(0, width)));
  const std::string indention =
      bound.has(0) && bound[0].is(Kind::String) ? bound[0].text() : repeat_text(" ", width);
  const bool first = bound.boolean(runtime, 1, false), blank = bound.boolean(runtime, 2, false);
  if (!input.is(Kind::String)) {
    if (input.is_undefined()) raise_undefined(input);
    raise_type("unsupported operand type(s) for +=: '" + type_name(input) + "' and 'str'");
  }
  const std::vector<std::string> lines = split_lines(input.text() + "\n", false);
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    if (i == 0 ? first : blank || !lines[i].empty()) out += indention;
    out += lines[i];
    runtime.check_text(out.size());
  }
  runtime.tick(out.size() / 16);
  return Value::string(std::move(out), is_markup(input));
}

Value center_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_center", args, {"width"});
  Args inner;
  inner.positional.push_back(Value::integer(bound.integer(0, 80)));
  return runtime.call(runtime.attribute(Value::string(runtime.text(input)), "center"), inner);
}

Value format_filter(Runtime& runtime, const Value& input, Args& args) {
  if (!args.named.empty() && !args.positional.empty())
    raise("FilterArgumentError", "can't handle positional and keyword arguments at the same time");
  Value values = Value::tuple(args.positional);
  if (!args.named.empty()) {
    auto dict = std::make_shared<DictObject>();
    for (const auto& [name, value] : args.named) dict->set(Value::string(name), value);
    values = Value::dict(std::move(dict));
  }
  return Value::string(format_percent(runtime, runtime.text(input), values), is_markup(input));
}

std::string collapse_space(const std::string& text) {
  std::string out;
  for (const std::string& word : split_text(text, nullptr, -1, false))
    out += (out.empty() ? "" : " ") + word;
  return out;
}

Value striptags(Runtime& runtime, const Value& input, Args& args) {
  Bound("striptags", args, {});
  std::string text = runtime.text(input);
  const auto remove = [&](const std::string& open, const std::string& close) {
    std::string out;
    std::size_t at = 0;
    while (true) {
      const std::size_t start = text.find(open, at);
      const std::size_t end = start == text.npos ? text.npos : text.find(close, start);
      if (end == text.npos) break;
      out.append(text, at, start - at);
      at = end + close.size();
    }
    text = out + text.substr(at);
  };
  remove("<!--", "-->");
  remove("<", ">");
  text = collapse_space(text);
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&lt;", '<'},  {"&gt;", '>'},   {"&quot;", '"'},
      {"&#34;", '"'}, {"&#39;", '\''}, {"&amp;", '&'}};
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto found = std::find_if(std::begin(kEntities), std::end(kEntities), [&](const auto& e) {
      return std::string_view(text).substr(i).starts_with(e.first);
    });
    if (found != std::end(kEntities)) {
      out += found->second;
      i += found->first.size();
    } else {
      out += text[i++];
    }
  }
  return Value::string(std::move(out));
}

Value truncate_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_truncate", args, {"length", "killwords", "end", "leeway"});
  const std::int64_t length = bound.integer(0, 255);
  const std::string end = bound.text(2, "...");
  const std::int64_t leeway = bound.has(3) && !bound[3].is(Kind::None) ? bound.integer(3, 5) : 5;
  const Value text = Value::string(runtime.text(input));
  const auto end_size = static_cast<std::int64_t>(char_count(end));
  if (length < end_size)
    raise("AssertionError",
          "expected length >= " + std::to_string(end_size) + ", got " + std::to_string(length));
  if (leeway < 0) raise("AssertionError", "expected leeway >= 0, got " + std::to_string(leeway));
  if (static_cast<std::int64_t>(text.str().length) <= length + leeway) return text;
  std::string cut =
      text.text().substr(0, byte_offset(text.str(), static_cast<std::size_t>(length - end_size)));
  if (!bound.boolean(runtime, 1, false)) cut = cut.substr(0, std::min(cut.rfind(' '), cut.size()));
  return Value::string(cut + end);
}

/// As Python's textwrap does for one line: runs of white space and words (split behind hyphens),
/// greedily filled.
std::string wrap_line(const std::string& line, std::size_t width, bool break_long, bool on_hyphens,
                      const std::string& joint) {
  std::vector<std::u32string> chunks;
  for (const char32_t c : to_utf32(line)) {
    const auto is_white = [](char32_t x) { return x == U' ' || (x >= 9 && x <= 13); };
    const bool joins = !chunks.empty() && is_white(chunks.back()[0]) == is_white(c);
    const bool behind_hyphen = on_hyphens && joins && chunks.back().size() > 2 &&
                               chunks.back().back() == U'-' && is_alpha(c) &&
                               is_alpha(chunks.back()[chunks.back().size() - 2]);
    if (joins && !behind_hyphen) {
      chunks.back() += c;
    } else {
      chunks.emplace_back(1, c);
    }
  }
  std::string out;
  std::u32string current;
  bool any = false;
  const auto is_blank = [](const std::u32string& s) {
    return !s.empty() && (s[0] == U' ' || (s[0] >= 9 && s[0] <= 13));
  };
  const auto flush = [&] {
    while (!current.empty() &&
           (current.back() == U' ' || (current.back() >= 9 && current.back() <= 13)))
      current.pop_back();
    if (current.empty()) return;
    if (any) out += joint;
    any = true;
    out += to_utf8(current);
    current.clear();
  };
  for (std::size_t i = 0; i < chunks.size();) {
    std::u32string& chunk = chunks[i];
    if (current.empty() && any && is_blank(chunk)) {
      ++i;
    } else if (current.size() + chunk.size() <= width) {
      current += chunk;
      ++i;
    } else if (chunk.size() > width && break_long) {
      const std::size_t room = width - current.size();
      current += chunk.substr(0, room);
      chunk.erase(0, room);
      flush();
      current.clear();
    } else if (current.empty()) {
      current = chunk;
      flush();
      ++i;
    } else {
      flush();
      current.clear();
    }
  }
  flush();
  return out;
}

Value wordwrap(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_wordwrap", args,
                    {"width", "break_long_words", "wrapstring", "break_on_hyphens"});
  const std::int64_t width = bound.integer(0, 79);
  if (width <= 0) raise("ValueError", "invalid width " + std::to_string(width) + " (must be > 0)");
  const std::string joint = bound.has(2) && !bound[2].is(Kind::None) ? bound.text(2, "") : "\n";
  const std::string text = runtime.text(input);
  runtime.tick(text.size());
  std::string out;
  bool first = true;
  for (const std::string& line : split_lines(text, false)) {
    if (!first) out += joint;
    first = false;
    out += wrap_line(line, static_cast<std::size_t>(width), bound.boolean(runtime, 1, true),
                     bound.boolean(runtime, 3, true), joint);
    runtime.check_text(out.size());
  }
  return Value::string(std::move(out));
}

Value wordcount(Runtime& runtime, const Value& input, Args& args) {
  Bound("do_wordcount", args, {});
  BigInt count = 0;
  bool inside = false;
  for (const char32_t c : to_utf32(runtime.text(input))) {
    const bool is_inside = is_word(c);
    count += is_inside && !inside ? 1 : 0;
    inside = is_inside;
  }
  return Value::integer(count);
}

std::string quote_url(const std::string& text, bool for_query) {
  std::string out;
  char buffer[8];
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' || c == '~' ||
                          (c == '/' && !for_query);
    if (is_plain) {
      out += c;
    } else if (c == ' ' && for_query) {
      out += '+';
    } else {
      std::snprintf(buffer, sizeof buffer, "%%%02X", static_cast<unsigned char>(c));
      out += buffer;
    }
  }
  return out;
}

Value urlencode(Runtime& runtime, const Value& input, Args& args) {
  Bound("do_urlencode", args, {});
  const bool has_pairs = input.is(Kind::Dict) || input.is_sequence() || input.is(Kind::View) ||
                         input.is(Kind::Generator);
  if (!has_pairs) return Value::string(quote_url(runtime.text(input), false));
  std::string out;
  const auto add = [&](const Value& key, const Value& value) {
    if (!out.empty()) out += '&';
    out += quote_url(runtime.text(key), true) + "=" + quote_url(runtime.text(value), true);
  };
  if (input.is(Kind::Dict)) {
    for (const auto& [key, value] : input.map().items) add(key, value);
  } else {
    for (const Value& pair : runtime.iterate(input)) {
      const auto both = runtime.iterate(pair);
      if (both.size() != 2) raise("ValueError", "not enough values to unpack (expected 2)");
      add(both[0], both[1]);
    }
  }
  return Value::string(std::move(out));
}

Value tojson(Runtime& runtime, const Value& input, Args& args) {
  JsonStyle style;
  const Value* indent = nullptr;
  const auto set_indent = [&](const Value* value) {
    if (!value || value->is(Kind::None)) return;
    if (value->is(Kind::String)) {
      style.indent = value->text();
    } else {
      const std::int64_t width = std::max<std::int64_t>(0, to_index(*value));
      runtime.check_text(static_cast<std::size_t>(width));
      style.indent = repeat_text(" ", width);
    }
    style.item_separator = ",";
  };
  if (runtime.is_chat()) {
    const Bound bound("tojson", args, {"ensure_ascii", "indent", "separators", "sort_keys"});
    style.ascii = bound.boolean(runtime, 0, false);
    indent = bound.get(1);
    set_indent(indent);
    if (bound.has(2) && !bound[2].is(Kind::None)) {
      const std::vector<Value> both = runtime.iterate(bound[2]);
      if (both.size() != 2) raise("ValueError", "not enough values to unpack (expected 2)");
      style.item_separator = runtime.text(both[0]);
      style.key_separator = runtime.text(both[1]);
    }
    style.sort_keys = bound.boolean(runtime, 3, false);
    return Value::string(to_json_text(runtime, input, style));
  }
  const Bound bound("do_tojson", args, {"indent"});
  style.ascii = style.sort_keys = true;
  set_indent(bound.get(0));
  std::string out;
  for (const char c : to_json_text(runtime, input, style)) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      case '\'':
        out += "\\u0027";
        break;
      default:
        out += c;
    }
  }
  return Value::string(std::move(out), true);
}

Value regex_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("regex_replace", args, {"pattern", "repl", "count"}, 2);
  if (!input.is(Kind::String)) {
    if (input.is_undefined()) raise_undefined(input);
    raise_type("expected string or bytes-like object, got '" + type_name(input) + "'");
  }
  return Value::string(regex_replace(runtime, input.text(), bound.text(0, ""), bound.text(1, ""),
                                     bound.integer(2, 0)));
}

Value pprint(Runtime&, const Value& input, Args& args) {
  Bound("do_pprint", args, {});
  std::string shown = repr(input);
  if (shown.size() > 79) raise("UnsupportedError", "pprint of more than a line is not supported");
  return Value::string(std::move(shown));
}

Value unsupported(Runtime&, const Value&, Args&) {
  raise("UnsupportedError", "the filters random, urlize and xmlattr are not supported");
}

/// A replacement in Python's notation: \1, \g<1>, \g<name> (numbers only), \n and other escapes.
std::string expand(const std::string& replacement, const Regex::Match& match,
                   const std::string& subject) {
  std::string out;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '\\' || i + 1 >= replacement.size()) {
      if (replacement[i] == '\\') raise("error", "bad escape (end of pattern)");
      out += replacement[i];
      continue;
    }
    const char c = replacement[++i];
    std::optional<std::int64_t> group;
    if (c >= '1' && c <= '9') {
      group = c - '0';
      if (i + 1 < replacement.size() && replacement[i + 1] >= '0' && replacement[i + 1] <= '9')
        group = *group * 10 + (replacement[++i] - '0');
    } else if (c == 'g' && i + 1 < replacement.size() && replacement[i + 1] == '<') {
      const std::size_t end = replacement.find('>', i);
      if (end == replacement.npos) raise("error", "missing >, unterminated name");
      group = parse_int(std::string_view(replacement).substr(i + 2, end - i - 2));
      if (!group) raise("UnsupportedError", "regex_replace knows groups by number only");
      i = end;
    } else if (c == 'n' || c == 't' || c == 'r' || c == '\\') {
      out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : '\\';
    } else if (c == '0') {
      out += '\0';
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      raise("error", std::string("bad escape \\") + c);
    } else {
      out += '\\';
      out += c;
    }
    if (group) {
      if (*group < 0 || *group > static_cast<std::int64_t>(match.groups.size()))
        raise("error", "invalid group reference " + std::to_string(*group));
      out += match.group(subject, static_cast<int>(*group));
    }
  }
  return out;
}

}  // namespace

std::string regex_replace(Runtime& runtime, const std::string& text, const std::string& pattern,
                          const std::string& replacement, std::int64_t count) {
  std::optional<Regex> regex;
  try {
    regex.emplace(pattern);
  } catch (const Error& error) {
    raise("error", error.what());
  }
  std::string out;
  std::size_t at = 0, from = 0;
  for (std::int64_t done = 0; (count == 0 || done < count) && from <= text.size(); ++done) {
    bool exhausted = false;
    const auto match = regex->search(text, from, &exhausted);
    if (exhausted) raise("LimitError", "regex_replace: the pattern takes too many steps");
    if (!match) break;
    runtime.tick(16);
    out.append(text, at, match->begin - at);
    out += expand(replacement, *match, text);
    runtime.check_text(out.size());
    at = from = match->end;
    if (match->end == match->begin) {
      ++from;
      while (from < text.size() && (text[from] & 0xC0) == 0x80) ++from;
    }
  }
  if (at < text.size()) out.append(text, at);
  return out;
}

const FilterTable& text_filters() {
  static const FilterTable kFilters = {
      {"upper", mapped<to_upper>},     {"lower", mapped<to_lower>},
      {"title", mapped<title_words>},  {"capitalize", mapped<to_capitalized>},
      {"trim", trim_filter},           {"string", string_filter},
      {"replace", replace_filter},     {"e", escape_filter},
      {"escape", escape_filter},       {"forceescape", force_escape},
      {"safe", safe_filter},           {"indent", indent_filter},
      {"center", center_filter},       {"format", format_filter},
      {"striptags", striptags},        {"truncate", truncate_filter},
      {"wordwrap", wordwrap},          {"wordcount", wordcount},
      {"urlencode", urlencode},        {"tojson", tojson},
      {"regex_replace", regex_filter}, {"pprint", pprint},
      {"urlize", unsupported},         {"xmlattr", unsupported},
      {"random", unsupported}};
  return kFilters;
}

}  // namespace leitai::jinja
