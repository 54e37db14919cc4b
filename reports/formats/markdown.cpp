#include <fmt/format.h>

#include <algorithm>

#include "harness/core/reporter.h"
#include "harness/core/text.h"
#include "reports/table.h"

namespace leitai {

namespace {
std::string write(const Leaderboard& board, const Style& style);
}  // namespace

extern constinit const Reporter markdown_reporter;
constinit const Reporter markdown_reporter = {.name = "markdown",
                                              .extension = "md",
                                              .help = "all tables in Markdown (leaderboard.md)",
                                              .write = write};

namespace {

using Groups = std::map<std::string, Cell> LeaderboardRow::*;

/// Text that Markdown and HTML leave alone.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : escape_controls(text)) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (std::string_view("|*_`[]\\~#").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

/// The first `left` columns are aligned left, the others right.
std::string table(const std::vector<std::string>& head,
                  const std::vector<std::vector<std::string>>& rows, std::size_t left) {
  std::string out = fmt::format("| {} |\n|", fmt::join(head, " | "));
  for (std::size_t i = 0; i < head.size(); ++i) out += i < left ? "---|" : "---:|";
  out += '\n';
  for (const auto& row : rows) out += fmt::format("| {} |\n", fmt::join(row, " | "));
  return out;
}

std::vector<std::string> cells_of_cell(const Cell& cell, const Style& style) {
  std::string interval = interval_text(cell.interval, style);
  if (const std::size_t twice = interval.find("  "); twice != std::string::npos)
    interval.erase(twice, 1);
  return {points(cell.mean, style),
          interval,
          with_commas(cell.n),
          with_commas(cell.cut_off),
          with_commas(cell.refused),
          with_commas(cell.no_answer),
          with_commas(cell.failed),
          with_commas(cell.prompt_tokens),
          with_commas(cell.completion_tokens),
          time_text(cell.total_ms, style),
          plain(money_text(cell.cost, style))};
}

const std::vector<std::string> kCellHead = {
    "score",         "95 % interval",     "n",    "cut off", "refused", "no answer", "failed",
    "prompt tokens", "completion tokens", "time", "cost"};

std::string section(const Leaderboard& board, std::string_view title, std::string_view head,
                    const std::vector<std::string>& groups, Groups cells, const Style& style) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& group : groups) {
    for (const LeaderboardRow& row : board.rows) {
      const auto found = (row.*cells).find(group);
      if (found == (row.*cells).end() || found->second.answers == 0) continue;
      std::vector<std::string> line = {plain(group), plain(row.model)};
      for (std::string& text : cells_of_cell(found->second, style)) line.push_back(std::move(text));
      rows.push_back(std::move(line));
    }
  }
  if (rows.empty()) return "";
  std::vector<std::string> heads = {std::string(head), "model"};
  heads.insert(heads.end(), kCellHead.begin(), kCellHead.end());
  return fmt::format("\n## {}\n\n{}", title, table(heads, rows, 2));
}

/// What scorers measured beside the score, a table for each set of measures.
std::string measures(const Leaderboard& board, const Style& style) {
  std::string out;
  for (const auto& [names, suites] : suites_by_measures(board)) {
    std::vector<std::string> heads = {"suite", "model", "score"};
    for (const std::string& name : names) {
      heads.push_back(plain(name));
      std::replace(heads.back().begin(), heads.back().end(), '_', ' ');
    }
    std::vector<std::vector<std::string>> rows;
    for (const std::string& suite : suites) {
      for (const LeaderboardRow& row : board.rows) {
        const auto cell = row.suites.find(suite);
        if (cell == row.suites.end() || cell->second.measures.empty()) continue;
        std::vector<std::string> line = {plain(suite), plain(row.model),
                                         points(cell->second.mean, style)};
        for (const std::string& name : names) {
          const auto one = cell->second.measures.find(name);
          const bool is_there = one != cell->second.measures.end() && one->second.of > 0;
          line.push_back(points(
              is_there ? std::optional(one->second.got / one->second.of) : std::nullopt, style));
        }
        rows.push_back(std::move(line));
      }
    }
    out += "\n## Beside the score\n\n" + table(heads, rows, 2);
  }
  return out;
}

/// Suites beside their twins; "" where there are none.
std::string twins(const Leaderboard& board, const Style& style) {
  if (board.twin_gaps.empty()) return "";
  TwinTable made = twin_table(board, style);
  for (std::vector<std::string>& row : made.rows) {
    for (std::string& cell : row) cell = plain(cell);
  }
  return fmt::format("\n## Published items and their twins\n\n{}\n\n{}", kTwinWords,
                     table(made.heads, made.rows, 2));
}

/// How fast each model answered; "" where nobody measured.
std::string speed(const Leaderboard& board) {
  const auto seconds = [](const std::optional<double>& ms) {
    return ms ? fmt::format("{:.{}f}", *ms / 1000, *ms < 1000 ? 3 : 1) : std::string("-");
  };
  std::vector<std::vector<std::string>> rows;
  for (const LeaderboardRow& row : board.rows) {
    const Speed& one = row.speed;
    if (one.answers == 0) continue;
    rows.push_back({plain(row.model), with_commas(one.answers), seconds(one.ttft_p50_ms),
                    seconds(one.answer_ttft_p50_ms), seconds(one.total_p50_ms),
                    seconds(one.total_p95_ms),
                    one.tokens_per_s_p50 ? fmt::format("{:.1f}", *one.tokens_per_s_p50) : "-"});
  }
  if (rows.empty()) return "";
  return "\n## Speed\n\nMedians over answers, in seconds from the first byte sent; 95 % were "
         "complete "
         "within the last but one column.\n\n" +
         table({"model", "answers", "first text", "first answer text", "complete", "95 %",
                "tokens a second"},
               rows, 1);
}

std::string write(const Leaderboard& board, const Style& style) {
  std::string out = fmt::format("# {}\n\n", plain(board.title));
  out += fmt::format(
      "{} {}. Scores are points of 100 with 95 % intervals (Wilson; of several suites BCa, over "
      "10,000 replicates that draw the same items for all models). The index takes chance off and "
      "gives families, in them suites, the same weight. Ranks are ranges that hold jointly: models "
      "that cannot be told apart share them. Means are over all items but failed ones.\n\n",
      board.suites.size(), board.suites.size() == 1 ? "suite" : "suites");
  std::vector<std::string> heads = {"rank", "model"};
  heads.insert(heads.end(), kCellHead.begin(), kCellHead.end());
  // Families stand behind the score and its interval.
  const std::vector<std::string> families =
      board.families.size() > 1 ? board.families : std::vector<std::string>{};
  for (std::size_t i = 0; i < families.size(); ++i)
    heads.insert(heads.begin() + 4 + static_cast<std::ptrdiff_t>(i), plain(families[i]));
  if (board.suites.size() > 1) heads[2] = "index";
  std::vector<std::vector<std::string>> rows;
  for (const LeaderboardRow& row : board.rows) {
    std::vector<std::string> line = {rank_text(row, style), plain(row.model)};
    for (std::string& text : cells_of_cell(row.all, style)) line.push_back(std::move(text));
    for (std::size_t i = 0; i < families.size(); ++i) {
      const auto cell = row.families.find(families[i]);
      line.insert(line.begin() + 4 + static_cast<std::ptrdiff_t>(i),
                  points(cell == row.families.end() ? std::nullopt : cell->second.mean, style));
    }
    rows.push_back(std::move(line));
  }
  out += table(heads, rows, 2);
  std::string notes;
  for (const LeaderboardRow& row : board.rows) {
    if (!row.rank_low)
      notes +=
          fmt::format("- Not ranked: {} ({}).\n", plain(row.model), plain(row.not_ranked_because));
  }
  for (const std::string& caution : board.cautions) notes += fmt::format("- {}\n", plain(caution));
  if (const std::string prices = prices_text(board.prices); !prices.empty())
    notes += fmt::format("- {}\n", plain(prices));
  if (!notes.empty()) out += "\n" + notes;

  out += section(board, "By suite", "suite", board.suites, &LeaderboardRow::suites, style);
  out += measures(board, style);
  out += twins(board, style);
  if (board.families.size() > 1)
    out += section(board, "By family", "family", board.families, &LeaderboardRow::families, style);
  if (board.languages.size() > 1)
    out += section(board, "By language", "language", board.languages, &LeaderboardRow::languages,
                   style);
  const Leaderboard codes = by_code_language(board);
  out += section(codes, "By programming language", "programs in", codes.tags, &LeaderboardRow::tags,
                 style);
  const std::vector<std::string> tags = tags_but_code(board);
  if (tags.size() > 1 && tags.size() <= 40)
    out += section(board, "By tag", "tag", tags, &LeaderboardRow::tags, style);

  out += speed(board);
  out += "\n## What was run\n\n";
  std::vector<std::vector<std::string>> models;
  for (const LeaderboardRow& row : board.rows) {
    models.push_back({plain(row.model), plain(row.describe),
                      plain(fmt::format("{}", fmt::join(row.served_models, ", ")))});
  }
  out += table({"model", "as configured", "as served"}, models, 3) + "\n";
  std::vector<std::vector<std::string>> suites;
  for (const std::string& suite : board.suites) {
    const auto version = board.suite_versions.find(suite), scorer = board.scorers.find(suite);
    suites.push_back({plain(suite),
                      version == board.suite_versions.end() ? "" : plain(version->second),
                      scorer == board.scorers.end() ? "" : plain(scorer->second)});
  }
  out += table({"suite", "version", "scorer"}, suites, 3);
  return out + fmt::format("\n{}, {}.\n", plain(board.built_with), plain(board.created));
}

}  // namespace

}  // namespace leitai
