#include "harness/gate.h"

#include <gtest/gtest.h>

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/random.h"
#include "tests/harness/fake_run.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::FakeRun;

BookSource source() {
  BookSource out;
  out.name = "run";
  for (const char* suite : {"s", "t", "tiny"})
    out.suites.push_back({suite, suite, "1", "exact@1", "chat", 0});
  for (const char* model : {"a", "b", "c"}) out.models.push_back({model, "", {}});
  return out;
}

std::string marks(int both, int lost, int won, int neither, bool candidate) {
  const auto some = [](int n, char c) { return std::string(static_cast<std::size_t>(n), c); };
  return some(both, '1') + some(lost, candidate ? '0' : '1') + some(won, candidate ? '1' : '0') +
         some(neither, '0');
}

/// Baseline "a", candidate "b".
struct Table {
  const char* suite;
  int both, lost, won, neither;
};
FakeRun run_of(const std::vector<Table>& tables) {
  FakeRun run;
  for (const char* model : {"a", "b"})
    for (const Table& t : tables)
      run.add(model, t.suite, marks(t.both, t.lost, t.won, t.neither, model[0] == 'b'));
  return run;
}

GateReport judged(const FakeRun& run, const GateOptions& options, const std::string& anchor = "") {
  ScoreBook book;
  book.add(run, source(), {{"a", "a"}, {"b", "b"}, {"c", "c"}});
  return gate(book, "a", "b", anchor, options);
}

GateOptions margin(double share) {
  GateOptions options;
  options.margin = share;
  return options;
}

TEST(Gate, ThreeOutcomes) {
  EXPECT_EQ(judged(run_of({{"s", 900, 3, 3, 94}}), margin(0.01)).outcome, GateOutcome::Pass);
  const GateReport worse = judged(run_of({{"s", 800, 100, 10, 90}}), margin(0.03));
  EXPECT_EQ(worse.outcome, GateOutcome::Regression);
  EXPECT_NE(worse.sentence.find("Regression on s: lost 9.0 points"), std::string::npos);
  EXPECT_EQ(worse.lost, 100);
  EXPECT_EQ(worse.lost_items.front(), "s/800");
  const GateReport open = judged(run_of({{"s", 25, 1, 1, 3}}), margin(0.01));
  EXPECT_EQ(open.outcome, GateOutcome::Inconclusive);
  EXPECT_NE(open.sentence.find("30 items certify"), std::string::npos) << open.sentence;
  EXPECT_GT(*open.checks[0].items_needed, 1000);
}

TEST(Gate, PassComesBeforeRegression) {
  // 1.6 points lost of 2.5 allowed: surely a loss, and surely within the margin.
  const GateReport got = judged(run_of({{"s", 9000, 250, 90, 660}}), margin(0.025));
  EXPECT_LT(got.checks[0].one_sided->high, 0);
  EXPECT_EQ(got.outcome, GateOutcome::Pass);  // the lower bound clears the margin: rule order
  EXPECT_EQ(judged(run_of({{"s", 900, 40, 18, 42}}), margin(0.025)).outcome,
            GateOutcome::Regression);
}

TEST(Gate, SmallSuitesAreJudgedInTheMean) {
  GateOptions wide;
  wide.macro_margin = 0.1;
  const GateReport got = judged(run_of({{"s", 1800, 10, 10, 180}, {"tiny", 20, 1, 1, 8}}), wide);
  EXPECT_EQ(got.outcome, GateOutcome::Pass) << got.sentence;
  ASSERT_EQ(got.checks[1].name, "tiny");
  EXPECT_FALSE(got.checks[1].decides);
  EXPECT_EQ(got.checks[2].group, "macro");
  GateOptions strict;
  strict.margin_of["tiny"] = 0.02;
  EXPECT_EQ(judged(run_of({{"s", 1800, 10, 10, 180}, {"tiny", 20, 1, 1, 8}}), strict).outcome,
            GateOutcome::Inconclusive);
  EXPECT_THROW(judged(run_of({{"tiny", 20, 1, 1, 8}}), {}), Error);
}

TEST(Gate, MissingAnswersCannotPass) {
  FakeRun run = run_of({{"s", 900, 3, 3, 94}});
  int failed = 0;
  for (auto& answer : run.answers)
    if (answer.model == "b" && failed < 30) answer.outcome = Outcome::Failed, ++failed;
  const GateReport got = judged(run, margin(0.01));
  EXPECT_EQ(got.outcome, GateOutcome::Inconclusive) << got.sentence;
}

TEST(Gate, FailuresOnBothSidesAreFailuresToo) {
  FakeRun run = run_of({{"s", 900, 3, 3, 94}});
  for (auto& answer : run.answers)
    if (std::stoi(answer.item) < 50) answer.outcome = Outcome::Failed;
  const GateReport got = judged(run, margin(0.02));
  EXPECT_EQ(got.outcome, GateOutcome::Inconclusive) << got.sentence;
  EXPECT_TRUE(std::any_of(got.checks.begin(), got.checks.end(), [](const GateCheck& check) {
    return check.name == "failed" && check.outcome == GateOutcome::Inconclusive &&
           check.why.find("50 of 1,000 answers failed") != std::string::npos;
  }));
}

TEST(Gate, ADeadCandidateIsSaidToBeDead) {
  FakeRun run = run_of({{"s", 90, 0, 0, 10}});
  for (auto& answer : run.answers)
    if (answer.model == "b") answer.outcome = Outcome::Failed;
  const GateReport got = judged(run, margin(0.02));
  EXPECT_EQ(got.outcome, GateOutcome::Inconclusive);
  EXPECT_NE(got.sentence.find("100 of 100 answers of the candidate failed"), std::string::npos)
      << got.sentence;
}

TEST(Gate, WhatNeverVariesIsNotCertain) {
  // Partial credit, the same on both sides: a few items do not certify a tenth of a point.
  FakeRun run;
  for (const char* model : {"a", "b"})
    for (int i = 0; i < 30; ++i)
      run.answers.push_back(
          {.model = model, .suite = "s", .item = std::to_string(i), .score = 0.5});
  EXPECT_EQ(judged(run, margin(0.001)).outcome, GateOutcome::Inconclusive);
  EXPECT_EQ(judged(run, margin(0.2)).outcome, GateOutcome::Pass);
}

TEST(Gate, APartOfTheSuiteIsNoPass) {
  FakeRun run = run_of({{"s", 900, 3, 3, 94}});
  std::erase_if(run.answers, [](const FakeRun::Answer& answer) {
    return answer.model == "b" && std::stoi(answer.item) >= 600;
  });
  const GateReport got = judged(run, margin(0.03));
  EXPECT_EQ(got.outcome, GateOutcome::Inconclusive);
  EXPECT_NE(got.sentence.find("not asked 400 of 1,000"), std::string::npos) << got.sentence;
  GateOptions partial = margin(0.03);
  partial.allow_partial = true;
  EXPECT_EQ(judged(run, partial).outcome, GateOutcome::Pass);
}

TEST(Gate, AMarginOfAnUnknownSuiteIsAMistake) {
  GateOptions options = margin(0.03);
  options.margin_of["ss"] = 0.01;
  try {
    judged(run_of({{"s", 900, 3, 3, 94}}), options);
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean \"s\""), std::string::npos)
        << error.what();
  }
}

TEST(Gate, MoreAnswersCutOffIsARegressionOfItsOwn) {
  FakeRun run = run_of({{"s", 900, 0, 0, 100}});
  int cut = 0;
  for (auto& answer : run.answers)
    if (answer.model == "b" && answer.score == 0 && cut < 60)
      answer.outcome = Outcome::Truncated, ++cut;
  const GateReport got = judged(run, margin(0.01));
  EXPECT_EQ(got.outcome, GateOutcome::Regression);
  EXPECT_NE(got.sentence.find("cut off"), std::string::npos) << got.sentence;
}

TEST(Gate, ABaselineThatCreepsMeetsItsAnchor) {
  // 6 points below the anchor in small steps; the last step alone would pass.
  FakeRun run;
  run.add("a", "s", marks(880, 5, 5, 110, false));
  run.add("b", "s", marks(880, 5, 5, 110, true));
  run.add("c", "s", std::string(960, '1') + std::string(40, '0'));
  EXPECT_EQ(judged(run, margin(0.015)).outcome, GateOutcome::Pass);
  const GateReport got = judged(run, margin(0.015), "c");
  EXPECT_EQ(got.outcome, GateOutcome::Regression);
  EXPECT_NE(got.sentence.find("against the anchor"), std::string::npos);
}

TEST(Gate, CalibrationSaysWhatNoiseAllows) {
  FakeRun run;
  for (const char* model : {"a", "b", "c"}) {
    std::string answers(2000, '1');
    SplitMix64 random(hash64({model}));
    for (char& c : answers)
      if (random.below(100) < 10) c = '0';
    run.add(model, "s", answers);
  }
  ScoreBook book;
  book.add(run, source(), {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const std::vector<NoiseRow> rows = calibrate(book, margin(0.03));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].pairs, 3);
  EXPECT_NEAR(rows[0].discordant, 0.18, 0.03);
  EXPECT_EQ(rows[0].alarms, 0);
  EXPECT_NEAR(rows[0].certifiable, 0.0236, 0.003);
}

}  // namespace
}  // namespace leitai
