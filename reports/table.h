#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/leaderboard.h"
#include "harness/core/reporter.h"

namespace leitai {

/// Glyphs with their ASCII twins. A terminal with wide ambiguous characters gets the twins: they
/// keep the columns.
struct Glyphs {
  std::string_view point, line, tick, dash, dot, to;
};
const Glyphs& glyphs_of(const Style& style);

/// Cells of `text` in this style.
int cells_of(std::string_view text, const Style& style);

/// At most `width` cells, controls escaped, shortened in the middle.
std::string fitted(std::string_view text, int width, const Style& style);

/// Wrapped at words, later lines indented; every line ends in "\n". Controls escaped.
std::string wrapped(std::string_view text, int indent, const Style& style);

/// `role` is an SGR code: "1" strong, "2" faint.
std::string painted(const std::string& text, std::string_view role, const Style& style);

struct Column {
  std::string head;
  enum class Side { Left, Right } side = Side::Right;
  int drop = 0;          // too narrow: columns go in this order, 1 first; 0 stays
  bool is_name = false;  // then shortened in its middle
  int gap = 2;           // blank cells before it
};

/// Cells are finished text (not yet escaped); a table never wraps.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Cells a table takes before anything is dropped or shortened.
int natural_width(const Table& table, const Style& style);

/// Lines no wider than the style, each ending in "\n"; the header is faint.
std::string render(const Table& table, const Style& style);

/// "78.6": points with one decimal; the dash where there is none.
std::string points(const std::optional<double>& share, const Style& style);
/// "77.2 to  80.1", room for 100.0 in every value.
std::string interval_text(const std::optional<Interval>& interval, const Style& style);
/// Takes that room away from a column of intervals in which no value needs it.
void tighten(Table& table, std::size_t column);
/// "CNY 4.20", with the currency's sign where the style has it; several joined by " + "; the dash
/// for none.
std::string money_text(const std::map<std::string, double>& amounts, const Style& style);
/// "Prices as of 2026-09-10 (https://...).", models named where several lists were used; "" for
/// none.
std::string prices_text(const std::vector<PriceSource>& prices);
/// "1,412 + 131": prompt and completion; "14.2k" and the like from 10,000 on.
std::string tokens_text(const Cell& cell, const Style& style);
/// "25.3 s", "12 min", "3 h 05 min".
std::string time_text(double milliseconds, const Style& style);
/// Names of what scorers measured in a suite beside the score, in their order.
std::vector<std::string> measures_of(const Leaderboard& board, const std::string& suite);
/// Suites with measures and the same ones stand in one group; the groups in the board's order.
std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> suites_by_measures(
    const Leaderboard& board);
/// A suite beside its twins, cells "suite", "model", "published", "twins", "gap", "95 % interval",
/// "p", "items", and where there are several models "beyond the others", "95 % interval".
struct TwinTable {
  std::vector<std::string> heads;
  std::vector<std::vector<std::string>> rows;
};
TwinTable twin_table(const Leaderboard& board, const Style& style);
/// How that table is to be read.
extern const std::string_view kTwinWords;
/// The languages of programs in a board's tags, "cpp" of "code=cpp"; none where there is only one.
std::vector<std::string> code_languages(const Leaderboard& board);
/// The board with these languages in place of its tags.
Leaderboard by_code_language(const Leaderboard& board);
/// Its other tags.
std::vector<std::string> tags_but_code(const Leaderboard& board);
/// "1-2", with an en dash where the style has it; the dash for none.
std::string rank_text(const LeaderboardRow& row, const Style& style);

}  // namespace leitai
