#include "harness/resolution.h"

#include <gtest/gtest.h>

#include "tests/harness/fake_run.h"

namespace leitai {
namespace {

// Expected values: the table of the scoring specification, B7.
TEST(Resolution, SuitesOfThePublishedTable) {
  const std::vector<BookSuite> suites = {{"gsm8k", "reasoning", "", "", "", 0}};
  const auto got = resolution_of(suites, {1319}, nullptr, 0.02);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_NEAR(100 * *got[0].smallest, 3.45, 0.005);
  EXPECT_NEAR(*got[0].items_needed, 3923, 1);
  EXPECT_FALSE(got[0].is_measured);
  EXPECT_FALSE(resolution_of(suites, {30}, nullptr, 0.3)[0].smallest) << "not resolvable";
  EXPECT_FALSE(resolution_of(suites, {30}, nullptr, 0.3)[0].items_needed);
}

TEST(Resolution, StoredAnswersSayHowOftenModelsDiffer) {
  test::FakeRun run;
  std::string a(400, '1'), b(400, '1');
  for (std::size_t i = 0; i < 40; ++i) b[i * 10] = '0';
  run.add("a", "s", a);
  run.add("b", "s", b);
  BookSource source;
  source.suites.push_back({"s", "s", "1", "exact@1", "chat", 0});
  ScoreBook book;
  book.add(run, source, {{"a", "a"}, {"b", "b"}});
  const std::vector<BookSuite> suites = {{"s", "x", "", "", "", 0}, {"t", "y", "", "", "", 0.25}};
  const auto got = resolution_of(suites, {500, 500}, &book, std::nullopt);
  ASSERT_EQ(got.size(), 3u);
  EXPECT_TRUE(got[0].is_measured);
  EXPECT_NEAR(got[0].discordance, 0.1, 1e-12);
  EXPECT_NEAR(100 * *got[0].smallest, 3.95, 0.005);
  EXPECT_EQ(got[2].name, "all");
  // Half of each, the second stretched by what chance takes off.
  const double variance = 0.25 * 0.1 / 500 + 0.25 * 0.2 / 500 / (0.75 * 0.75);
  EXPECT_NEAR(*got[2].smallest, 2.801585 * std::sqrt(variance), 1e-6);
}

}  // namespace
}  // namespace leitai
