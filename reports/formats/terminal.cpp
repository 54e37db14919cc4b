#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/reporter.h"
#include "harness/core/text.h"
#include "reports/table.h"

namespace leitai {

namespace {
std::string write(const Leaderboard& board, const Style& style);
}  // namespace

extern constinit const Reporter terminal_reporter;
constinit const Reporter terminal_reporter = {
    .name = "terminal",
    .extension = "txt",
    .help = "leaderboard for people, as wide as the terminal",
    .write = write};

namespace {

using Groups = std::map<std::string, Cell> LeaderboardRow::*;

/// Points on the axis of the drawing.
struct Axis {
  double low = 0, high = 100, step = 20;
  int width = 0;
  int cell(double share) const {
    const double at = (100 * share - low) / (high - low) * (width - 1);
    return std::clamp(static_cast<int>(std::lround(at)), 0, width - 1);
  }
};

Axis axis_for(const Leaderboard& board, int width) {
  double low = 100, high = 0;
  for (const LeaderboardRow& row : board.rows) {
    if (!row.all.interval) continue;
    low = std::min(low, 100 * row.all.interval->low);
    high = std::max(high, 100 * row.all.interval->high);
  }
  Axis axis;
  axis.width = width;
  for (const double step : {1.0, 2.0, 5.0, 10.0, 20.0}) {
    axis.step = step;
    axis.low = std::floor(low / step) * step;
    axis.high = std::ceil(high / step) * step;
    if ((axis.high - axis.low) / step * 8 <= width) break;
  }
  if (axis.high <= axis.low) axis.high = axis.low + axis.step;
  const int steps = static_cast<int>(std::lround((axis.high - axis.low) / axis.step));
  axis.width = (width - 1) / steps * steps + 1;  // ticks at equal distances
  return axis;
}

/// Labels are centred on their ticks, and stay inside.
std::string axis_head(const Axis& axis) {
  std::string out(static_cast<std::size_t>(axis.width), ' ');
  for (double tick = axis.low; tick <= axis.high + 1e-9; tick += axis.step) {
    const std::string label = fmt::format("{:.0f}", tick);
    const int at = axis.cell(tick / 100);
    const int from = std::clamp(at - static_cast<int>(label.size()) / 2, 0,
                                axis.width - static_cast<int>(label.size()));
    out.replace(static_cast<std::size_t>(from), label.size(), label);
  }
  return out;
}

std::string drawing(const Cell& cell, const Axis& axis, const Style& style) {
  std::vector<std::string_view> cells(static_cast<std::size_t>(axis.width), " ");
  for (double tick = axis.low; tick <= axis.high + 1e-9; tick += axis.step) {
    cells[static_cast<std::size_t>(axis.cell(tick / 100))] = glyphs_of(style).tick;
  }
  if (cell.mean) {
    const int low = axis.cell(cell.interval->low), high = axis.cell(cell.interval->high);
    for (int i = low; i <= high; ++i) cells[static_cast<std::size_t>(i)] = glyphs_of(style).line;
    cells[static_cast<std::size_t>(axis.cell(*cell.mean))] = glyphs_of(style).point;
  }
  return fmt::format("{}", fmt::join(cells, ""));
}

std::map<std::string, double> cost_of_1000_right(const Cell& cell) {
  std::map<std::string, double> out;
  if (cell.correct == 0) return out;
  for (const auto& [currency, amount] : cell.cost)
    out[currency] = 1000 * amount / static_cast<double>(cell.correct);
  return out;
}

std::string ranking(const Leaderboard& board, const Style& style) {
  const bool priced = std::any_of(board.rows.begin(), board.rows.end(),
                                  [](const LeaderboardRow& row) { return !row.all.cost.empty(); });
  const bool drawn =
      std::any_of(board.rows.begin(), board.rows.end(),
                  [](const LeaderboardRow& row) { return row.all.mean.has_value(); });
  // Of a single family the index says the same.
  const std::vector<std::string> families =
      board.families.size() > 1 ? board.families : std::vector<std::string>{};
  const auto table_with = [&](int room) {
    Table table;
    const Axis axis = axis_for(board, room);
    table.columns = {{.head = "rank", .side = Column::Side::Left},
                     {.head = "model", .side = Column::Side::Left, .is_name = true, .gap = 3},
                     {.head = board.suites.size() > 1 ? "index" : "score", .gap = 3},
                     {.head = "95 % interval"}};
    if (room > 0)
      table.columns.push_back(
          {.head = axis_head(axis), .side = Column::Side::Left, .drop = 1, .gap = 3});
    for (const std::string& family : families) table.columns.push_back({.head = family, .drop = 6});
    table.columns.push_back({.head = "items", .drop = 5});
    table.columns.push_back({.head = "cut off", .drop = 4});
    table.columns.push_back({.head = "failed", .drop = 3});
    if (priced) table.columns.push_back({.head = "per 1000 right", .drop = 2});
    for (const LeaderboardRow& row : board.rows) {
      std::vector<std::string> cells = {rank_text(row, style), row.model,
                                        points(row.all.mean, style),
                                        interval_text(row.all.interval, style)};
      if (room > 0) cells.push_back(drawing(row.all, axis, style));
      for (const std::string& family : families) {
        const auto cell = row.families.find(family);
        cells.push_back(
            points(cell == row.families.end() ? std::nullopt : cell->second.mean, style));
      }
      cells.push_back(with_commas(row.all.n));
      cells.push_back(with_commas(row.all.cut_off));
      cells.push_back(with_commas(row.all.failed));
      if (priced) cells.push_back(money_text(cost_of_1000_right(row.all), style));
      table.rows.push_back(std::move(cells));
    }
    tighten(table, 3);
    return table;
  };
  const int room = drawn ? std::min(41, style.width - natural_width(table_with(0), style) - 3) : 0;
  return render(table_with(room >= 16 ? room : 0), style);
}

/// One line a group and model; the group is named once.
std::string block(const Leaderboard& board, std::string_view head,
                  const std::vector<std::string>& groups, Groups cells_of_row, const Style& style) {
  const bool priced = std::any_of(board.rows.begin(), board.rows.end(),
                                  [](const LeaderboardRow& row) { return !row.all.cost.empty(); });
  Table table;
  table.columns = {{.head = std::string(head), .side = Column::Side::Left, .is_name = true},
                   {.head = "model", .side = Column::Side::Left, .is_name = true},
                   {.head = "score"},
                   {.head = "95 % interval"},
                   {.head = "n"},
                   {.head = "cut off", .drop = 6},
                   {.head = "refused", .drop = 4},
                   {.head = "no answer", .drop = 5},
                   {.head = "failed", .drop = 7},
                   {.head = "tokens", .drop = 2},
                   {.head = "time", .drop = 1}};
  if (priced) table.columns.push_back({.head = "cost", .drop = 3});
  for (const std::string& group : groups) {
    bool named = false;
    for (const LeaderboardRow& row : board.rows) {
      const auto found = (row.*cells_of_row).find(group);
      if (found == (row.*cells_of_row).end() || found->second.answers == 0) continue;
      const Cell& cell = found->second;
      std::vector<std::string> cells = {named ? "" : group,
                                        row.model,
                                        points(cell.mean, style),
                                        interval_text(cell.interval, style),
                                        with_commas(cell.n),
                                        with_commas(cell.cut_off),
                                        with_commas(cell.refused),
                                        with_commas(cell.no_answer),
                                        with_commas(cell.failed),
                                        tokens_text(cell, style),
                                        time_text(cell.total_ms, style)};
      if (priced) cells.push_back(money_text(cell.cost, style));
      table.rows.push_back(std::move(cells));
      named = true;
    }
  }
  tighten(table, 3);
  return table.rows.empty() ? "" : "\n" + render(table, style);
}

std::optional<double> share(const Cell& cell, const std::string& measure) {
  const auto found = cell.measures.find(measure);
  if (found == cell.measures.end() || found->second.of == 0) return std::nullopt;
  return found->second.got / found->second.of;
}

/// What scorers measured beside the score, a table for each set of measures.
std::string measures(const Leaderboard& board, const Style& style) {
  std::string out;
  for (const auto& [names, suites] : suites_by_measures(board)) {
    Table table;
    table.columns = {{.head = "suite", .side = Column::Side::Left, .is_name = true},
                     {.head = "model", .side = Column::Side::Left, .is_name = true},
                     {.head = "score"}};
    for (std::string name : names) {
      std::replace(name.begin(), name.end(), '_', ' ');
      table.columns.push_back({.head = name});
    }
    for (const std::string& suite : suites) {
      bool named = false;
      for (const LeaderboardRow& row : board.rows) {
        const auto cell = row.suites.find(suite);
        if (cell == row.suites.end() || cell->second.measures.empty()) continue;
        std::vector<std::string> line = {named ? "" : suite, row.model,
                                         points(cell->second.mean, style)};
        for (const std::string& name : names)
          line.push_back(points(share(cell->second, name), style));
        table.rows.push_back(std::move(line));
        named = true;
      }
    }
    out += "\n" + render(table, style);
  }
  return out;
}

/// Suites beside their twins; "" where there are none.
std::string twins(const Leaderboard& board, const Style& style) {
  if (board.twin_gaps.empty()) return "";
  TwinTable made = twin_table(board, style);
  Table table;
  for (std::size_t i = 0; i < made.heads.size(); ++i) {
    Column column{.head = made.heads[i]};
    if (i < 2) column.side = Column::Side::Left, column.is_name = true;
    if (i >= 6) column.drop = static_cast<int>(made.heads.size() - i);
    table.columns.push_back(std::move(column));
  }
  table.rows = std::move(made.rows);
  return "\n" + render(table, style) + wrapped(kTwinWords, 2, style);
}

std::string heading(const Leaderboard& board, const Style& style) {
  std::int64_t items = 0;
  for (const LeaderboardRow& row : board.rows) items = std::max(items, row.all.planned);
  std::string right = fmt::format("{} {}{}95 % intervals", with_commas(items),
                                  items == 1 ? "item" : "items", glyphs_of(style).dot);
  if (board.partial) right += fmt::format("{}partial", glyphs_of(style).dot);
  const std::string title = escape_controls(board.title);
  const int between = style.width - cells_of(title, style) - cells_of(right, style);
  if (between >= 3)
    return painted(title, "1", style) + std::string(static_cast<std::size_t>(between), ' ') +
           right + "\n";
  return painted(fitted(title, style.width, style), "1", style) + "\n" + wrapped(right, 0, style);
}

std::string write(const Leaderboard& board, const Style& style) {
  std::string out = heading(board, style) + "\n" + ranking(board, style);
  out += block(board, "suite", board.suites, &LeaderboardRow::suites, style);
  out += measures(board, style);
  out += twins(board, style);
  if (board.families.size() > 1)
    out += block(board, "family", board.families, &LeaderboardRow::families, style);
  if (board.languages.size() > 1)
    out += block(board, "language", board.languages, &LeaderboardRow::languages, style);
  const Leaderboard codes = by_code_language(board);
  out += block(codes, "programs in", codes.tags, &LeaderboardRow::tags, style);

  std::string notes, without;
  for (const LeaderboardRow& row : board.rows) {
    if (!row.rank_low)
      without +=
          fmt::format("{}{} ({})", without.empty() ? "" : ", ", row.model, row.not_ranked_because);
  }
  if (!without.empty()) notes += wrapped("Not ranked: " + without, 2, style);
  for (const std::string& caution : board.cautions) notes += wrapped(caution, 2, style);
  if (const std::string prices = prices_text(board.prices); !prices.empty())
    notes += wrapped(prices, 2, style);
  return notes.empty() ? out : out + "\n" + notes;
}

}  // namespace

}  // namespace leitai
