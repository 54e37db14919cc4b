#include "harness/board_cautions.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/scorer.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

constexpr double kManyCutOff = 0.05;  // share of answers above which a caution is due

}  // namespace

std::string percent(double share) {
  return fmt::format("{:.{}f} %", 100 * share, share < 0.1 ? 1 : 0);
}

std::string things(std::int64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", with_commas(n), n == 1 ? one : many);
}

double share_of(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::vector<std::string> cautions_of(const Leaderboard& board, bool stopped_early) {
  std::vector<std::string> out;
  if (board.partial)
    out.push_back(
        "Partial run: --limit was given, so these scores are not those of the whole suites.");
  for (const LeaderboardRow& row : board.rows) {
    const std::int64_t missing = row.all.planned - row.all.n - row.all.ungraded - row.all.failed;
    if (row.all.answers > 0 && missing > 0 && row.all.failed == 0 && !stopped_early) {
      out.push_back(fmt::format("{} has no answer yet to {} of {}; the same run again goes on.",
                                row.model, with_commas(missing),
                                things(row.all.planned, "item", "items")));
    }
    if (row.all.failed > 0) {
      out.push_back(fmt::format("{} to {} failed ({}) and {} in no score.",
                                things(row.all.failed, "request", "requests"), row.model,
                                percent(share_of(row.all.failed, row.all.answers)),
                                row.all.failed == 1 ? "is" : "are"));
    }
    const std::int64_t got = row.all.answers - row.all.failed;
    if (share_of(row.all.cut_off, got) > kManyCutOff) {
      out.push_back(fmt::format(
          "{} was cut off in {} ({}); they count as wrong. A larger max_tokens asks them anew.",
          row.model, things(row.all.cut_off, "answer", "answers"),
          percent(share_of(row.all.cut_off, got))));
    }
    if (row.served_models.size() > 1) {
      out.push_back(fmt::format("{} was served by {} different models: {}.", row.model,
                                row.served_models.size(), fmt::join(row.served_models, ", ")));
    }
  }
  for (const std::string& suite : board.suites) {
    std::int64_t ungraded = 0;
    for (const LeaderboardRow& row : board.rows) {
      const auto cell = row.suites.find(suite);
      if (cell != row.suites.end()) ungraded += cell->second.ungraded;
    }
    if (ungraded > 0) {
      out.push_back(fmt::format("{} in {} {} not graded and in no score.",
                                things(ungraded, "answer", "answers"), suite,
                                ungraded == 1 ? "is" : "are"));
    }
  }
  return out;
}

std::string control_words(const std::vector<std::string>& suites) {
  return fmt::format(
      "{}: twins of published suites, asked as a control; their scores are in no index and no "
      "rank.",
      fmt::join(suites, ", "));
}

void caution_of_versions(const std::map<std::string, std::set<std::string>>& graders,
                         Leaderboard& board) {
  for (const auto& [suite, scorers] : graders) {
    std::map<std::string, std::vector<std::string>> by_name;
    for (const std::string& scorer : scorers)
      by_name[std::string(scorer_name(scorer))].push_back(scorer);
    for (const auto& [name, versions] : by_name) {
      if (versions.size() < 2) continue;
      board.cautions.push_back(
          fmt::format("{} has grades by {}, which do not compare: leitai score RUN makes them one.",
                      suite, fmt::join(versions, " and ")));
    }
  }
}

void caution_of_code(const std::map<std::string, std::set<std::string>>& suites,
                     Leaderboard& board) {
  std::map<std::set<std::string>, std::vector<std::string>> alike;
  for (const auto& [language, names] : suites) alike[names].push_back(language);
  if (alike.size() < 2) return;
  std::vector<std::string> parts;
  for (const auto& [names, languages] : alike)
    parts.push_back(fmt::format("{} by {}", fmt::join(languages, ", "), fmt::join(names, ", ")));
  board.cautions.push_back(
      fmt::format("Programming languages are not asked alike and their scores do not compare: {}.",
                  fmt::join(parts, "; ")));
}

void caution_of_protocol(const BoardFacts& facts, Leaderboard& board) {
  std::map<std::string, std::map<std::string, std::vector<std::string>>> values;
  std::set<std::string> names;
  for (const BoardFacts::ModelFacts& model : facts.models)
    for (const auto& [name, value] : model.protocol) names.insert(name);
  for (const BoardFacts::ModelFacts& model : facts.models) {
    for (const std::string& name : names) {
      const auto found = model.protocol.find(name);
      values[name][found == model.protocol.end() ? "not set" : found->second].push_back(model.id);
    }
  }
  for (const auto& [name, by_value] : values) {
    if (by_value.size() < 2) continue;
    std::vector<std::string> parts;
    for (const auto& [value, models] : by_value)
      parts.push_back(fmt::format("{} ({})", value, fmt::join(models, ", ")));
    board.cautions.push_back(
        fmt::format("The models were not asked alike: {} {}.", name, fmt::join(parts, ", ")));
  }
}

}  // namespace leitai
