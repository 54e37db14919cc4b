#include "reports/lm_eval.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "reports/summary.h"

namespace leitai {

namespace {

/// What lm-eval calls the number that a scorer gives.
std::string metric_of(std::string_view scorer) {
  constexpr std::pair<std::string_view, std::string_view> kMetrics[] = {
      {"numeric", "exact_match"},
      {"exact", "exact_match"},
      {"bleu", "bleu"},
      {"chrf", "chrf"},
      {"rouge", "rougeL"},
      {"loglikelihood", "acc_bytes"},
      {"squad", "f1"}};
  for (const auto& [name, metric] : kMetrics) {
    if (name == scorer) return std::string(metric);
  }
  return "acc";
}

}  // namespace

std::string lm_eval_results(const Leaderboard& board, std::string_view model) {
  using Json = nlohmann::ordered_json;
  const auto row = std::find_if(board.rows.begin(), board.rows.end(),
                                [&](const LeaderboardRow& one) { return one.model == model; });
  if (row == board.rows.end())
    throw Error(fmt::format("results: no model \"{}\" in this run", model));
  Json out;
  out["results"] = Json::object();
  out["versions"] = Json::object();
  out["n-samples"] = Json::object();
  out["higher_is_better"] = Json::object();
  for (const std::string& suite : board.suites) {
    const auto found = row->suites.find(suite);
    if (found == row->suites.end() || !found->second.mean) continue;
    const Cell& cell = found->second;
    const auto scorer = board.scorers.find(suite);
    const std::string name =
        scorer == board.scorers.end() ? "" : scorer->second.substr(0, scorer->second.find('@'));
    const std::string metric = metric_of(name);
    const double n = static_cast<double>(cell.n), mean = *cell.mean;
    const bool binary = std::abs(mean * n - static_cast<double>(cell.correct)) < 1e-6;
    Json& task = out["results"][suite];
    task["alias"] = suite;
    task[metric + ",none"] = mean;
    task[metric + "_stderr,none"] =
        binary && cell.n > 1 ? Json(std::sqrt(mean * (1 - mean) / (n - 1))) : Json("N/A");
    if (const auto version = board.suite_versions.find(suite);
        version != board.suite_versions.end()) {
      out["versions"][suite] = version->second;
    }
    out["n-samples"][suite] = {{"original", cell.planned}, {"effective", cell.n}};
    out["higher_is_better"][suite] = {{metric, true}};
  }
  out["config"] = {{"model", row->model}, {"model_args", row->describe}};
  out["date"] = board.created;
  out["model_name"] = row->model;
  out["leitai"] = {{"schema", "leitai.results/1"},
                   {"run", board.title},
                   {"built_with", board.built_with},
                   {"partial", board.partial},
                   {"row", row_json(*row)}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace leitai
