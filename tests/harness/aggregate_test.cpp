#include "harness/aggregate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/digest.h"
#include "harness/core/random.h"
#include "harness/item_numbers.h"
#include "harness/stats/proportion.h"
#include "tests/harness/fake_run.h"

namespace leitai {
namespace {

Record record(const std::string& model, const std::string& suite, int item,
              std::optional<double> score, int sample = 0, Outcome outcome = Outcome::Answered) {
  Record out;
  out.request.model = model;
  out.request.suite = suite;
  out.request.item = std::to_string(item);
  out.request.sample = sample;
  out.response.outcome = outcome;
  out.response.usage = {.prompt_tokens = 10, .completion_tokens = 3};
  out.response.timing.total_ms = 2;
  if (score) {
    out.score.emplace();
    out.score->status = *score >= 1 ? ScoreStatus::Correct : ScoreStatus::Incorrect;
    out.score->score = score;
  }
  return out;
}

BoardFacts facts(std::vector<std::pair<std::string, int>> suites, std::vector<std::string> models) {
  BoardFacts out;
  out.title = "t";
  for (const auto& [name, planned] : suites)
    out.suites.push_back({name, "reasoning", "1", "numeric@1", planned});
  for (const std::string& model : models) out.models.push_back({model, model + " as configured"});
  return out;
}

void fill(Aggregator& to, const std::string& model, const std::string& suite, int right,
          int wrong) {
  for (int i = 0; i < right + wrong; ++i)
    to.add(record(model, suite, i, i < right ? 1.0 : 0.0), {.language = "en"});
}

TEST(Aggregate, ASuiteBesideItsTwinsShowsTheGapOfEachModel) {
  test::FakeRun run;
  const auto add = [&](const std::string& model, const std::string& suite,
                       const std::vector<double>& scores) {
    for (std::size_t i = 0; i < scores.size(); ++i)
      run.answers.push_back(
          {.model = model, .suite = suite, .item = std::to_string(i), .score = scores[i]});
  };
  // The vector of the scoring specification, B17; another model that has no gap.
  add("a", "gsm8k", {1, 1, 1, 0, 1, 1, 0, 1});
  add("a", "house/twins/gsm8k", {.8, .6, 1, .2, .4, .9, .1, .7});
  add("b", "gsm8k", {1, 0, 1, 0, 1, 0, 1, 0});
  add("b", "house/twins/gsm8k", {1, 0, 1, 0, 1, 0, 1, 0});
  for (const char* model : {"a", "b"}) {  // a twin in which nothing changed tells nothing
    run.answers.push_back({.model = model, .suite = "gsm8k", .item = "8", .score = 1});
    run.answers.push_back({.model = model,
                           .suite = "house/twins/gsm8k",
                           .item = "8",
                           .score = 0,
                           .tags = {"twin=same"}});
  }
  const BoardFacts both = facts({{"gsm8k", 9}, {"house/twins/gsm8k", 9}}, {"a", "b"});
  const Leaderboard board = aggregate(run, both);
  ASSERT_EQ(board.twin_gaps.size(), 2u);
  const TwinGap& a = board.twin_gaps[0];
  EXPECT_EQ(a.suite, "gsm8k");
  EXPECT_EQ(a.model, "a");
  EXPECT_EQ(a.n, 8);
  EXPECT_NEAR(a.published - a.twins, .1625, 1e-12);
  EXPECT_NEAR(a.p, .171875, 1e-12);
  ASSERT_TRUE(a.interval && a.beyond_others);
  EXPECT_NEAR((a.interval->low + a.interval->high) / 2, .1625, 1e-9);
  EXPECT_NEAR(*a.beyond_others, .1625, 1e-12);
  EXPECT_NEAR(*board.twin_gaps[1].beyond_others, -.1625, 1e-12);
  EXPECT_EQ(board.twin_gaps[1].published, board.twin_gaps[1].twins);
  EXPECT_TRUE(aggregate(run, facts({{"gsm8k", 9}}, {"a", "b"})).twin_gaps.empty());
}

TEST(Aggregate, TwinsAreAControlInNoIndexAndNoRank) {
  test::FakeRun run;
  run.add("a", "gsm8k", "1110111011");
  run.add("a", "house/twins/gsm8k", "0000000000");
  run.add("b", "gsm8k", "1000000001");
  run.add("b", "house/twins/gsm8k", "11111x");  // not all of them yet, and one failed
  const BoardFacts both = facts({{"gsm8k", 10}, {"house/twins/gsm8k", 10}}, {"a", "b"});
  const Leaderboard board = aggregate(run, both);
  ASSERT_EQ(board.rows.size(), 2u);
  EXPECT_EQ(board.rows[0].model, "a");
  EXPECT_EQ(board.rows[0].all.mean, 0.8);
  EXPECT_EQ(board.rows[0].all.n, 10);
  EXPECT_EQ(board.rows[0].families.at("reasoning").mean, 0.8);
  EXPECT_EQ(board.rows[0].suites.at("house/twins/gsm8k").mean, 0.0);
  EXPECT_TRUE(board.rows[1].rank_low) << "twins that are missing keep nobody from a rank";
  EXPECT_EQ(std::count_if(board.cautions.begin(), board.cautions.end(),
                          [](const std::string& one) {
                            return one.find("in no index and no rank") != std::string::npos;
                          }),
            1);
  // Alone they are a suite like others.
  const Leaderboard alone = aggregate(run, facts({{"house/twins/gsm8k", 10}}, {"a", "b"}));
  EXPECT_EQ(alone.rows[0].all.mean, 0.0);
  EXPECT_TRUE(alone.rows[0].rank_low);
}

TEST(Aggregate, ASuiteAskedOtherwiseIsNotHeldBesideItsTwins) {
  test::FakeRun run;
  run.add("a", "gsm8k", "11");
  run.add("a", "house/twins/gsm8k", "11");
  BoardFacts both = facts({{"gsm8k", 2}, {"house/twins/gsm8k", 2}}, {"a"});
  both.suites[1].version = "1, twins 3";
  const Leaderboard board = aggregate(run, both);
  ASSERT_EQ(board.twin_gaps.size(), 1u);
  ASSERT_TRUE(board.twin_gaps[0].interval);
  EXPECT_LT(board.twin_gaps[0].interval->low, -0.5) << "two items tell next to nothing";
  EXPECT_GT(board.twin_gaps[0].interval->high, 0.5);
  both.suites[0].version = "1+4shot";
  const Leaderboard shots = aggregate(run, both);
  EXPECT_TRUE(shots.twin_gaps.empty());
  EXPECT_NE(shots.cautions.back().find("versions 1+4shot and 1"), std::string::npos);
  both.suites[0].version = "1";
  both.suites[0].scorer = "math@1";
  EXPECT_TRUE(aggregate(run, both).twin_gaps.empty());
}

TEST(Aggregate, MeasuresBesideTheScoreAreSharesOfTheirOwnCounts) {
  Aggregator aggregator;
  const std::vector<std::vector<std::string>> flags = {
      {"prompt_loose=1/1", "instruction_loose=2/3", "fallback"}, {"prompt_loose=0/1", "a=b/c"}, {}};
  for (int i = 0; i < 3; ++i) {
    Record one = record("m", "s", i, 1.0);
    one.score->flags = flags[static_cast<std::size_t>(i)];
    aggregator.add(one, {});
  }
  const Leaderboard board = aggregator.finish(facts({{"s", 3}}, {"m"}));
  const auto& measures = board.rows.at(0).suites.at("s").measures;
  ASSERT_EQ(measures.size(), 2u);
  EXPECT_DOUBLE_EQ(measures.at("prompt_loose").got, 1);
  EXPECT_DOUBLE_EQ(measures.at("prompt_loose").of, 2);
  EXPECT_DOUBLE_EQ(measures.at("instruction_loose").of, 3);
}

TEST(Aggregate, RightInAllRotationsStandsBesideTheScoreOfACircularSuite) {
  Aggregator aggregator;
  // Four questions in three turns: always right, once wrong, always wrong, one turn not answered.
  const double kScores[4][3] = {{1, 1, 1}, {1, 0, 1}, {0, 0, 0}, {1, 1, 1}};
  for (int question = 0; question < 4; ++question) {
    for (int turn = 0; turn < 3; ++turn) {
      for (const char* model : {"m", "whole"}) {
        Record one = record(model, "s", 3 * question + turn, kScores[question][turn]);
        if (question == 3 && turn == 2 && one.request.model == "m") {
          one.response.outcome = Outcome::Failed;
          one.score.reset();
        }
        aggregator.add(one, {}, 7 + static_cast<std::uint64_t>(question));
      }
    }
  }
  BoardFacts wanted = facts({{"s", 12}}, {"m", "whole"});
  wanted.suites[0].version = "1+circular";
  const Leaderboard board = aggregator.finish(wanted);
  for (const LeaderboardRow& row : board.rows) {
    const Measure& measure = row.suites.at("s").measures.at("all_rotations");
    EXPECT_EQ(measure.got, row.model == "m" ? 1 : 2);
    EXPECT_EQ(measure.of, row.model == "m" ? 3 : 4) << "a question with a turn missing is left out";
  }
}

TEST(Aggregate, SuitesOfTwoModesShareNoMean) {
  Aggregator aggregator;
  fill(aggregator, "m", "a", 1, 1);
  fill(aggregator, "m", "b", 2, 0);
  fill(aggregator, "m", "c", 0, 4);
  BoardFacts all = facts({{"a", 2}, {"b", 2}, {"c", 4}}, {"m"});
  for (auto& suite : all.suites) suite.mode = suite.name == "c" ? "loglikelihood" : "chat";
  const Leaderboard board = aggregator.finish(all);
  const LeaderboardRow& row = board.rows.at(0);
  EXPECT_DOUBLE_EQ(*row.all.mean, 0.75);
  EXPECT_DOUBLE_EQ(*row.families.at("reasoning").mean, 0.75);
  EXPECT_DOUBLE_EQ(*row.languages.at("en").mean, 0.75);
  EXPECT_DOUBLE_EQ(*row.suites.at("c").mean, 0);
  EXPECT_TRUE(row.rank_low);
  EXPECT_EQ(std::count_if(board.cautions.begin(), board.cautions.end(),
                          [](const std::string& text) {
                            return text.starts_with("c was asked by loglikelihood");
                          }),
            1);
}

TEST(Aggregate, MeanIntervalAndCountsOfOneSuite) {
  Aggregator aggregator;
  fill(aggregator, "m", "s", 17, 3);
  const Leaderboard board = aggregator.finish(facts({{"s", 20}}, {"m"}));
  const LeaderboardRow& row = board.rows.at(0);
  const Cell& cell = row.suites.at("s");
  EXPECT_EQ(cell.n, 20);
  EXPECT_EQ(cell.correct, 17);
  EXPECT_EQ(cell.planned, 20);
  EXPECT_DOUBLE_EQ(*cell.mean, 0.85);
  EXPECT_NEAR(cell.interval->low, 0.639581, 1e-6);
  EXPECT_EQ(cell.prompt_tokens, 200);
  EXPECT_EQ(cell.completion_tokens, 60);
  EXPECT_DOUBLE_EQ(cell.total_ms, 40);
  EXPECT_NEAR(row.all.interval->high, cell.interval->high, 1e-12)
      << "of a single suite: Wilson itself";
  EXPECT_EQ(row.languages.at("en").n, 20);
  EXPECT_EQ(row.rank_low, 1);
  EXPECT_EQ(row.rank_high, 1);
  EXPECT_TRUE(board.cautions.empty());
}

TEST(Aggregate, ProgrammingLanguagesAreReducedTooAndOnlyThoseOfTheSameSuitesCompare) {
  const auto board_of = [](bool has_more_python) {
    Aggregator aggregator(parse_reducer("pass@2", ""));
    // Right samples of five, by item: pass@2 is 1 - C(5 - c, 2) / C(5, 2).
    const std::vector<std::pair<std::string, std::vector<int>>> kRight = {
        {"x/cpp", {0, 1, 5}}, {"x/python", {2, 3}}, {"h", {5}}};
    for (const auto& [suite, counts] : kRight) {
      if (suite == "h" && !has_more_python) continue;
      for (std::size_t item = 0; item < counts.size(); ++item)
        for (int sample = 0; sample < 5; ++sample)
          aggregator.add(
              record("m", suite, static_cast<int>(item), sample < counts[item] ? 1.0 : 0.0, sample),
              {.tags = {suite == "x/cpp" ? "code=cpp" : "code=python"}});
    }
    BoardFacts all = facts({{"x/cpp", 3}, {"x/python", 2}}, {"m"});
    if (has_more_python) all.suites.push_back({"h", "reasoning", "1", "code@1", 1});
    all.reducer = parse_reducer("pass@2", "");
    return aggregator.finish(all);
  };
  const Leaderboard one = board_of(false), more = board_of(true);
  const auto& tags = one.rows.at(0).tags;
  EXPECT_NEAR(*tags.at("code=cpp").mean, (0 + 0.4 + 1) / 3, 1e-12);
  EXPECT_NEAR(*tags.at("code=python").mean, (0.7 + 0.9) / 2, 1e-12);
  EXPECT_NEAR(tags.at("code=cpp").interval->low, wilson(1.4, 3).low, 1e-12);
  const auto warns = [](const Leaderboard& board) {
    return std::count(board.cautions.begin(), board.cautions.end(),
                      "Programming languages are not asked alike and their scores do not compare: "
                      "python by h, x; cpp by x.");
  };
  EXPECT_EQ(warns(one), 0);
  EXPECT_EQ(warns(more), 1);
}

TEST(Aggregate, MacroMeanGivesEverySuiteTheSameWeight) {
  Aggregator aggregator;
  fill(aggregator, "m", "large", 90, 910);
  fill(aggregator, "m", "small", 9, 1);
  const Leaderboard board = aggregator.finish(facts({{"large", 1000}, {"small", 10}}, {"m"}));
  const Cell& all = board.rows.at(0).all;
  EXPECT_NEAR(*all.mean, (0.09 + 0.9) / 2, 1e-12);
  EXPECT_EQ(all.n, 1010);
  // The small suite makes nearly all of the spread: one of ten wrong, at half the weight.
  EXPECT_LT(all.interval->low, 0.495 - 0.05);
  EXPECT_GT(all.interval->high, 0.495 + 0.03);
  EXPECT_LT(all.interval->high, 0.495 + 0.06);
}

TEST(Aggregate, AnItemIsTheMeanOfItsSamplesAndFailedSamplesAreLeftOut) {
  Aggregator aggregator;
  aggregator.add(record("m", "s", 0, 1.0, 0), {});
  aggregator.add(record("m", "s", 0, 0.0, 1), {});
  aggregator.add(record("m", "s", 1, 1.0, 0), {});
  aggregator.add(record("m", "s", 1, std::nullopt, 1, Outcome::Failed), {});
  aggregator.add(record("m", "s", 2, std::nullopt, 0, Outcome::Failed), {});
  const Leaderboard board = aggregator.finish(facts({{"s", 3}}, {"m"}));
  const Cell& cell = board.rows.at(0).suites.at("s");
  EXPECT_EQ(cell.n, 2);
  EXPECT_DOUBLE_EQ(*cell.mean, 0.75);
  EXPECT_EQ(cell.failed, 2);
  EXPECT_EQ(cell.answers, 5);
  EXPECT_EQ(cell.correct, 1);
}

TEST(Aggregate, SamplesCanBeReducedOtherwise) {
  Aggregator aggregator(parse_reducer("pass@2", ""));
  for (int sample = 0; sample < 2; ++sample) {
    aggregator.add(record("m", "s", 0, sample == 0 ? 1.0 : 0.0, sample), {});
  }
  for (int sample = 0; sample < 2; ++sample) aggregator.add(record("m", "s", 1, 0.0, sample), {});
  BoardFacts told = facts({{"s", 2}}, {"m"});
  told.reducer = parse_reducer("pass@2", "");
  const Leaderboard board = aggregator.finish(told);
  EXPECT_DOUBLE_EQ(*board.rows.at(0).suites.at("s").mean, 0.5);
  EXPECT_EQ(board.cautions,
            (std::vector<std::string>{"Scores are pass@2 of the samples of an item."}));
}

TEST(Aggregate, CutOffRefusedAndEmptyCountAsZeroAndAreShown) {
  Aggregator aggregator;
  aggregator.add(record("m", "s", 0, 1.0), {});
  aggregator.add(record("m", "s", 1, std::nullopt, 0, Outcome::Truncated), {});
  aggregator.add(record("m", "s", 2, std::nullopt, 0, Outcome::Filtered), {});
  aggregator.add(record("m", "s", 3, std::nullopt, 0, Outcome::Empty), {});
  Record multi = record("m", "s", 4, 0.0), refused = record("m", "s", 5, 0.0),
         judge = record("m", "s", 6, std::nullopt);
  multi.score->status = ScoreStatus::Multi;
  refused.score->status = ScoreStatus::Refused;
  judge.score.emplace();
  judge.score->status = ScoreStatus::JudgeInvalid;
  for (const Record& one : {multi, refused, judge}) aggregator.add(one, {});
  const Leaderboard board = aggregator.finish(facts({{"s", 7}}, {"m"}));
  const Cell& cell = board.rows.at(0).suites.at("s");
  EXPECT_EQ(cell.n, 6);
  EXPECT_NEAR(*cell.mean, 1.0 / 6, 1e-12);
  EXPECT_EQ(cell.cut_off, 1);
  EXPECT_EQ(cell.refused, 2);
  EXPECT_EQ(cell.no_answer, 2);
  EXPECT_EQ(cell.failed, 1);
}

/// `right` items are right, at places of the model's own.
void scatter(Aggregator& aggregator, const std::string& model, int right, int n) {
  std::vector<int> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  SplitMix64 random(hash64({model}));
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  for (int i = 0; i < n; ++i)
    aggregator.add(record(model, "s", i, order[static_cast<std::size_t>(i)] < right ? 1.0 : 0.0),
                   {});
}

TEST(Aggregate, RanksArePairedAndTieWhereTheyCannotBeTold) {
  Aggregator apart;  // "best" is right wherever "second" is, and on ten items more
  fill(apart, "low", "s", 100, 900);
  fill(apart, "best", "s", 900, 100);
  fill(apart, "second", "s", 890, 110);
  const Leaderboard sure = apart.finish(facts({{"s", 1000}}, {"low", "second", "best"}));
  ASSERT_EQ(sure.rows.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(sure.rows[static_cast<std::size_t>(i)].rank_low, i + 1);
    EXPECT_EQ(sure.rows[static_cast<std::size_t>(i)].rank_high, i + 1);
  }
  EXPECT_GT(sure.rows[1].all.interval->high, sure.rows[0].all.interval->low)
      << "although their intervals overlap";

  Aggregator tied;  // the same scores, earned on other items
  scatter(tied, "low", 100, 1000);
  scatter(tied, "best", 900, 1000);
  scatter(tied, "second", 890, 1000);
  const Leaderboard board = tied.finish(facts({{"s", 1000}}, {"low", "second", "best"}));
  EXPECT_EQ(board.rows[0].model, "best");
  EXPECT_EQ(board.rows[0].rank_low, 1);
  EXPECT_EQ(board.rows[0].rank_high, 2);
  EXPECT_EQ(board.rows[1].rank_low, 1);
  EXPECT_EQ(board.rows[1].rank_high, 2);
  EXPECT_EQ(board.rows[2].rank_low, 3);
  EXPECT_NEAR(*board.rows[0].p_best + *board.rows[1].p_best, 1, 1e-9);
  EXPECT_GT(*board.rows[0].p_best, 0.6);
}

TEST(Aggregate, ChainedTiesGiveRankRanges) {
  Aggregator aggregator;  // neighbours cannot be told apart, the ends can
  scatter(aggregator, "a", 165, 200);
  scatter(aggregator, "b", 150, 200);
  scatter(aggregator, "c", 134, 200);
  const Leaderboard board = aggregator.finish(facts({{"s", 200}}, {"a", "b", "c"}));
  EXPECT_EQ(std::pair(*board.rows[0].rank_low, *board.rows[0].rank_high), std::pair(1, 2));
  EXPECT_EQ(std::pair(*board.rows[1].rank_low, *board.rows[1].rank_high), std::pair(1, 3));
  EXPECT_EQ(std::pair(*board.rows[2].rank_low, *board.rows[2].rank_high), std::pair(2, 3));
}

TEST(Aggregate, TheIndexTakesChanceOffAndKeepsToCommonItems) {
  Aggregator aggregator;
  fill(aggregator, "m", "choice", 60, 40);
  fill(aggregator, "n", "choice", 20, 80);
  fill(aggregator, "m", "free", 500, 500);
  fill(aggregator, "n", "free", 500, 498);  // two answers are missing: 0.2 %, ranked all the same
  BoardFacts told = facts({{"choice", 100}, {"free", 1000}}, {"m", "n"});
  told.suites[0].floor = 0.25;
  const Leaderboard board = aggregator.finish(told);
  EXPECT_NEAR(*board.rows[0].all.mean, ((0.6 - 0.25) / 0.75 + 500.0 / 998) / 2, 1e-12);
  EXPECT_NEAR(*board.rows[1].all.mean, ((0.2 - 0.25) / 0.75 + 500.0 / 998) / 2, 1e-12)
      << "below chance is below 0, not cut";
  EXPECT_TRUE(std::any_of(board.cautions.begin(), board.cautions.end(), [](const std::string& c) {
    return c.find("2 items that not every ranked model") != std::string::npos;
  }));
}

TEST(Aggregate, WhoLeadsOnlyThanksToOneSuiteIsTold) {
  Aggregator aggregator;
  fill(aggregator, "m", "one", 95, 5);
  fill(aggregator, "n", "one", 50, 50);
  fill(aggregator, "m", "two", 60, 40);
  fill(aggregator, "n", "two", 80, 20);
  const Leaderboard board = aggregator.finish(facts({{"one", 100}, {"two", 100}}, {"m", "n"}));
  EXPECT_EQ(board.rows[0].model, "m");
  EXPECT_TRUE(std::any_of(board.cautions.begin(), board.cautions.end(),
                          [](const std::string& c) { return c == "Without one, n would lead."; }));
}

TEST(Aggregate, FailuresAndMissingSuitesTakeTheRankAway) {
  Aggregator aggregator;
  fill(aggregator, "whole", "s", 150, 50);
  fill(aggregator, "whole", "u", 150, 50);
  fill(aggregator, "half", "s", 150, 50);
  fill(aggregator, "shaky", "s", 150, 48);
  for (int i = 198; i < 200; ++i)
    aggregator.add(record("shaky", "s", i, std::nullopt, 0, Outcome::Failed), {});
  fill(aggregator, "shaky", "u", 199, 0);
  aggregator.add(record("shaky", "u", 199, std::nullopt, 0, Outcome::Failed), {});
  fill(aggregator, "started", "s", 150, 50);
  fill(aggregator, "started", "u", 10, 0);
  const Leaderboard board = aggregator.finish(
      facts({{"s", 200}, {"u", 200}}, {"half", "none", "shaky", "started", "whole"}));
  const auto row = [&](const std::string& model) -> const LeaderboardRow& {
    return *std::find_if(board.rows.begin(), board.rows.end(),
                         [&](const LeaderboardRow& r) { return r.model == model; });
  };
  EXPECT_EQ(board.rows[0].model, "whole");
  EXPECT_EQ(row("whole").rank_high, 1) << "rows without a rank do not count";
  EXPECT_FALSE(row("half").rank_low);
  EXPECT_EQ(row("half").not_ranked_because, "1 of 2 suites");
  EXPECT_FALSE(row("half").all.mean) << "no mean over the suites that happen to be there";
  EXPECT_TRUE(row("half").suites.at("s").mean);
  EXPECT_EQ(row("shaky").not_ranked_because, "3 failed (0.8 %; a rank needs at most 0.5 %)");
  EXPECT_TRUE(row("shaky").all.mean);
  EXPECT_EQ(row("started").not_ranked_because, "210 of 400 items");
  EXPECT_EQ(row("none").not_ranked_because, "no answer yet");
  EXPECT_TRUE(std::count(board.cautions.begin(), board.cautions.end(),
                         "3 requests to shaky failed (0.8 %) and are in no score."));
}

TEST(Aggregate, CautionsAreWholeSentences) {
  Aggregator aggregator;
  for (int i = 0; i < 10; ++i)
    aggregator.add(record("m", "s", i, 0.0, 0, i < 1 ? Outcome::Truncated : Outcome::Answered), {});
  aggregator.add(record("m", "v", 0, std::nullopt), {.graded = false});
  BoardFacts run = facts({{"s", 10}, {"v", 1}}, {"m"});
  run.suites[1].scorer = "";
  run.partial = true;
  const Leaderboard board = aggregator.finish(run);
  EXPECT_EQ(
      board.cautions,
      (std::vector<std::string>{
          "Partial run: --limit was given, so these scores are not those of the whole suites.",
          "m was cut off in 1 answer (9.1 %); they count as wrong. A larger max_tokens asks them "
          "anew.",
          "1 answer in v is not graded and in no score."}));
  EXPECT_FALSE(board.rows[0].suites.at("v").mean);
  EXPECT_EQ(board.rows[0].suites.at("v").ungraded, 1);
  EXPECT_EQ(board.rows[0].rank_low, 1)
      << "a suite that nobody is graded in does not take the rank away";
}

class FakeRun : public RunReader {
 public:
  mutable int lookups = 0;
  void each(Detail, const std::function<bool(const Record&)>& visit) const override {
    for (const char* model : {"a", "b"}) {
      for (int i = 0; i < 4; ++i) {
        if (!visit(record(model, "s", i, i % 2))) return;
      }
    }
  }
  void each_summary(const std::function<void(const ItemSummary&)>& visit) const override {
    for (int i = 0; i < 4; ++i)
      visit({.suite = "s",
             .id = std::to_string(i),
             .language = i < 2 ? "en" : "zh",
             .tags = {"level=1"},
             .is_graded = true});
  }
  std::optional<Item> item(std::string_view, std::string_view) const override {
    ++lookups;
    return std::nullopt;
  }
};

TEST(Aggregate, ReadsARunOnceAndNoItemWhole) {
  const FakeRun run;
  const Leaderboard board = aggregate(run, facts({{"s", 4}}, {"a", "b"}));
  EXPECT_EQ(run.lookups, 0);
  EXPECT_EQ(board.languages, (std::vector<std::string>{"en", "zh"}));
  EXPECT_EQ(board.rows[1].languages.at("zh").n, 2);
  EXPECT_EQ(board.rows[0].tags.at("level=1").n, 4);
  EXPECT_DOUBLE_EQ(*board.rows[0].all.mean, 0.5);
}

TEST(ItemNumbers, EachNameHasItsOwnAndKeepsIt) {
  ItemNumbers numbers;
  EXPECT_EQ(numbers.find("s", "0"), ItemNumbers::kUnknown);
  for (std::uint32_t i = 0; i < 50000; ++i)
    ASSERT_EQ(numbers.number(i % 2 ? "s" : "t", std::to_string(i)), i);
  EXPECT_EQ(numbers.size(), 50000u);
  for (std::uint32_t i = 0; i < 50000; i += 7) {
    ASSERT_EQ(numbers.find(i % 2 ? "s" : "t", std::to_string(i)), i);
    ASSERT_EQ(numbers.number(i % 2 ? "s" : "t", std::to_string(i)), i);
    ASSERT_EQ(numbers.find(i % 2 ? "t" : "s", std::to_string(i)), ItemNumbers::kUnknown);
  }
}

}  // namespace
}  // namespace leitai
