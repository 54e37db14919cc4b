// Speed of a leaderboard (20 models x 30 suites x 1,000 items, B = 10,000: under 3 s on two cores)
// and of a comparison on 100,000 common items (under 1 s), both of scores in memory.

#include <fmt/format.h>

#include <chrono>

#include "harness/aggregate.h"
#include "harness/compare.h"
#include "harness/core/digest.h"
#include "harness/core/random.h"
#include "tests/harness/fake_run.h"

namespace leitai {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void leaderboard() {
  Aggregator aggregator;
  BoardFacts facts;
  SplitMix64 random(7);
  Record record;
  record.response.outcome = Outcome::Answered;
  record.score.emplace();
  for (int suite = 0; suite < 30; ++suite)
    facts.suites.push_back({fmt::format("suite{}", suite), fmt::format("family{}", suite % 6), "1",
                            "exact@1", 1000, 0});
  const auto begin = Clock::now();
  for (int model = 0; model < 20; ++model) {
    facts.models.push_back({fmt::format("model{}", model), "", {}});
    record.request.model = facts.models.back().id;
    for (int suite = 0; suite < 30; ++suite) {
      record.request.suite = facts.suites[static_cast<std::size_t>(suite)].name;
      for (int item = 0; item < 1000; ++item) {
        record.request.item = std::to_string(item);
        record.score->score = random.u01() < 0.5 + 0.01 * model ? 1 : 0;
        aggregator.add(record, {});
      }
    }
  }
  const double read = seconds_since(begin);
  const Leaderboard board = aggregator.finish(facts);
  fmt::print(
      "leaderboard of 20 x 30 x 1,000, B = 10,000: {:.2f} s (of these {:.2f} s to take in "
      "600,000 answers); target 3 s\n",
      seconds_since(begin), read);
  fmt::print("  first {} ranks {} to {}, last {} ranks {} to {}\n", board.rows.front().model,
             *board.rows.front().rank_low, *board.rows.front().rank_high, board.rows.back().model,
             *board.rows.back().rank_low, *board.rows.back().rank_high);
}

void comparison() {
  test::FakeRun run;
  SplitMix64 random(8);
  for (const char* model : {"a", "b"}) {
    for (int item = 0; item < 100000; ++item)
      run.answers.push_back({.model = model,
                             .suite = "s",
                             .item = std::to_string(item),
                             .score = random.u01() < 0.8 ? 1.0 : 0.0,
                             .language = item % 2 ? "en" : "zh",
                             .tags = {fmt::format("level={}", item % 5)}});
  }
  BookSource source;
  source.name = "bench";
  source.suites.push_back({"s", "s", "1", "exact@1", "chat", 0});
  const auto begin = Clock::now();
  ScoreBook book;
  book.add(run, source, {{"a", "a"}, {"b", "b"}});
  const double read = seconds_since(begin);
  const Comparison got = compare(book, "a", "b");
  fmt::print(
      "compare on 100,000 common items, 8 rows: {:.2f} s (of these {:.2f} s to take in "
      "200,000 answers); target 1 s\n  {}\n",
      seconds_since(begin), read, got.sentence);
}

}  // namespace
}  // namespace leitai

int main() {
  leitai::leaderboard();
  leitai::comparison();
}
