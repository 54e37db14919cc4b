#include "harness/compare.h"

#include <gtest/gtest.h>

#include "harness/contrast.h"
#include "harness/core/error.h"
#include "harness/paired_scores.h"
#include "harness/stats/paired_binary.h"
#include "tests/harness/fake_run.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::FakeRun;

BookSource source(const std::string& name = "run") {
  BookSource out;
  out.name = name;
  for (const char* suite : {"s", "t", "u"}) out.suites.push_back({suite, suite, "1", "exact@1"});
  for (const char* model : {"a", "b"}) out.models.push_back({model, "", {}});
  return out;
}

Comparison compared(const FakeRun& run, const Reducer& reducer = {}) {
  ScoreBook book(reducer);
  book.add(run, source(), {{"a", "a"}, {"b", "b"}});
  return compare(book, "a", "b");
}

std::string repeated(const std::string& what, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += what;
  return out;
}

bool holds(const std::vector<std::string>& lines, const std::string& word) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(word) != std::string::npos; });
}

TEST(Compare, OneSuiteIsTheTestOfItsTable) {
  FakeRun run;
  run.add("a", "s", repeated("1", 60) + repeated("1", 14) + repeated("0", 5) + repeated("0", 21));
  run.add("b", "s", repeated("1", 60) + repeated("0", 14) + repeated("1", 5) + repeated("0", 21));
  const Comparison got = compared(run);
  EXPECT_EQ(got.headline.n, 100);
  EXPECT_EQ(got.headline.won, 14);
  EXPECT_EQ(got.headline.lost, 5);
  EXPECT_NEAR(got.headline.difference, 0.09, 1e-12);
  EXPECT_NEAR(got.headline.p, mcnemar_midp(14, 5), 1e-15);
  EXPECT_NEAR(got.headline.interval->low, tango(100, 14, 5).low, 1e-15);
  EXPECT_EQ(got.headline.standing, Standing::Ahead);
  EXPECT_NE(got.sentence.find("a is ahead"), std::string::npos);
  EXPECT_TRUE(got.suites.empty());
  EXPECT_EQ(got.only_b.size(), 5u);
  EXPECT_EQ(got.only_b[0], "s/74");
}

TEST(Compare, WhatCannotBeToldApartSaysWhatWouldHelp) {
  FakeRun run;
  run.add("a", "s", repeated("1101100101", 30));
  run.add("b", "s", repeated("1101100110", 30));
  const Comparison got = compared(run);
  EXPECT_EQ(got.headline.standing, Standing::Indistinguishable);
  EXPECT_NE(got.sentence.find("cannot be told apart"), std::string::npos);
  EXPECT_NE(got.sentence.find("items would be needed for 1 point"), std::string::npos);
}

TEST(Compare, SuitesWeighTheSameAndOneThatCarriesAllIsNamed) {
  FakeRun run;
  run.add("a", "s", repeated("1", 40));  // 40 points ahead on s, level on t, a large suite
  run.add("a", "t", repeated("1011", 100));
  run.add("b", "s", repeated("11100", 8));
  run.add("b", "t", repeated("1110", 100));
  const Comparison got = compared(run);
  EXPECT_EQ(got.headline.group, "index");
  EXPECT_NEAR(got.headline.difference, 0.2, 1e-12);
  EXPECT_EQ(got.headline.standing, Standing::Ahead);
  ASSERT_EQ(got.suites.size(), 2u);
  EXPECT_EQ(got.suites[0].adjusted_by, "Holm");
  EXPECT_TRUE(holds(got.cautions, "It rests on s."));
  EXPECT_FALSE(holds(got.cautions, "It rests on t."));
}

TEST(Compare, MissingAnswersAreBoundedNotDropped) {
  // A lead of 10 points out of 40, with 10 answers of A missing.
  FakeRun run;
  run.add("a", "s", repeated("1", 20) + repeated("0", 10) + repeated("x", 10));
  run.add("b", "s", repeated("1", 12) + repeated("0", 8) + repeated("0", 10) + repeated("1", 10));
  const Comparison got = compared(run);
  EXPECT_EQ(got.headline.n, 30);
  EXPECT_LT(got.headline.p, 0.05);
  EXPECT_EQ(got.headline.standing, Standing::Indistinguishable);
  EXPECT_EQ(got.a.failed, 10);
  EXPECT_TRUE(holds(got.cautions, "10 missing answers"));
  EXPECT_NE(got.sentence.find("too many answers are missing"), std::string::npos);
}

TEST(Compare, TwinsInOtherLanguagesAreOneCluster) {
  FakeRun run;
  for (const char* model : {"a", "b"}) {
    for (int i = 0; i < 30; ++i) {
      for (const char* language : {"en", "zh", "ar"}) {
        const bool right = model[0] == 'a' ? i % 3 != 0 : i % 4 == 0;
        run.answers.push_back({.model = model,
                               .suite = "s",
                               .item = std::string(language) + std::to_string(i),
                               .score = right ? 1.0 : 0.0,
                               .pair = std::to_string(i),
                               .language = language});
      }
    }
  }
  const Comparison got = compared(run);
  EXPECT_EQ(got.headline.n, 90);
  EXPECT_EQ(got.headline.clusters, 30);
  ASSERT_EQ(got.languages.size(), 3u);
  EXPECT_EQ(got.languages[0].clusters, 0);
  // Three copies of the same answers tell no more than one: the interval is that of one language.
  const double width = got.headline.interval->high - got.headline.interval->low;
  EXPECT_NEAR(got.headline.difference, got.languages[0].difference, 1e-12);
  EXPECT_GT(width, 0.3);
}

TEST(Compare, AnItemAndItsTwinAreOneClusterAndTwinsAreInNoIndex) {
  FakeRun run;
  for (const char* model : {"a", "b"}) {
    for (const char* suite : {"gsm8k", "house/twins/gsm8k"}) {
      for (int i = 0; i < 60; ++i) {
        const bool right = model[0] == 'a' ? i % 3 != 0 : i % 4 == 0;
        run.answers.push_back({.model = model,
                               .suite = suite,
                               .item = std::to_string(i),
                               .score = right ? 1.0 : 0.0,
                               .tags = {suite[0] == 'h' ? "twin=names" : "level=1"}});
      }
    }
  }
  BookSource both = source();
  for (const char* suite : {"gsm8k", "house/twins/gsm8k"})
    both.suites.push_back({suite, "reasoning", "1", "exact@1"});
  ScoreBook book;
  book.add(run, both, {{"a", "a"}, {"b", "b"}});
  const PairedScores common = paired_scores(book, book.column("a"), book.column("b"));
  ASSERT_EQ(common.pairs.size(), 120u);
  EXPECT_EQ(contrast(common.pairs, {}).clusters, 60);
  const Comparison got = compare(book, "a", "b");
  EXPECT_EQ(got.headline.group, "suite");
  EXPECT_EQ(got.headline.name, "gsm8k");
  EXPECT_EQ(got.headline.n, 60);
  EXPECT_EQ(got.suites.size(), 2u);
  EXPECT_EQ(got.tags.size(), 2u);
  EXPECT_TRUE(holds(got.cautions, "in no index and no rank"));

  FakeRun alone;  // the same without twins: the same headline
  for (const FakeRun::Answer& one : run.answers)
    if (one.suite == "gsm8k") alone.answers.push_back(one);
  ScoreBook other;
  other.add(alone, both, {{"a", "a"}, {"b", "b"}});
  const Comparison plain = compare(other, "a", "b");
  EXPECT_EQ(plain.headline.interval->low, got.headline.interval->low);
  EXPECT_EQ(plain.headline.p, got.headline.p);
}

TEST(Compare, LanguagesOfProgramsAreAFamilyOfTheirOwn) {
  FakeRun run;
  for (const char* model : {"a", "b"}) {
    for (int i = 0; i < 40; ++i) {
      const bool is_cpp = i % 2 == 0;
      run.answers.push_back(
          {.model = model,
           .suite = "s",
           .item = std::to_string(i),
           .score = model[0] == 'a' || !is_cpp ? 1.0 : 0.0,
           .tags = {i < 20 ? "level=1" : "level=2", is_cpp ? "code=cpp" : "code=python"}});
    }
  }
  const Comparison got = compared(run);
  ASSERT_EQ(got.tags.size(), 4u);
  EXPECT_EQ(got.tags[0].group, "code");
  EXPECT_EQ(got.tags[0].name, "cpp");
  EXPECT_DOUBLE_EQ(got.tags[0].difference, 1);
  EXPECT_EQ(got.tags[1].name, "python");
  EXPECT_DOUBLE_EQ(got.tags[1].difference, 0);
  EXPECT_DOUBLE_EQ(got.tags[0].p_adjusted, std::min(1.0, 2 * got.tags[0].p)) << "over two rows";
  EXPECT_EQ(got.tags[2].group, "tag");
  for (auto& one : run.answers) one.tags = {"code=cpp"};
  EXPECT_TRUE(compared(run).tags.empty()) << "a single language says what the headline says";
}

TEST(Compare, SamplesOfAnItemAreReduced) {
  FakeRun run;
  for (const char* model : {"a", "b"}) {
    for (int item = 0; item < 20; ++item) {
      for (int sample = 0; sample < 4; ++sample) {
        // A is right in one sample of four; B in all four, but for half of the items.
        const bool right = model[0] == 'a' ? sample == 2 : item % 2 == 0;
        run.answers.push_back({.model = model,
                               .suite = "s",
                               .item = std::to_string(item),
                               .score = right ? 1.0 : 0.0,
                               .sample = sample,
                               .extracted = right ? "42" : "41"});
      }
    }
  }
  EXPECT_NEAR(compared(run).headline.mean_a, 0.25, 1e-12);
  EXPECT_NEAR(compared(run, parse_reducer("pass@4", "")).headline.mean_a, 1, 1e-12);
  EXPECT_NEAR(compared(run, parse_reducer("pass@2", "")).headline.mean_a, 0.5, 1e-12);
  EXPECT_NEAR(compared(run, parse_reducer("maj@4", "")).headline.mean_a, 0, 1e-12);
  EXPECT_NEAR(compared(run, parse_reducer("maj@4", "")).headline.mean_b, 0.5, 1e-12);
  EXPECT_THROW(parse_reducer("best@4", "--reduce"), Error);
}

TEST(Compare, RunsThatJudgedDifferentlyAreNotMixed) {
  FakeRun first, second;
  first.add("a", "s", "1100");
  second.add("b", "s", "1010");
  ScoreBook book;
  book.add(first, source("runs/one"), {{"a", "a"}});
  BookSource other = source("runs/two");
  other.suites[0].scorer = "exact@2";
  try {
    book.add(second, other, {{"b", "b"}});
    FAIL() << "different scorers were taken";
  } catch (const Error& error) {
    const std::string text = error.what();
    for (const char* word : {"runs/one", "runs/two", "exact@1", "exact@2", "leitai score runs/two"})
      EXPECT_NE(text.find(word), std::string::npos) << word << " in " << text;
  }
}

TEST(Compare, BuildsAndProtocolAreTold) {
  FakeRun run;
  run.add("a", "s", repeated("10", 30));
  run.add("b", "s", repeated("11", 30));
  for (std::size_t i = 0; i < run.answers.size(); ++i)
    if (run.answers[i].model == "b") run.answers[i].served = i % 10 == 0 ? "fp_2" : "fp_1";
  BookSource told = source();
  told.models[0].protocol = {{"temperature", "0.0"}};
  told.models[1].protocol = {{"temperature", "0.6"}};
  ScoreBook book;
  book.add(run, told, {{"a", "a"}, {"b", "b"}});
  const Comparison got = compare(book, "a", "b");
  EXPECT_TRUE(holds(got.cautions, "b was served by 2 builds: fp_1 90 %, fp_2 10 %."));
  EXPECT_TRUE(holds(got.cautions, "temperature 0.0 and 0.6"));
  EXPECT_EQ(got.headline.standing, Standing::Behind);
}

TEST(Compare, IndexWeightsFamiliesThenSuitesThenSubsets) {
  const std::vector<double> got =
      index_weights({{"gsm8k", "reasoning", "", "", "", 0},
                     {"mgsm/en", "multilingual", "", "", "", 0},
                     {"mgsm/zh", "multilingual", "", "", "", 0},
                     {"house/ledger/en", "multilingual", "", "", "", 0}});
  EXPECT_EQ(got, (std::vector<double>{0.5, 0.125, 0.125, 0.25}));
}

}  // namespace
}  // namespace leitai
