#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/core/leaderboard.h"
#include "harness/core/reporter.h"

/// What the terminal reports of differences share.
namespace leitai {

/// Text of a model or a suite inside Markdown: nothing in it marks up or opens a cell.
std::string markdown_cell(std::string_view text);

/// ASCII minus before a digit as U+2212, where the style has it.
std::string with_minus(std::string_view text, const Style& style);

/// Wrapped at words, with minus signs; figures and fixed phrases stay on one line.
std::string prose(std::string_view text, int indent, const Style& style);

/// "+2.6" points of a difference.
std::string change_text(double share, const Style& style);

/// "-1.3 to 1.8" with room for two digits each.
std::string change_interval(const std::optional<Interval>& interval, const Style& style);

/// An axis of differences with 0 in its middle.
struct DifferenceAxis {
  double reach = 0.1;  // share at both ends
  int width = 31;      // cells, odd
};

/// The smallest of the usual scales that holds `largest`.
DifferenceAxis difference_axis(double largest, int width);

/// One line of it: the interval, the point, the zero.
std::string difference_line(double difference, const std::optional<Interval>& interval,
                            const DifferenceAxis& axis, const Style& style);

/// Its head: who is better on which side.
std::string difference_head(std::string_view left, std::string_view right,
                            const DifferenceAxis& axis);

}  // namespace leitai
