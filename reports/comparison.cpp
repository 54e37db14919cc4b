#include "reports/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/core/figures.h"
#include "harness/core/text.h"
#include "reports/drawing.h"
#include "reports/table.h"

namespace leitai {

namespace {

constexpr std::size_t kMostRows = 40;  // of tags and languages; the rest are in the JSON

std::string row_name(const Contrast& row) {
  if (row.group == "index") return "index";
  if (row.group == "language") return "language " + row.name;
  if (row.group == "code") return "programs in " + row.name;
  return row.name;
}

/// Headline first, then suites, languages, languages of programs, tags.
std::vector<const Contrast*> rows_of(const Comparison& c) {
  std::vector<const Contrast*> rows{&c.headline};
  for (const auto* group : {&c.suites, &c.languages, &c.tags})
    for (const Contrast& row : *group) rows.push_back(&row);
  return rows;
}

std::string adjusted_note(const Comparison& c) {
  std::vector<std::string> parts;
  if (c.suites.size() > 1) parts.push_back(fmt::format("{} suites, Holm", c.suites.size()));
  if (c.languages.size() > 1) parts.push_back(fmt::format("{} languages, BH", c.languages.size()));
  const auto codes = static_cast<std::size_t>(std::count_if(
      c.tags.begin(), c.tags.end(), [](const Contrast& row) { return row.group == "code"; }));
  if (codes > 0) parts.push_back(fmt::format("{} languages of programs, BH", codes));
  if (c.tags.size() > codes + 1) parts.push_back(fmt::format("{} tags, BH", c.tags.size() - codes));
  return parts.empty() ? "" : fmt::format("p adjusted over {}.", fmt::join(parts, "; "));
}

Table table_of(const Comparison& c, int room, const Style& style) {
  const std::vector<const Contrast*> rows = rows_of(c);
  double largest = 0;
  for (const Contrast* row : rows) {
    largest = std::max(largest, std::abs(row->difference));
    if (row->interval)
      largest = std::max({largest, std::abs(row->interval->low), std::abs(row->interval->high)});
  }
  const DifferenceAxis axis = difference_axis(largest, room);
  Table table;
  table.columns = {{.head = "", .side = Column::Side::Left, .is_name = true}};
  if (room > 0)
    table.columns.push_back({.head = difference_head("B better", "A better", axis),
                             .side = Column::Side::Left,
                             .drop = 1});
  table.columns.push_back({.head = "A", .drop = 3});
  table.columns.push_back({.head = "B", .drop = 3});
  table.columns.push_back({.head = style.ascii ? "A - B" : "A \u2212 B"});
  table.columns.push_back({.head = "95 % interval"});
  table.columns.push_back({.head = "p"});
  table.columns.push_back({.head = "items", .drop = 4});
  table.columns.push_back({.head = "only A", .drop = 2});
  table.columns.push_back({.head = "only B", .drop = 2});
  for (std::size_t i = 0; i < rows.size() && i < kMostRows; ++i) {
    const Contrast& row = *rows[i];
    std::vector<std::string> cells = {row_name(row)};
    if (room > 0) cells.push_back(difference_line(row.difference, row.interval, axis, style));
    cells.push_back(points(row.mean_a, style));
    cells.push_back(points(row.mean_b, style));
    cells.push_back(change_text(row.difference, style));
    cells.push_back(change_interval(row.interval, style));
    cells.push_back(chance_text(row.p_adjusted));
    cells.push_back(with_commas(row.n));
    cells.push_back(with_commas(row.won));
    cells.push_back(with_commas(row.lost));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string ratio_words(double a, double b, std::string_view what) {
  if (!(a > 0 && b > 0)) return "";
  return fmt::format("{} {:.2f} times", what, a / b);
}

std::string cost_words(const Side& side) {
  return side.currency.empty() ? "an unknown amount"
                               : fmt::format("{:.2f} {}", side.cost, side.currency);
}

/// Where the prices of the two come from; "" where neither costs anything.
std::string prices_of(const Comparison& c) {
  std::vector<PriceSource> prices;
  for (const Side* side : {&c.a, &c.b})
    if (side->prices && side->cost > 0) prices.push_back(*side->prices);
  return prices_text(prices);
}

/// "A uses 1.30 times the tokens, 0.80 times the time of B."
std::string ratios(const Comparison& c) {
  std::vector<std::string> parts;
  const auto add = [&](std::string text) {
    if (!text.empty()) parts.push_back(std::move(text));
  };
  if (!c.a.currency.empty() && c.a.currency == c.b.currency) {
    add(ratio_words(c.a.cost, c.b.cost, "cost"));
    if (c.a.cost > 0 && c.b.cost > 0)
      parts.back() += fmt::format(" ({:.2f} against {:.2f} {})", c.a.cost, c.b.cost, c.a.currency);
  } else if (!c.a.currency.empty() || !c.b.currency.empty()) {  // not to be put into a ratio
    parts.push_back(fmt::format("cost {} against {}", cost_words(c.a), cost_words(c.b)));
  }
  add(ratio_words(c.a.tokens, c.b.tokens, "tokens"));
  add(ratio_words(c.a.total_ms, c.b.total_ms, "time"));
  if (parts.empty()) return "";
  return fmt::format("A beside B: {}.", fmt::join(parts, ", "));
}

nlohmann::ordered_json row_json(const Contrast& row) {
  const auto number = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
  };
  nlohmann::ordered_json out;
  // "suite" names what is compared whatever the group is, so that one reader does for all rows.
  out["suite"] = row.name;
  out["group"] = row.group;
  out["n"] = row.n;
  out["won"] = row.won;
  out["lost"] = row.lost;
  out["mean_a"] = row.mean_a;
  out["mean_b"] = row.mean_b;
  out["difference"] = row.difference;
  out["interval"] = row.interval ? nlohmann::ordered_json{row.interval->low, row.interval->high}
                                 : nlohmann::ordered_json(nullptr);
  out["p"] = row.p;
  out["p_adjusted"] = row.p_adjusted;
  out["adjusted_by"] = row.adjusted_by.empty() ? nlohmann::ordered_json(nullptr)
                                               : nlohmann::ordered_json(row.adjusted_by);
  out["verdict"] = to_text(row.standing);
  out["method"] = row.method;
  out["detectable"] = number(row.detectable);
  out["items_for_1_point"] = number(row.items_for_a_point);
  if (row.clusters > 0) out["clusters"] = row.clusters;
  return out;
}

nlohmann::ordered_json side_json(const Side& side) {
  nlohmann::ordered_json out{
      {"model", side.model},         {"what", side.describe},       {"cut_off", side.cut_off},
      {"refused", side.refused},     {"no_answer", side.no_answer}, {"failed", side.failed},
      {"not_asked", side.not_asked}, {"tokens", side.tokens},       {"total_ms", side.total_ms}};
  out["cost"] = side.currency.empty()
                    ? nlohmann::ordered_json(nullptr)
                    : nlohmann::ordered_json{{"amount", side.cost}, {"currency", side.currency}};
  out["prices"] = nlohmann::ordered_json(nullptr);
  if (side.prices)
    out["prices"] = {{"currency", side.prices->currency},
                     {"as_of", side.prices->as_of},
                     {"source", side.prices->source}};
  out["served_models"] = side.served;
  out["params"] = side.protocol;
  return out;
}

}  // namespace

std::string_view to_text(Standing standing) {
  switch (standing) {
    case Standing::Ahead:
      return "ahead";
    case Standing::Behind:
      return "behind";
    case Standing::Indistinguishable:
      break;
  }
  return "indistinguishable";
}

std::string comparison_text(const Comparison& c, const Style& style) {
  std::string out = painted(prose(c.sentence, 0, style), "1", style) + "\n";
  out +=
      wrapped(fmt::format("A  {}{}{}", c.a.model, c.a.describe.empty() ? "" : "  ", c.a.describe),
              3, style);
  out +=
      wrapped(fmt::format("B  {}{}{}", c.b.model, c.b.describe.empty() ? "" : "  ", c.b.describe),
              3, style) +
      "\n";
  const int room = std::min(35, style.width - natural_width(table_of(c, 0, style), style) - 2);
  out += render(table_of(c, room >= 19 ? room : 0, style), style);
  const std::size_t all = rows_of(c).size();
  if (all > kMostRows)
    out += wrapped(fmt::format("... and {} more; --json has all", all - kMostRows), 0, style);
  const std::string note = adjusted_note(c), beside = ratios(c);
  if (!note.empty()) out += wrapped(note, 0, style);
  if (!beside.empty()) out += wrapped(beside, 0, style);
  if (const std::string prices = prices_of(c); !prices.empty()) out += wrapped(prices, 0, style);
  if (!c.cautions.empty() || !c.notes.empty()) out += "\n";
  for (const std::string& caution : c.cautions) out += prose("! " + caution, 2, style);
  for (const std::string& one : c.notes) out += prose("  " + one, 2, style);
  const auto list = [&](const std::vector<std::string>& items, std::int64_t count,
                        std::string_view who) {
    if (items.empty()) return;
    std::string line =
        fmt::format("better by {} alone ({}): {}", who, with_commas(count), fmt::join(items, ", "));
    if (static_cast<std::int64_t>(items.size()) < count)
      line +=
          fmt::format(" ... {} more", with_commas(count - static_cast<std::int64_t>(items.size())));
    out += wrapped(line, 2, style);
  };
  if (!c.only_a.empty() || !c.only_b.empty()) out += "\n";
  list(c.only_a, c.headline.won, "A");
  list(c.only_b, c.headline.lost, "B");
  return out;
}

std::string comparison_markdown(const Comparison& c) {
  const Style style;
  std::string out = fmt::format("**{}**\n\nA = {}, B = {}\n\n", markdown_cell(c.sentence),
                                markdown_cell(c.a.model), markdown_cell(c.b.model));
  out +=
      "| | A | B | A \u2212 B | 95 % interval | p | items | only A | only B |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const Contrast* row : rows_of(c)) {
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
                       markdown_cell(row_name(*row)), points(row->mean_a, style),
                       points(row->mean_b, style), change_text(row->difference, style),
                       trim(change_interval(row->interval, style)), chance_text(row->p_adjusted),
                       with_commas(row->n), with_commas(row->won), with_commas(row->lost));
  }
  for (const std::string& note : {adjusted_note(c), ratios(c), prices_of(c)})
    if (!note.empty()) out += "\n" + markdown_cell(note) + "\n";
  if (!c.cautions.empty() || !c.notes.empty()) out += "\n";
  for (const auto* group : {&c.cautions, &c.notes})
    for (const std::string& one : *group) out += "- " + markdown_cell(one) + "\n";
  return out;
}

nlohmann::ordered_json comparison_json(const Comparison& c) {
  nlohmann::ordered_json out{{"version", 1}};
  out["sentence"] = c.sentence;
  out["verdict"] = to_text(c.headline.standing);
  out["a"] = side_json(c.a);
  out["b"] = side_json(c.b);
  out["alpha"] = c.alpha;
  out["reduce"] = c.reducer;
  out["comparisons"] = nlohmann::ordered_json::array();
  for (const Contrast* row : rows_of(c)) out["comparisons"].push_back(row_json(*row));
  out["cautions"] = c.cautions;
  out["notes"] = c.notes;
  out["only_a"] = c.only_a;
  out["only_b"] = c.only_b;
  return out;
}

}  // namespace leitai
