#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/aggregate.h"
#include "harness/core/leaderboard.h"

/// What must be said beside a leaderboard, in whole sentences.
namespace leitai {

/// "0.5 %", "12 %".
std::string percent(double share);
/// "1 item", "1,200 items".
std::string things(std::int64_t n, std::string_view one, std::string_view many);
/// 0 of nothing.
double share_of(std::int64_t part, std::int64_t whole);

/// Of answers that are missing, failed, cut off, not graded or served by several models.
std::vector<std::string> cautions_of(const Leaderboard& board, bool stopped_early);

/// Of parameters that are not the same for all models.
void caution_of_protocol(const BoardFacts& facts, Leaderboard& board);

/// That `suites` are twins, which stand in no index beside others.
std::string control_words(const std::vector<std::string>& suites);

/// Of suites with grades by two versions of one scorer. `graders`: suite -> name@version.
void caution_of_versions(const std::map<std::string, std::set<std::string>>& graders,
                         Leaderboard& board);

/// Of programming languages that are not asked by the same suites: their means do not compare.
/// `suites`: those that ask for programs in a language.
void caution_of_code(const std::map<std::string, std::set<std::string>>& suites,
                     Leaderboard& board);

}  // namespace leitai
