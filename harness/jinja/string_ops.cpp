#include "harness/jinja/string_ops.h"

#include <algorithm>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "harness/jinja/runtime.h"

namespace leitai::jinja {

std::string_view strip(std::string_view text, const std::string* given, Side side) {
  const std::vector<std::string_view> set = given ? chars(*given) : std::vector<std::string_view>{};
  const auto goes = [&](std::string_view c) {
    return given ? std::find(set.begin(), set.end(), c) != set.end()
                 : is_space(decode_utf8(c).value);
  };
  while (side != Side::Right && !text.empty()) {
    std::size_t end = 1;
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    if (!goes(text.substr(0, end))) break;
    text.remove_prefix(end);
  }
  while (side != Side::Left && !text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && (text[start] & 0xC0) == 0x80) --start;
    if (!goes(text.substr(start))) break;
    text = text.substr(0, start);
  }
  return text;
}

namespace {

std::vector<std::string> split_at_space(std::string_view text, std::int64_t most, bool from_right) {
  std::vector<std::string> parts;
  text = strip(text, nullptr, from_right ? Side::Right : Side::Left);
  while (!text.empty()) {
    if (most == 0) {
      parts.emplace_back(strip(text, nullptr, from_right ? Side::Right : Side::Left));
      break;
    }
    --most;
    std::size_t at = from_right ? text.size() : 0;
    if (from_right) {
      while (at > 0) {
        std::size_t start = at - 1;
        while (start > 0 && (text[start] & 0xC0) == 0x80) --start;
        if (is_space(decode_utf8(text.substr(start)).value)) break;
        at = start;
      }
      parts.emplace_back(text.substr(at));
      text = strip(text.substr(0, at), nullptr, Side::Right);
    } else {
      while (at < text.size()) {
        const CodePoint point = decode_utf8(text.substr(at));
        if (is_space(point.value)) break;
        at += static_cast<std::size_t>(point.size);
      }
      parts.emplace_back(text.substr(0, at));
      text = strip(text.substr(at), nullptr, Side::Left);
    }
  }
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

}  // namespace

std::vector<std::string> split_text(const std::string& text, const std::string* separator,
                                    std::int64_t most, bool from_right) {
  if (!separator) return split_at_space(text, most, from_right);
  std::vector<std::string> parts;
  std::string_view rest = text;
  for (; most != 0; --most) {
    const std::size_t at = from_right ? rest.rfind(*separator) : rest.find(*separator);
    if (at == rest.npos) break;
    if (from_right) {
      parts.emplace_back(rest.substr(at + separator->size()));
      rest = rest.substr(0, at);
    } else {
      parts.emplace_back(rest.substr(0, at));
      rest = rest.substr(at + separator->size());
    }
  }
  parts.emplace_back(rest);
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string> split_lines(const std::string& text, bool keep_ends) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(std::string_view(text).substr(at));
    const char32_t c = point.value;
    std::size_t next = at + static_cast<std::size_t>(point.size);
    const bool ends =
        (c >= 10 && c <= 13) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
    if (ends) {
      if (c == U'\r' && next < text.size() && text[next] == '\n') ++next;
      lines.push_back(text.substr(start, (keep_ends ? next : at) - start));
      start = next;
    }
    at = next;
  }
  if (start < text.size()) lines.push_back(text.substr(start));
  return lines;
}

std::string replace_text(Runtime& runtime, const std::string& text, const std::string& from,
                         const std::string& to, std::int64_t most) {
  std::string out;
  runtime.tick(text.size() / 16);
  if (from.empty()) {  // between all code points
    for (const std::string_view c : chars(text)) {
      if (most != 0) {
        out += to;
        --most;
      }
      out += c;
      runtime.check_text(out.size());
    }
    if (most != 0) out += to;
    return out;
  }
  std::size_t at = 0;
  for (; most != 0; --most) {
    const std::size_t next = text.find(from, at);
    if (next == std::string::npos) break;
    out.append(text, at, next - at);
    out += to;
    at = next + from.size();
    runtime.check_text(out.size());
  }
  out.append(text, at);
  return out;
}

std::string repeat_text(std::string_view text, std::int64_t times) {
  std::string out;
  for (std::int64_t i = 0; i < times; ++i) out += text;
  return out;
}

std::size_t byte_offset(const StringObject& text, std::size_t index) {
  if (text.is_ascii()) return std::min(index, text.text.size());
  std::size_t at = 0;
  for (; index > 0 && at < text.text.size(); --index) {
    ++at;
    while (at < text.text.size() && (text.text[at] & 0xC0) == 0x80) ++at;
  }
  return at;
}

bool is_cased_text(const std::string& text, bool upper) {
  bool any = false;
  for (const char32_t c : to_utf32(text)) {
    if (is_title(c) || (upper ? is_lower(c) : is_upper(c))) return false;
    any = any || (upper ? is_upper(c) : is_lower(c));
  }
  return any;
}

}  // namespace leitai::jinja
