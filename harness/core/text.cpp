#include "harness/core/text.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace leitai {

CodePoint decode_utf8(std::string_view text) {
  constexpr char32_t kReplacement = 0xFFFD;
  const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {static_cast<char32_t>(lead), 1, true};
  int length = 0;
  unsigned low = 0x80, high = 0xBF;  // allowed range of the second byte (Unicode table 3-7)
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {kReplacement, 1, false};
  }
  char32_t value = lead & (0xFFu >> (length + 1));
  for (int i = 1; i < length; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (at >= text.size() || byte(at) < low || byte(at) > high) return {kReplacement, i, false};
    value = value << 6 | (byte(at) & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {value, length, true};
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    std::uint64_t eight;  // most text is ASCII: one look tells of eight bytes
    while (text.size() >= sizeof eight) {
      std::memcpy(&eight, text.data(), sizeof eight);
      if (eight & 0x8080808080808080) break;
      text.remove_prefix(sizeof eight);
    }
    if (text.empty()) break;
    const CodePoint point = decode_utf8(text);
    if (!point.valid) return false;
    text.remove_prefix(static_cast<std::size_t>(point.size));
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    const auto size = static_cast<std::size_t>(point.size);
    if (point.valid) {
      out.append(text.substr(0, size));
    } else {
      out += "\xEF\xBF\xBD";
    }
    text.remove_prefix(size);
  }
  return out;
}

void append_utf8(std::string& out, char32_t value) {
  if (value < 0x80) {
    out += static_cast<char>(value);
  } else if (value < 0x800) {
    out += static_cast<char>(0xC0 | value >> 6);
    out += static_cast<char>(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    out += static_cast<char>(0xE0 | value >> 12);
    out += static_cast<char>(0x80 | (value >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (value & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | value >> 18);
    out += static_cast<char>(0x80 | (value >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (value >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (value & 0x3F));
  }
}

std::u32string to_utf32(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    out += point.value;
    text.remove_prefix(static_cast<std::size_t>(point.size));
  }
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char32_t value : text) append_utf8(out, value);
  return out;
}

namespace {

/// Unicode's East Asian Ambiguous class in the blocks that terminal output uses; utf8proc does not
/// carry the class.
bool is_ambiguous(char32_t c) {
  return (c >= 0x2500 && c <= 0x257F) || (c >= 0x2190 && c <= 0x2199) || c == 0x25CB ||
         c == 0x25CF || c == 0x00B1 || c == 0x00B7 || c == 0x00D7 || c == 0x2014 || c == 0x2026 ||
         (c >= 0x2018 && c <= 0x201D) || (c >= 0x0391 && c <= 0x03C9) ||
         (c >= 0x0410 && c <= 0x044F);
}

int code_point_width(char32_t c, bool ambiguous_wide) {
  if (ambiguous_wide && is_ambiguous(c)) return 2;
  return std::max(0, utf8proc_charwidth(static_cast<utf8proc_int32_t>(c)));
}

/// Calls `visit(begin, end, width)` for each grapheme cluster.
template <typename Visit>
void each_grapheme(std::string_view text, bool ambiguous_wide, Visit visit) {
  std::size_t begin = 0, at = 0;
  int width = 0;
  utf8proc_int32_t state = 0, previous = -1;
  while (at < text.size()) {
    const CodePoint point = decode_utf8(text.substr(at));
    const auto value = static_cast<utf8proc_int32_t>(point.value);
    if (previous >= 0 && utf8proc_grapheme_break_stateful(previous, value, &state)) {
      visit(begin, at, width);
      begin = at;
      width = 0;
    }
    // A cluster is as wide as its widest member: a family emoji is 2 cells, not 8.
    width = std::max(width, code_point_width(point.value, ambiguous_wide));
    if (point.value == 0xFE0F) width = std::max(width, 2);
    previous = value;
    at += static_cast<std::size_t>(point.size);
  }
  if (at > begin) visit(begin, at, width);
}

}  // namespace

int cell_width(std::string_view text, bool ambiguous_wide) {
  int total = 0;
  each_grapheme(text, ambiguous_wide, [&](std::size_t, std::size_t, int width) { total += width; });
  return total;
}

std::string shorten_middle(std::string_view text, int width, bool ascii) {
  if (cell_width(text) <= width) return std::string(text);
  const std::string_view mark = ascii ? ".." : "\xE2\x80\xA6";
  const int room = width - (ascii ? 2 : 1);
  if (room <= 0)
    return std::string(mark.substr(0, static_cast<std::size_t>(std::max(0, ascii ? width : 3))));
  struct Cluster {
    std::size_t begin, end;
    int width;
  };
  std::vector<Cluster> clusters;
  each_grapheme(text, false, [&](std::size_t b, std::size_t e, int w) {
    clusters.push_back({b, e, w});
  });
  const int left_room = (room + 1) / 2;
  int used = 0;
  std::size_t left = 0;
  while (left < clusters.size() && used + clusters[left].width <= left_room)
    used += clusters[left++].width;
  std::size_t right = clusters.size();
  while (right > left && used + clusters[right - 1].width <= room) used += clusters[--right].width;
  std::string out(text.substr(0, left == 0 ? 0 : clusters[left - 1].end));
  out += mark;
  if (right < clusters.size()) out += text.substr(clusters[right].begin);
  return out;
}

std::string escape_controls(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    const char32_t c = point.value;
    const auto size = static_cast<std::size_t>(point.size);
    const bool bidi = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E ||
                      c == 0x200F || c == 0x061C;
    const bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
    if (!point.valid) {
      for (std::size_t i = 0; i < size; ++i)
        out += fmt::format("<0x{:02X}>", static_cast<unsigned char>(text[i]));
    } else if (keep_lines && (c == '\n' || c == '\t')) {
      out += static_cast<char>(c);
    } else if (bidi || control) {
      out += fmt::format("<U+{:04X}>", static_cast<unsigned>(c));
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string_view trim(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

bool starts_with_nocase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         ascii_lower(text.substr(0, prefix.size())) == ascii_lower(prefix);
}

std::string to_nfc(std::string_view text) {
  if (std::all_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return std::string(text);
  }
  // Step by step instead of utf8proc_map, whose sorting of marks takes quadratic time on long runs
  // of them.
  constexpr auto kOptions = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  constexpr int kRoom = 32;
  std::vector<utf8proc_int32_t> points;
  points.reserve(text.size());
  int boundary = 0;
  for (const char32_t c : to_utf32(text)) {
    utf8proc_int32_t parts[kRoom];
    const auto n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts, kRoom, kOptions,
                                           &boundary);
    if (n < 0 || n > kRoom) {
      points.push_back(static_cast<utf8proc_int32_t>(c));
    } else {
      points.insert(points.end(), parts, parts + n);
    }
  }
  const auto rank = [](utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; };
  for (auto from = points.begin(); from != points.end();) {
    const auto to =
        std::find_if(from, points.end(), [&](utf8proc_int32_t c) { return rank(c) == 0; });
    if (to - from > 1)
      std::stable_sort(from, to,
                       [&](utf8proc_int32_t x, utf8proc_int32_t y) { return rank(x) < rank(y); });
    from = to == points.end() ? to : to + 1;
  }
  const auto size = utf8proc_normalize_utf32(
      points.data(), static_cast<utf8proc_ssize_t>(points.size()), kOptions);
  std::string out;
  for (utf8proc_ssize_t i = 0; i < size; ++i)
    append_utf8(out, static_cast<char32_t>(points[static_cast<std::size_t>(i)]));
  return out;
}

std::string_view general_category(char32_t value) {
  return utf8proc_category_string(static_cast<utf8proc_int32_t>(value));
}

std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> known) {
  const auto distance = [](std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      for (std::size_t j = 1; j <= b.size(); ++j) {
        d[i][j] =
            std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
          d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
    return d[a.size()][b.size()];
  };
  if (name.size() > 100) return std::nullopt;
  std::optional<std::string> best;
  std::size_t least = 0;
  const std::string lower = ascii_lower(name);
  for (const std::string& candidate : known) {
    if (candidate.size() > 100) continue;
    std::size_t away = distance(lower, ascii_lower(candidate));
    if (name.size() >= 3 && candidate.size() > name.size() && starts_with_nocase(candidate, name))
      away = std::min<std::size_t>(away, 1);
    if (away <= std::max<std::size_t>(1, std::max(name.size(), candidate.size()) / 3) &&
        (!best || away < least)) {
      best = candidate;
      least = away;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> known) {
  const std::optional<std::string> near = nearest_name(name, known);
  return near ? fmt::format("; did you mean \"{}\"?", *near) : "";
}

std::string with_commas(std::int64_t value) {
  std::string digits = std::to_string(value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::optional<std::int64_t> parse_int(std::string_view text) {
  std::int64_t value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_double(std::string_view text) {
  double value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace leitai
