#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace leitai {

struct Interval {
  double low = 0;
  double high = 0;
};

/// What a scorer measures beside the score, summed over answers: `got` of `of`.
struct Measure {
  double got = 0;
  double of = 0;
};

/// Scores of one model on one group of items (a suite, a family, a language, a tag, or all).
struct Cell {
  std::int64_t planned = 0;          // items that the plan holds
  std::int64_t n = 0;                // items in the mean: all stored but failed
  std::int64_t answers = 0;          // stored responses, failed ones included: items x samples
  std::int64_t correct = 0;          // full marks
  std::optional<double> mean;        // in [0, 1]; absent when n is 0 or nothing is graded
  std::optional<Interval> interval;  // Wilson, 95 %
  std::int64_t cut_off = 0;          // truncated
  std::int64_t refused = 0;          // filtered, or status REFUSED
  std::int64_t no_answer = 0;        // empty, or NO_ANSWER, MULTI, AMBIGUOUS, INVALID_LABEL
  std::int64_t failed = 0;           // failed, INFRA_ERROR or JUDGE_INVALID
  std::int64_t ungraded = 0;         // answered, but no scorer was named
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  double total_ms = 0;                      // sum over responses
  std::map<std::string, double> cost;       // by currency
  std::map<std::string, Measure> measures;  // by name; flags "name=got/of" of the scores
};

/// How fast a model answered: quantiles over its answers, within 5 %. From the first byte sent, so
/// that no wait of ours counts; absent where nobody told.
struct Speed {
  std::int64_t answers = 0;
  std::optional<double> ttft_p50_ms;         // to the first reasoning or answer text
  std::optional<double> answer_ttft_p50_ms;  // to the first answer text
  std::optional<double> gap_p50_ms;          // between two events of a stream
  std::optional<double> total_p50_ms, total_p95_ms;
  std::optional<double> tokens_per_s_p50;  // new tokens over the total time
};

/// Where the prices of a model were read.
struct PriceSource {
  std::string model;
  std::string currency;  // ISO 4217
  std::string as_of;     // "2026-09-10"
  std::string source;    // URL
};

struct LeaderboardRow {
  std::string model;
  std::string describe;         // configuration in words
  std::optional<int> rank_low;  // absent: not ranked
  std::optional<int> rank_high;
  std::optional<double> p_best;  // chance to lead, of those that are ranked
  std::string not_ranked_because;
  Cell all;  // index: adjusted for chance, families weigh the same; counts are sums
  std::map<std::string, Cell> suites;  // by suite with subset
  std::map<std::string, Cell> families;
  std::map<std::string, Cell> languages;
  std::map<std::string, Cell> tags;
  std::vector<std::string> served_models;
  Speed speed;
};

/// A suite beside its twins (house/twins), of the same version and scorer, on the same items: what
/// a model that learnt the published ones by heart scores more on them.
struct TwinGap {
  std::string suite;  // the published one
  std::string model;
  std::int64_t n = 0;  // items
  double published = 0, twins = 0;
  std::optional<Interval> interval;     // 95 %, of published - twins, paired as in a comparison
  double p = 1;                         // likewise
  std::optional<double> beyond_others;  // its gap less the mean gap of the other models
  std::optional<Interval> beyond_interval;
};

struct Leaderboard {
  std::string title;                // the run's name
  std::string built_with;           // version and commit
  std::string created;              // ISO 8601, UTC
  bool partial = false;             // --limit was given
  std::vector<std::string> suites;  // columns, in the run's order
  std::vector<std::string> families;
  std::vector<std::string> languages;
  std::vector<std::string> tags;
  std::map<std::string, std::string> scorers;  // suite -> scorer@version
  std::map<std::string, std::string> suite_versions;
  std::vector<LeaderboardRow> rows;   // best first
  std::vector<PriceSource> prices;    // of models that cost something
  std::vector<TwinGap> twin_gaps;     // by suite, then model
  std::vector<std::string> cautions;  // whole sentences
};

}  // namespace leitai
