#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/core/leaderboard.h"

namespace leitai {

/// JSON of a leaderboard's parts, schema "leitai.summary/1". What is absent is null; means and
/// intervals are shares, not points.
nlohmann::ordered_json cell_json(const Cell& cell);
nlohmann::ordered_json row_json(const LeaderboardRow& row);

}  // namespace leitai
