#include "reports/summary.h"

#include <nlohmann/json.hpp>

namespace leitai {

using Json = nlohmann::ordered_json;

Json cell_json(const Cell& cell) {
  Json out;
  out["n"] = cell.n;
  out["mean"] = cell.mean ? Json(*cell.mean) : Json();
  out["interval"] = cell.interval ? Json::array({cell.interval->low, cell.interval->high}) : Json();
  out["correct"] = cell.correct;
  out["planned"] = cell.planned;
  out["answers"] = cell.answers;
  out["cut_off"] = cell.cut_off;
  out["refused"] = cell.refused;
  out["no_answer"] = cell.no_answer;
  out["failed"] = cell.failed;
  out["ungraded"] = cell.ungraded;
  out["prompt_tokens"] = cell.prompt_tokens;
  out["completion_tokens"] = cell.completion_tokens;
  out["total_ms"] = cell.total_ms;
  out["cost"] = Json::object();
  for (const auto& [currency, amount] : cell.cost) out["cost"][currency] = amount;
  if (!cell.measures.empty()) out["measures"] = Json::object();
  for (const auto& [name, one] : cell.measures)
    out["measures"][name] = one.of > 0 ? Json(one.got / one.of) : Json();
  return out;
}

Json row_json(const LeaderboardRow& row) {
  Json out;
  out["model"] = row.model;
  out["describe"] = row.describe;
  out["rank"] = row.rank_low ? Json::array({*row.rank_low, *row.rank_high}) : Json();
  out["p_best"] = row.p_best ? Json(*row.p_best) : Json();
  out["not_ranked_because"] =
      row.not_ranked_because.empty() ? Json() : Json(row.not_ranked_because);
  out["served_models"] = row.served_models;
  if (row.speed.answers > 0) {
    const auto or_null = [](const std::optional<double>& value) {
      return value ? Json(*value) : Json();
    };
    out["speed"] = {{"answers", row.speed.answers},
                    {"ttft_p50_ms", or_null(row.speed.ttft_p50_ms)},
                    {"answer_ttft_p50_ms", or_null(row.speed.answer_ttft_p50_ms)},
                    {"gap_p50_ms", or_null(row.speed.gap_p50_ms)},
                    {"total_p50_ms", or_null(row.speed.total_p50_ms)},
                    {"total_p95_ms", or_null(row.speed.total_p95_ms)},
                    {"tokens_per_s_p50", or_null(row.speed.tokens_per_s_p50)}};
  }
  out["all"] = cell_json(row.all);
  const auto group = [&](const char* name, const std::map<std::string, Cell>& cells) {
    out[name] = Json::object();
    for (const auto& [key, cell] : cells) out[name][key] = cell_json(cell);
  };
  group("suites", row.suites);
  group("families", row.families);
  group("languages", row.languages);
  group("tags", row.tags);
  return out;
}

}  // namespace leitai
