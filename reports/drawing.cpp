#include "reports/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/core/figures.h"
#include "harness/core/text.h"
#include "reports/table.h"

namespace leitai {

std::string markdown_cell(std::string_view text) {
  static constexpr std::string_view kMarks = "\\|`<>*_[]#";
  std::string out;
  for (const char c : escape_controls(text)) {
    if (kMarks.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string with_minus(std::string_view text, const Style& style) {
  if (style.ascii || style.ambiguous_wide) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool opens = i == 0 || text[i - 1] == ' ' || text[i - 1] == '(' || text[i - 1] == '|';
    const bool digit = i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
    if (text[i] == '-' && opens && digit) {
      out += "\u2212";
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string prose(std::string_view text, int indent, const Style& style) {
  std::string joined(text);
  const auto replace_all = [](std::string& in, std::string_view what, std::string_view with) {
    for (std::size_t at = 0; (at = in.find(what, at)) != std::string::npos; at += with.size())
      in.replace(at, what.size(), with);
  };
  // U+00A0 does not break, and becomes a blank again.
  for (const auto& [what, with] :
       {std::pair{"p = ", "p\u00a0=\u00a0"}, std::pair{"p < ", "p\u00a0<\u00a0"},
        std::pair{"cannot be told apart", "cannot\u00a0be\u00a0told\u00a0apart"},
        std::pair{" points", "\u00a0points"}})
    replace_all(joined, what, with);
  std::string out = wrapped(joined, indent, style);
  replace_all(out, "\u00a0", " ");
  return with_minus(out, style);
}

std::string change_text(double share, const Style& style) {
  return with_minus(signed_points(share), style);
}

std::string change_interval(const std::optional<Interval>& interval, const Style& style) {
  if (!interval) return std::string(glyphs_of(style).dash);
  const auto bound = [&](double share) {
    double value = std::round(1000 * share) / 10;
    if (value == 0) value = 0;
    // Width is counted before the minus grows to three bytes.
    const std::string plain = fmt::format("{:.1f}", value);
    return std::string(plain.size() < 5 ? 5 - plain.size() : 0, ' ') + with_minus(plain, style);
  };
  return fmt::format("{} to {}", bound(interval->low), bound(interval->high));
}

DifferenceAxis difference_axis(double largest, int width) {
  DifferenceAxis axis;
  axis.width = width - (width + 1) % 2;
  for (const double reach : {0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0}) {
    axis.reach = reach;
    if (largest <= reach) break;
  }
  return axis;
}

std::string difference_line(double difference, const std::optional<Interval>& interval,
                            const DifferenceAxis& axis, const Style& style) {
  const auto cell = [&](double share) {
    const double at = (share / axis.reach + 1) / 2 * (axis.width - 1);
    return static_cast<std::size_t>(
        std::clamp(static_cast<int>(std::lround(at)), 0, axis.width - 1));
  };
  std::vector<std::string_view> cells(static_cast<std::size_t>(axis.width), " ");
  cells[cell(0)] = style.ascii || style.ambiguous_wide ? "|" : "\u2502";
  if (interval)
    for (std::size_t i = cell(interval->low); i <= cell(interval->high); ++i)
      cells[i] = glyphs_of(style).line;
  cells[cell(difference)] = glyphs_of(style).point;
  return fmt::format("{}", fmt::join(cells, ""));
}

std::string difference_head(std::string_view left, std::string_view right,
                            const DifferenceAxis& axis) {
  std::string out(static_cast<std::size_t>(axis.width), ' ');
  const std::size_t middle = out.size() / 2;
  out[middle] = '0';
  if (left.size() + 1 <= middle) out.replace(0, left.size(), left);
  if (right.size() + 1 <= middle) out.replace(out.size() - right.size(), right.size(), right);
  return out;
}

}  // namespace leitai
