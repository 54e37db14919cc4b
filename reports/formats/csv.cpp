#include <fmt/format.h>

#include <algorithm>

#include "harness/core/reporter.h"
#include "reports/table.h"

namespace leitai {

namespace {
std::string write(const Leaderboard& board, const Style& style);
}  // namespace

extern constinit const Reporter csv_reporter;
constinit const Reporter csv_reporter = {
    .name = "csv",
    .extension = "csv",
    .help = "one row for each model and suite, and programming language, full precision",
    .write = write};

namespace {

/// Quoted where RFC 4180 asks for it.
std::string field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string write(const Leaderboard& board, const Style&) {
  std::string out =
      "run,model,suite,suite_version,scorer,rank_low,rank_high,planned,answers,n,correct,mean,low,"
      "high,cut_off,refused,no_answer,"
      "failed,ungraded,prompt_tokens,completion_tokens,total_ms,cost,prices_as_of,prices_"
      "source\r\n";
  const auto named = [](const std::map<std::string, std::string>& names, const std::string& suite) {
    const auto found = names.find(suite);
    return found == names.end() ? std::string() : found->second;
  };
  for (const LeaderboardRow& row : board.rows) {
    const auto prices =
        std::find_if(board.prices.begin(), board.prices.end(),
                     [&](const PriceSource& one) { return one.model == row.model; });
    const auto add = [&](const std::string& suite, const Cell& cell) {
      std::string cost;
      for (const auto& [currency, amount] : cell.cost)
        cost += fmt::format("{}{} {}", cost.empty() ? "" : "; ", amount, currency);
      out += fmt::format(
          "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
          field(board.title), field(row.model), field(suite),
          field(named(board.suite_versions, suite)), field(named(board.scorers, suite)),
          row.rank_low ? std::to_string(*row.rank_low) : "",
          row.rank_high ? std::to_string(*row.rank_high) : "", cell.planned, cell.answers, cell.n,
          cell.correct, number(cell.mean), cell.interval ? number(cell.interval->low) : "",
          cell.interval ? number(cell.interval->high) : "", cell.cut_off, cell.refused,
          cell.no_answer, cell.failed, cell.ungraded, cell.prompt_tokens, cell.completion_tokens,
          cell.total_ms, field(cost), prices == board.prices.end() ? "" : field(prices->as_of),
          prices == board.prices.end() ? "" : field(prices->source));
    };
    for (const std::string& suite : board.suites) {
      const auto found = row.suites.find(suite);
      if (found != row.suites.end()) add(suite, found->second);
    }
    for (const std::string& language : code_languages(board)) {
      const auto found = row.tags.find("code=" + language);
      if (found != row.tags.end()) add(found->first, found->second);
    }
  }
  return out;
}

}  // namespace

}  // namespace leitai
