#pragma once

#include <vector>

#include "harness/aggregate.h"

namespace leitai {

/// Each suite of the run that stands beside its twins (house/twins/SUITE), for each model: paired
/// over the items that both have a score for and whose twin differs. Where the two were asked or
/// graded otherwise (version, mode, scorer) they do not compare; a sentence in `cautions` says so.
/// Empty, at no cost, where the run holds no such pair; else one pass over it; memory grows with
/// the items of such pairs.
std::vector<TwinGap> twin_gaps(const RunReader& run, const BoardFacts& facts,
                               std::vector<std::string>& cautions);

}  // namespace leitai
