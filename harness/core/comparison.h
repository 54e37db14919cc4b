#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/leaderboard.h"

namespace leitai {

enum class Standing { Ahead, Behind, Indistinguishable };

/// Model A against model B on one group of items. Differences are A minus B, shares, not points.
struct Contrast {
  std::string group;      // "index", "suite", "language", "code" (of programs), "tag"
  std::string name;       // "all", "gsm8k", "zh", "level=1"
  std::int64_t n = 0;     // items that both have a score for
  std::int64_t won = 0;   // A scores higher
  std::int64_t lost = 0;  // B scores higher
  double mean_a = 0;
  double mean_b = 0;
  double difference = 0;
  std::optional<Interval> interval;  // 95 %; absent for too few items or clusters
  double p = 1;
  double p_adjusted = 1;    // over the rows of the same group
  std::string adjusted_by;  // "Holm", "BH"; "" where there is one row
  std::string method;       // "McNemar mid-p, Tango interval"
  Standing standing = Standing::Indistinguishable;
  std::optional<double> detectable;  // smallest difference that shows with 80 % power; absent: none
  std::optional<double> items_for_a_point;  // items at which one point shows
  std::int64_t clusters = 0;                // independent units, where fewer than the items
};

/// What stands beside the score of one side, over the common items.
struct Side {
  std::string model;
  std::string describe;
  std::map<std::string, std::string> protocol;
  std::int64_t cut_off = 0;  // items with a sample that was
  std::int64_t refused = 0;
  std::int64_t no_answer = 0;
  std::int64_t failed = 0;     // items of either side's plan without a score of this one
  std::int64_t not_asked = 0;  // items that only the other side has an answer to
  double tokens = 0;           // generated
  double total_ms = 0;
  double cost = 0;
  std::string currency;  // "": nobody charged anything, or no price is known
  std::optional<PriceSource> prices;
  std::map<std::string, std::int64_t> served;
};

struct Comparison {
  Side a, b;
  std::string reducer;        // "mean", "pass@4"
  bool has_repeats = false;   // several samples an item
  std::int64_t ungraded = 0;  // items with answers that nobody graded
  double alpha = 0.05;
  Contrast headline;
  std::vector<Contrast> suites;  // several, or none where the headline is the only suite
  std::vector<Contrast> languages;
  std::vector<Contrast> tags;         // languages of programs, then tags
  std::string sentence;               // the answer
  std::vector<std::string> cautions;  // whole sentences
  std::vector<std::string> notes;     // likewise, for the record
  std::vector<std::string> only_a;    // items that A alone got right, the first of each suite
  std::vector<std::string> only_b;
};

}  // namespace leitai
