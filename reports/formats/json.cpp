#include <nlohmann/json.hpp>

#include "harness/core/reporter.h"
#include "reports/summary.h"
#include "reports/table.h"

namespace leitai {

namespace {
std::string write(const Leaderboard& board, const Style& style);
}  // namespace

extern constinit const Reporter json_reporter;
constinit const Reporter json_reporter = {
    .name = "json",
    .extension = "json",
    .help = "everything of the leaderboard, versioned schema (summary.json)",
    .write = write};

namespace {

std::string write(const Leaderboard& board, const Style&) {
  nlohmann::ordered_json out;
  out["schema"] = "leitai.summary/1";
  out["title"] = board.title;
  out["built_with"] = board.built_with;
  out["created"] = board.created;
  out["partial"] = board.partial;
  out["suites"] = nlohmann::ordered_json::array();
  const auto named = [](const std::map<std::string, std::string>& names, const std::string& suite) {
    const auto found = names.find(suite);
    return found == names.end() ? std::string() : found->second;
  };
  for (const std::string& suite : board.suites) {
    out["suites"].push_back({{"name", suite},
                             {"version", named(board.suite_versions, suite)},
                             {"scorer", named(board.scorers, suite)}});
  }
  out["families"] = board.families;
  out["languages"] = board.languages;
  out["tags"] = board.tags;
  const Leaderboard codes = by_code_language(board);
  out["code_languages"] = codes.tags;
  out["models"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < board.rows.size(); ++i) {
    nlohmann::ordered_json model = row_json(board.rows[i]);
    model["code_languages"] = nlohmann::ordered_json::object();
    for (const auto& [name, cell] : codes.rows[i].tags)
      model["code_languages"][name] = cell_json(cell);
    out["models"].push_back(std::move(model));
  }
  out["prices"] = nlohmann::ordered_json::array();
  for (const PriceSource& one : board.prices)
    out["prices"].push_back({{"model", one.model},
                             {"currency", one.currency},
                             {"as_of", one.as_of},
                             {"source", one.source}});
  const auto bounds = [](const std::optional<Interval>& interval) {
    return interval ? nlohmann::ordered_json{interval->low, interval->high}
                    : nlohmann::ordered_json();
  };
  for (const TwinGap& one : board.twin_gaps) {
    nlohmann::ordered_json gap{{"suite", one.suite},
                               {"model", one.model},
                               {"n", one.n},
                               {"published", one.published},
                               {"twins", one.twins},
                               {"gap", one.published - one.twins},
                               {"interval", bounds(one.interval)},
                               {"p", one.p}};
    if (one.beyond_others) {
      gap["beyond_others"] = *one.beyond_others;
      gap["beyond_interval"] = bounds(one.beyond_interval);
    }
    out["twin_gaps"].push_back(std::move(gap));
  }
  out["cautions"] = board.cautions;
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

}  // namespace leitai
