// Rows of the form of LiveCodeBench, made for this test.
#include "suites/coding/livecodebench.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "suites/coding/code_task.h"
#include "suites/grade.h"
#include "suites/sandbox/box.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

// [{"input": "4\n", "output": "8\n", "testtype": "stdin"}, {"input": "5\n", "output": "10\n", ...}]
// as the one string of a pickle of protocol 4 and of protocol 2.
constexpr const char* kPacked[] = {
    "eJxrYJlaygABPYXR1UqZeQWlJUpWCkomMXlKOgpK+aUlUAELiEBJanFJSWVBKkiouCQlM0+"
    "pVkcBSZ8puj5DA5waY6foAQAlaCXy",
    "eJxrYIooZGBgiK5WyswrKC1RslJQMonJU9JRUMovLYEKWEAESlKLS0oqC1JBQsUlKZl5SrU6Ckj6TNH1GRrg1BhbyKAHAK"
    "2EJI8="};
// A pickle that would call os.system.
constexpr char kEvil[] = "eJxrYJkqzwABPawF+cWZFVN62Iori0tSc6dMntLDUlJUmjqldUrQFD0AA2gOlA==";

Json row(const char* starter, Json shown, const std::string& hidden, const char* metadata) {
  return {{"question_id", "a"},
          {"starter_code", starter},
          {"public_test_cases", shown.dump()},
          {"private_test_cases", hidden},
          {"metadata", metadata}};
}

std::string verdict(const Json& data, const std::string& program) {
  Item item;
  item.grading.scorer = "code";
  item.grading.fields_json = code_fields("livecodebench", "python", data).dump();
  Response response;
  response.outcome = Outcome::Answered;
  response.text = "```python\n" + program + "```";
  const auto score = grade(item, response);
  return std::string(to_text(score->status)) + (score->score ? "" : ": " + score->why);
}

TEST(LiveCodeBench, TheStringOfAPickleIsReadAndNothingElseOfIt) {
  for (const char* packed : kPacked) {
    const Json tests = Json::parse(livecodebench_tests(packed));
    ASSERT_EQ(tests.size(), 2u);
    EXPECT_EQ(tests[1]["output"], "10\n");
  }
  EXPECT_EQ(livecodebench_tests(" []"), " []");
  EXPECT_THROW(livecodebench_tests(kEvil), Error);
  EXPECT_THROW(livecodebench_tests("eJz"), Error);
  EXPECT_THROW(livecodebench_tests("not packed"), Error);
  const std::string whole = kPacked[0];
  for (std::size_t n = 0; n < whole.size() - 4; n += 7)
    EXPECT_THROW(livecodebench_tests(whole.substr(0, n)), Error) << n;
}

TEST(LiveCodeBench, ProgramsAndMethodsAreHeldToShownAndHiddenTests) {
  if (!box_trouble().empty()) GTEST_SKIP() << box_trouble();
  const Json whole =
      row("", Json::array({{{"input", "1\n"}, {"output", "2\n"}, {"testtype", "stdin"}}}),
          kPacked[0], "{}");
  EXPECT_EQ(verdict(whole, "print(2 * int(input()))\n"), "CORRECT");
  EXPECT_EQ(verdict(whole, "n = int(input())\nprint(2 if n == 1 else n * n // 2)\n"),
            "WRONG_OUTPUT");
  const Json method =
      row("class Solution:\n    def both(self, nums: List[int], add: int) -> List[int]:\n        ",
          Json::array({{{"input", "[1, 2]\n3"}, {"output", "[4, 5]"}, {"testtype", "functional"}}}),
          Json::array({{{"input", "[]\n3"}, {"output", "[]"}, {"testtype", "functional"}}}).dump(),
          "{\"func_name\": \"both\"}");
  const std::string head =
      "class Solution:\n    def both(self, nums: List[int], add: int) -> List[int]:\n";
  EXPECT_EQ(verdict(method, head + "        return [n + add for n in nums]\n"), "CORRECT");
  EXPECT_EQ(verdict(method, head + "        return tuple(n + add for n in nums)\n"), "CORRECT");
  EXPECT_EQ(verdict(method, head + "        return [n + add for n in nums] or [0]\n"),
            "WRONG_OUTPUT");
  EXPECT_THROW(code_fields("livecodebench", "python", row("", Json::array(), "[]", "{}")), Error);
}

}  // namespace
}  // namespace leitai
