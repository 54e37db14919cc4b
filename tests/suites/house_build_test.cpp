// house/build: our solutions pass in every language, programs that leave a step out do not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/codec.h"
#include "suites/grade.h"
#include "suites/house/build.h"
#include "suites/house/house.h"
#include "suites/sandbox/judge.h"
#include "suites/sandbox/languages.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using house::BuildItem;

constexpr const char* kTongues[] = {"python", "cpp", "js"};

bool can_run(const std::string& language) {
  if (!box_trouble().empty()) {
    test::count_skipped("sandbox", 1, "namespaces are forbidden here");
    return false;
  }
  if (!language_version(*find_language(language)).empty()) return true;
  test::count_skipped("programs in " + language, 1, "its tools are not installed");
  return false;
}

SuiteOptions options(std::int64_t items, std::vector<std::string> subsets = {}) {
  SuiteOptions out;
  out.items = items;
  out.seed = 7;
  out.subsets = std::move(subsets);
  return out;
}

Score graded(const Item& item, const std::string& program) {
  Response response;
  response.outcome = Outcome::Answered;
  response.text = "Here it is:\n\n```" +
                  nlohmann::json::parse(item.grading.fields_json)["language"].get<std::string>() +
                  "\n" + program + "```\n";
  return grade(item, response).value();
}

TEST(HouseBuild, NoItemComesTwiceAndLanguagesPair) {
  EXPECT_EQ(house_languages("house/build"), (std::vector<std::string>{"en", "zh"}));
  const auto en = open_house("house/build", "en", options(600)),
             zh = open_house("house/build", "zh", options(600));
  std::set<std::string> said;
  for (std::int64_t i = 0; i < 600; ++i) {
    const Item item = en->item(i), twin = zh->item(i);
    EXPECT_EQ(item.grading, twin.grading);
    EXPECT_EQ(item.tags, twin.tags);
    const std::string text = item.question.substr(0, item.question.find("```"));
    EXPECT_TRUE(said.insert(text).second) << text;
    EXPECT_EQ(text.find('{'), std::string::npos) << text;
    const std::string other = twin.question.substr(0, twin.question.find("```"));
    EXPECT_EQ(other.find('{'), std::string::npos) << other;
    // The numbers of a step stand in both wordings.
    EXPECT_EQ(item.question.substr(item.question.rfind("```", item.question.size() - 4)),
              twin.question.substr(twin.question.rfind("```", twin.question.size() - 4)));
  }
}

/// Our solution, or one without step `left_out`.
std::string solution(const BuildItem& item, const std::string& language, int left_out = -1) {
  BuildItem copy = item;
  if (left_out >= 0) {
    const int width = item.kind == BuildItem::Kind::Rules ? 2 : 1;
    const auto at = copy.steps.begin() + left_out * width;
    copy.steps.erase(at, at + width);
  }
  return build_reference(copy, language);
}

TEST(HouseBuild, SolutionsPassAndMutatedOnesFail) {
  const bool is_full = std::getenv("LEITAI_FULL") != nullptr;
  for (const std::string tongue : kTongues) {
    if (!can_run(tongue)) continue;
    const int n = is_full ? 250 : tongue == "cpp" ? 6 : 25;
    const auto suite = open_house("house/build", "en", options(n, {tongue}));
    int passed = 0, caught = 0, mutated = 0;
    for (int i = 0; i < n; ++i) {
      const Item item = suite->item(i);
      // The draw behind the item: the first whose tests are the item's.
      const int level = i % 5 + 1;
      BuildItem drawn;
      for (int salt = 0; salt < 50; ++salt) {
        drawn = house::make_build(7, i, level, salt);
        if (nlohmann::json::parse(item.grading.fields_json)["tests"] ==
            house::build_tests(drawn, tongue))
          break;
      }
      const std::string right = solution(drawn, tongue);
      const Score score = graded(item, right);
      EXPECT_EQ(score.status, ScoreStatus::Correct) << score.why << "\n" << item.question << right;
      passed += score.status == ScoreStatus::Correct;
      if (tongue == "cpp" && i % 3 != 0) continue;
      const int parts = level - (drawn.kind == BuildItem::Kind::Rules);  // that can be left out
      const std::string wrong = solution(drawn, tongue, i % parts);
      ++mutated;
      const Score other = graded(item, wrong);
      EXPECT_EQ(to_text(other.status), "WRONG_OUTPUT") << other.why << "\n"
                                                       << item.question << wrong;
      caught += other.status == ScoreStatus::WrongOutput;
    }
    EXPECT_EQ(passed, n);
    EXPECT_EQ(caught, mutated);
    test::count_compared("programs for house/build in " + tongue, n + mutated);
  }
}

}  // namespace
}  // namespace leitai
