// Rows of the form of LiveCodeBench, made for this test.
#include "suites/coding/livecodebench.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/core/codec.h"
#include "harness/core/embedded.h"
#include "harness/core/error.h"
#include "suites/coding/code_task.h"
#include "suites/grade.h"
#include "suites/loader.h"
#include "suites/sandbox/box.h"
#include "tests/support/support.h"

namespace leitai {

std::span<const EmbeddedFile> suite_files();  // generated

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

TEST(LiveCodeBench, AWindowOfDatesIsPartOfTheVersion) {
  if (!box_trouble().empty()) GTEST_SKIP() << box_trouble();
  const test::TempDir temp;
  std::string about;
  for (const EmbeddedFile& file : suite_files())
    if (file.path.ends_with("livecodebench/suite.yaml")) about = file.bytes;
  // The suite as it is, with files of this test in place of two of its releases.
  about.erase(about.find("  sources:"),
              about.find('\n', about.find("  sources:")) + 1 - about.find("  sources:"));
  about.insert(about.find("\nfields:"), "  folder: livecodebench\n");
  const std::size_t subsets = about.find("subsets:"), chat = about.find("\nchat:");
  about.replace(subsets, chat - subsets,
                "subsets:\n  v1: {file: a.jsonl}\n  v2: {file: b.jsonl}\n");
  const auto lines = [](std::initializer_list<const char*> dates) {
    std::string out;
    for (const char* date : dates) {
      Json one =
          row("", Json::array({{{"input", "1\n"}, {"output", "2\n"}, {"testtype", "stdin"}}}), "[]",
              "{}");
      one.update({{"question_id", date},
                  {"question_content", "Double it."},
                  {"difficulty", "easy"},
                  {"platform", "atcoder"},
                  {"contest_date", std::string(date) + "T00:00:00"}});
      out += one.dump() + "\n";
    }
    return out;
  };
  std::filesystem::create_directories(temp.path() / "livecodebench");
  test::write_text(temp.path() / "livecodebench/suite.yaml", about);
  test::write_text(temp.path() / "livecodebench/a.jsonl", lines({"2024-07-31", "2024-08-01"}));
  test::write_text(temp.path() / "livecodebench/b.jsonl",
                   lines({"2024-08-15", "2024-11-30", "2024-12-01"}));
  LoaderPaths paths;
  paths.suite_dirs = {temp.path()};
  const auto ids = [&](std::optional<std::string> from, std::optional<std::string> until) {
    SuiteRequest request{"livecodebench", {}, "-s"};
    request.options.from = std::move(from);
    request.options.until = std::move(until);
    std::string out;
    for (const auto& suite : open_suites(request, paths)) {
      out += suite->info().version.substr(1) + ":";
      for (std::int64_t i = 0; i < suite->info().size; ++i) out += " " + suite->item(i).id;
      out += "\n";
    }
    return out;
  };
  EXPECT_EQ(ids({}, {}), ": 2024-07-31 2024-08-01\n: 2024-08-15 2024-11-30 2024-12-01\n");
  EXPECT_EQ(ids("2024-08", "2024-12-01"),
            "+from2024-08-01+until2024-12-01: 2024-08-01\n"
            "+from2024-08-01+until2024-12-01: 2024-08-15 2024-11-30\n");
  EXPECT_EQ(ids("2024-08-02", {}), "+from2024-08-02: 2024-08-15 2024-11-30 2024-12-01\n")
      << "a release without a task in the window is left out";
  EXPECT_EQ(ids({}, "2024-08"), "+until2024-08-01: 2024-07-31\n");
  EXPECT_THROW(ids("2025-01", {}), Error);
  EXPECT_THROW(ids("2024-12", "2024-12"), Error);
  EXPECT_THROW(ids("2024-13", {}), Error);
  EXPECT_THROW(ids("2024-02-30", {}), Error);
  EXPECT_THROW(ids("last month", {}), Error);
  const auto suite = std::move(open_suites({"livecodebench/v1", {}, "-s"}, paths).at(0));
  const std::vector<std::string> tags = suite->item(0).tags;
  EXPECT_EQ(tags, (std::vector<std::string>{"difficulty=easy", "platform=atcoder", "month=2024-07",
                                            "code=python"}));
}

}  // namespace
}  // namespace leitai
