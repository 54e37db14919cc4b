#include "reports/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "harness/core/text.h"

namespace leitai {

namespace {

constexpr Glyphs kUtf8 = {"\u25cf", "\u2500", "\u00b7", "\u2013", " \u00b7 ", "to"};
constexpr Glyphs kAscii = {"o", "-", ".", "-", " | ", "to"};
constexpr int kShortestName = 6;

bool is_plain(const Style& style) { return style.ascii || style.ambiguous_wide; }

std::string blanks(int n) { return std::string(static_cast<std::size_t>(std::max(0, n)), ' '); }

struct Widths {
  std::vector<int> of;  // cells of each column
  std::vector<bool> shown;
  int total(const Table& table) const {
    int sum = 0;
    bool first = true;
    for (std::size_t i = 0; i < of.size(); ++i) {
      if (!shown[i]) continue;
      sum += of[i] + (first ? 0 : table.columns[i].gap);
      first = false;
    }
    return sum;
  }
};

Widths natural(const Table& table, const Style& style) {
  Widths widths;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    int most = cells_of(table.columns[i].head, style);
    for (const auto& row : table.rows)
      most = std::max(most, cells_of(escape_controls(row[i]), style));
    widths.of.push_back(most);
    widths.shown.push_back(true);
  }
  return widths;
}

/// Columns go before letters.
void narrow(const Table& table, int width, Widths& widths) {
  for (int order = 1; order <= 20; ++order) {
    for (std::size_t i = table.columns.size(); i-- > 0;) {
      if (widths.total(table) <= width) return;
      if (table.columns[i].drop == order) widths.shown[i] = false;
    }
  }
  for (;;) {
    const int over = widths.total(table) - width;
    if (over <= 0) return;
    std::size_t widest = table.columns.size();
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (!widths.shown[i] || !table.columns[i].is_name || widths.of[i] <= kShortestName) continue;
      if (widest == table.columns.size() || widths.of[i] > widths.of[widest]) widest = i;
    }
    if (widest == table.columns.size()) return;
    --widths.of[widest];
  }
}

}  // namespace

const Glyphs& glyphs_of(const Style& style) { return is_plain(style) ? kAscii : kUtf8; }

int cells_of(std::string_view text, const Style& style) {
  return cell_width(text, style.ambiguous_wide);
}

std::string fitted(std::string_view text, int width, const Style& style) {
  const std::string safe = escape_controls(text);
  for (int room = width; room > 0; --room) {
    std::string out = shorten_middle(safe, room, is_plain(style));
    if (cells_of(out, style) <= width) return out;
  }
  return "";
}

std::string wrapped(std::string_view text, int indent, const Style& style) {
  const std::string safe = escape_controls(text);
  std::string out, line;
  for (const std::string_view word : split(safe, ' ')) {
    if (!line.empty() && cells_of(line, style) + 1 + cells_of(word, style) > style.width) {
      out += line + "\n";
      line = blanks(indent);
      line += fitted(word, style.width - indent, style);
      continue;
    }
    if (!line.empty()) line += ' ';
    line += fitted(word, style.width, style);
  }
  return out + line + "\n";
}

std::string painted(const std::string& text, std::string_view role, const Style& style) {
  return style.color && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", role, text) : text;
}

int natural_width(const Table& table, const Style& style) {
  return natural(table, style).total(table);
}

std::string render(const Table& table, const Style& style) {
  Widths widths = natural(table, style);
  narrow(table, style.width, widths);
  const auto line_of = [&](const std::function<std::string_view(std::size_t)>& cell) {
    std::string line;
    bool first = true;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (!widths.shown[i]) continue;
      if (!first) line += blanks(table.columns[i].gap);
      first = false;
      const std::string text = fitted(cell(i), widths.of[i], style);
      const std::string rest = blanks(widths.of[i] - cells_of(text, style));
      line += table.columns[i].side == Column::Side::Left ? text + rest : rest + text;
    }
    while (line.ends_with(' ')) line.pop_back();
    return cells_of(line, style) > style.width ? fitted(line, style.width, style) : line;
  };
  std::string out =
      painted(line_of([&](std::size_t i) -> std::string_view { return table.columns[i].head; }),
              "2", style) +
      "\n";
  for (const auto& row : table.rows)
    out += line_of([&](std::size_t i) -> std::string_view { return row[i]; }) + "\n";
  return out;
}

std::string points(const std::optional<double>& share, const Style& style) {
  return share ? fmt::format("{:.1f}", 100 * *share) : std::string(glyphs_of(style).dash);
}

std::string interval_text(const std::optional<Interval>& interval, const Style& style) {
  if (!interval) return "";
  return fmt::format("{:.1f} {} {:>5.1f}", 100 * interval->low, glyphs_of(style).to,
                     100 * interval->high);
}

void tighten(Table& table, std::size_t column) {
  const auto needs = [&](const auto& row) { return row[column].ends_with("100.0"); };
  if (std::any_of(table.rows.begin(), table.rows.end(), needs)) return;
  for (auto& row : table.rows) {
    if (row[column].size() > 5) row[column].erase(row[column].size() - 5, 1);
  }
}

std::string money_text(const std::map<std::string, double>& amounts, const Style& style) {
  if (amounts.empty()) return std::string(glyphs_of(style).dash);
  std::string out;
  for (const auto& [currency, amount] : amounts) {
    // Two figures at least: one short answer can cost some millionths.
    const int places = amount <= 0 || amount >= 0.1 ? 2
                       : amount >= 0.001            ? 4
                                         : std::min(12, 1 - int(std::floor(std::log10(amount))));
    std::string digits = fmt::format("{:.{}f}", amount, places);
    if (const std::size_t point = digits.find('.'); amount >= 1000) {
      digits = with_commas(*parse_int(digits.substr(0, point))) + digits.substr(point);
    }
    if (!out.empty()) out += " + ";
    if (!is_plain(style) && currency == "CNY") {
      out += "\u00a5" + digits;
    } else if (!is_plain(style) && currency == "USD") {
      out += "$" + digits;
    } else if (!is_plain(style) && currency == "EUR") {
      out += "\u20ac" + digits;
    } else {
      out += currency + " " + digits;
    }
  }
  return out;
}

std::string prices_text(const std::vector<PriceSource>& prices) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> lists;
  for (const PriceSource& one : prices) lists[{one.as_of, one.source}].push_back(one.model);
  std::vector<std::string> parts;
  for (const auto& [list, models] : lists) {
    const auto& [as_of, source] = list;
    parts.push_back(
        fmt::format("{} ({}{})", as_of,
                    lists.size() > 1 ? fmt::format("{}: ", fmt::join(models, ", ")) : "", source));
  }
  if (parts.empty()) return "";
  return fmt::format("Prices as of {}; amounts as charged, never converted.",
                     fmt::join(parts, "; "));
}

std::string tokens_text(const Cell& cell, const Style& style) {
  if (cell.prompt_tokens + cell.completion_tokens == 0) return std::string(glyphs_of(style).dash);
  const auto short_count = [](std::int64_t n) {
    if (n < 10'000) return with_commas(n);
    const double value = static_cast<double>(n);
    return n < 9'950'000 ? fmt::format("{:.{}f}k", value / 1e3, n < 99'950 ? 1 : 0)
                         : fmt::format("{:.1f}M", value / 1e6);
  };
  return short_count(cell.prompt_tokens) + " + " + short_count(cell.completion_tokens);
}

std::string time_text(double milliseconds, const Style& style) {
  if (milliseconds <= 0) return std::string(glyphs_of(style).dash);
  if (milliseconds < 1000) return fmt::format("{:.0f} ms", milliseconds);
  const double seconds = milliseconds / 1000;
  if (seconds < 100) return fmt::format("{:.1f} s", seconds);
  const auto minutes = static_cast<std::int64_t>(std::llround(seconds / 60));
  if (minutes < 120) return fmt::format("{} min", minutes);
  return fmt::format("{} h {:02} min", with_commas(minutes / 60), minutes % 60);
}

const std::string_view kTwinWords =
    "Twins are the same items with other names, numbers or order of options. A gap alone is no "
    "proof "
    "that a model learnt the items by heart: twins can be a little harder. It speaks for it where "
    "the gap is larger than that of other models.";

TwinTable twin_table(const Leaderboard& board, const Style& style) {
  TwinTable out;
  const bool has_others =
      std::any_of(board.twin_gaps.begin(), board.twin_gaps.end(),
                  [](const TwinGap& one) { return one.beyond_others.has_value(); });
  out.heads = {"suite", "model", "published", "twins", "gap", "95 % interval", "p", "items"};
  if (has_others) out.heads.insert(out.heads.end(), {"beyond others", "95 % interval"});
  const auto signed_points = [](double share) { return fmt::format("{:+.1f}", 100 * share); };
  const auto bounds = [&](const std::optional<Interval>& interval) {
    return interval ? fmt::format("{} to {}", signed_points(interval->low),
                                  signed_points(interval->high))
                    : std::string(glyphs_of(style).dash);
  };
  for (const TwinGap& one : board.twin_gaps) {
    std::vector<std::string> line = {one.suite,
                                     one.model,
                                     points(one.published, style),
                                     points(one.twins, style),
                                     signed_points(one.published - one.twins),
                                     bounds(one.interval),
                                     one.p < 0.001 ? "<0.001" : fmt::format("{:.3f}", one.p),
                                     with_commas(one.n)};
    if (has_others) {
      line.push_back(one.beyond_others ? signed_points(*one.beyond_others)
                                       : std::string(glyphs_of(style).dash));
      line.push_back(bounds(one.beyond_interval));
    }
    out.rows.push_back(std::move(line));
  }
  return out;
}

std::string rank_text(const LeaderboardRow& row, const Style& style) {
  if (!row.rank_low) return std::string(glyphs_of(style).dash);
  if (*row.rank_low == *row.rank_high) return fmt::format("{}", *row.rank_low);
  return fmt::format("{}{}{}", *row.rank_low, glyphs_of(style).dash, *row.rank_high);
}

std::vector<std::string> measures_of(const Leaderboard& board, const std::string& suite) {
  std::vector<std::string> out;
  for (const LeaderboardRow& row : board.rows) {
    const auto cell = row.suites.find(suite);
    if (cell == row.suites.end()) continue;
    for (const auto& [name, one] : cell->second.measures) {
      if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> suites_by_measures(
    const Leaderboard& board) {
  std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> out;
  for (const std::string& suite : board.suites) {
    std::vector<std::string> names = measures_of(board, suite);
    if (names.empty()) continue;
    const auto same = std::find_if(out.begin(), out.end(),
                                   [&](const auto& group) { return group.first == names; });
    if (same == out.end()) {
      out.emplace_back(std::move(names), std::vector<std::string>{suite});
    } else {
      same->second.push_back(suite);
    }
  }
  return out;
}

namespace {
constexpr std::string_view kCodeTag = "code=";
}

std::vector<std::string> code_languages(const Leaderboard& board) {
  std::vector<std::string> out;
  for (const std::string& tag : board.tags)
    if (tag.starts_with(kCodeTag)) out.push_back(tag.substr(kCodeTag.size()));
  if (out.size() < 2) out.clear();
  return out;
}

Leaderboard by_code_language(const Leaderboard& board) {
  Leaderboard out = board;
  out.tags = code_languages(board);
  for (LeaderboardRow& row : out.rows) {
    std::map<std::string, Cell> cells;
    for (const std::string& name : out.tags) {
      const auto found = row.tags.find(std::string(kCodeTag) + name);
      if (found != row.tags.end()) cells.emplace(name, found->second);
    }
    row.tags = std::move(cells);
  }
  return out;
}

std::vector<std::string> tags_but_code(const Leaderboard& board) {
  std::vector<std::string> out;
  for (const std::string& tag : board.tags)
    if (!tag.starts_with(kCodeTag)) out.push_back(tag);
  return out;
}

}  // namespace leitai
