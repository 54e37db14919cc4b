// From names and files to suites.
#include "suites/loader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "harness/core/error.h"
#include "suites/grade.h"
#include "tests/support/fakes.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::answered;

std::string failure(const SuiteRequest& request, const LoaderPaths& paths = {}) {
  try {
    open_suites(request, paths);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

LoaderPaths shared_paths() {
  LoaderPaths paths;
  paths.data_dirs.push_back(test::shared_dir() / "datasets");
  return paths;
}

TEST(Questions, FieldsAndDefaultScorers) {
  test::TempDir dir;
  test::write_text(
      dir / "mine.jsonl",
      "\xEF\xBB\xBF{\"question\":\"6*7?\",\"answer\":42}\n\n{\"question\":\"City?\",\"answer\":["
      "\"Rome\",\"Roma\"],\"id\":\"r\",\"tags\":[\"geo\"],\"language\":\"it\",\"system\":\"Be "
      "brief.\"}\r\n"
      "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}\n{\"question\":\"Code?\","
      "\"pattern\":\"^[A-Z]\"}\n{\"question\":\"JSON?\",\"schema\":{\"type\":\"object\"}}\n");
  const auto suites = open_suites({(dir / "mine.jsonl").string(), {}, "-s"}, {});
  ASSERT_EQ(suites.size(), 1u);
  const Suite& suite = *suites[0];
  EXPECT_EQ(suite.info().name, "mine");
  ASSERT_EQ(suite.info().size, 5);
  EXPECT_EQ(suite.item(0).grading.scorer, "numeric");
  EXPECT_EQ(suite.item(0).id, "1");
  const Item second = suite.item(1);
  EXPECT_EQ(second.grading.scorer, "exact");
  EXPECT_EQ(second.id, "r");
  EXPECT_EQ(second.language, "it");
  EXPECT_EQ(second.prompt.messages.size(), 2u);
  EXPECT_EQ(second.tags, std::vector<std::string>{"geo"});
  EXPECT_EQ(suite.item(2).grading.scorer, "");
  EXPECT_EQ(suite.item(2).id, "4") << "the 1-based line, blank lines counted";
  EXPECT_EQ(suite.item(3).grading.scorer, "regex");
  EXPECT_EQ(suite.item(4).grading.scorer, "json_schema");
  EXPECT_EQ(grade(second, answered("roma."))->status, ScoreStatus::Correct);
}

TEST(Questions, OptionsAreShownAndTheChoiceIsGraded) {
  test::TempDir dir;
  test::write_text(dir / "pick.jsonl",
                   "{\"question\":\"Capital?\",\"options\":[\"Quito\",\"Lima\"],\"answer\":\"B\"}\n"
                   "{\"question\":\"Even?\",\"options\":{\"1\":7,\"2\":8},\"answer\":2}\n");
  const auto suites = open_suites({(dir / "pick.jsonl").string(), {}, "-s"}, {});
  const Item first = suites[0]->item(0);
  EXPECT_EQ(first.grading.scorer, "choice");
  EXPECT_EQ(first.prompt.messages[0].text(), "Capital?\nA. Quito\nB. Lima");
  EXPECT_EQ(grade(first, answered("It is Lima."))->status, ScoreStatus::Correct);
  EXPECT_EQ(grade(first, answered("The answer is A."))->status, ScoreStatus::Incorrect);
  EXPECT_EQ(grade(suites[0]->item(1), answered("Answer: 2"))->status, ScoreStatus::Correct);
  test::write_text(dir / "bad.jsonl",
                   "{\"question\":\"a\",\"options\":[\"x\",\"y\"],\"answer\":\"C\"}\n"
                   "{\"question\":\"b\",\"scorer\":\"choice\",\"answer\":\"A\"}\n");
  const std::string message = failure({(dir / "bad.jsonl").string(), {}, "-s"});
  EXPECT_TRUE(has(message, "answer: \"C\" names none of the options")) << message;
  EXPECT_TRUE(has(message, "options: missing; the scorer choice needs them")) << message;
}

TEST(Questions, CsvWithQuotedLineBreaks) {
  test::TempDir dir;
  test::write_text(dir / "q.csv",
                   "question,answer,scorer\r\n\"two\nlines, "
                   "\"\"so\"\"\",7,\r\nplain,\"[\"\"a\"\",\"\"b\"\"]\",contains\r\n");
  const auto suites = open_suites({(dir / "q.csv").string(), {}, "-s"}, {});
  ASSERT_EQ(suites[0]->info().size, 2);
  EXPECT_EQ(suites[0]->item(0).question, "two\nlines, \"so\"");
  EXPECT_EQ(suites[0]->item(0).grading.scorer, "numeric");
  EXPECT_EQ(suites[0]->item(1).grading.gold, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(suites[0]->item(1).id, "4");
}

TEST(Questions, AllMistakesTogetherByLine) {
  test::TempDir dir;
  test::write_text(dir / "bad.jsonl",
                   "{\"question\":\"a\",\"anser\":1}\n{oops\n{\"question\":\"b\",\"id\":\"x\"}\n{"
                   "\"question\":\"c\",\"id\":\"x\"}\n{\"answer\":1}\n{\"question\":\"d\","
                   "\"answer\":\"no number\",\"scorer\":\"numeric\"}\n"
                   "{\"question\":\"e\",\"pattern\":\"(\"}\n{\"question\":\"f\",\"scorer\":"
                   "\"numerik\",\"answer\":1}\n");
  const std::string message = failure({(dir / "bad.jsonl").string(), {}, "-s"});
  for (const char* part :
       {"bad.jsonl:1: unknown field \"anser\"; did you mean \"answer\"",
        "bad.jsonl:2: not a line of JSON", "bad.jsonl:4: the id \"x\" is already that of line 3",
        "bad.jsonl:5: question: missing", "bad.jsonl:6: answer: \"no number\"",
        "bad.jsonl:7:", "bad.jsonl:8: unknown scorer \"numerik\""}) {
    EXPECT_TRUE(has(message, part)) << part << "\n" << message;
  }
}

TEST(Questions, ManyLinesAreReadOnDemand) {
  test::TempDir dir;
  std::string text;
  for (int i = 0; i < 20000; ++i)
    text += fmt::format("{{\"question\":\"{} + 1?\",\"answer\":{}}}\n", i, i + 1);
  test::write_text(dir / "many.jsonl", text);
  SuiteOptions options;
  options.limit = 0.25;
  const auto suites = open_suites({(dir / "many.jsonl").string(), options, "-s"}, {});
  EXPECT_EQ(suites[0]->info().whole, 20000);
  EXPECT_EQ(suites[0]->info().size, 5000);
  EXPECT_EQ(suites[0]->item(4999).question, "4999 + 1?");
}

TEST(Prompt, IsAskedAsItStandsAndNotGraded) {
  const auto suite = prompt_suite("What is up?");
  EXPECT_EQ(suite->info().name, "prompt");
  const Item item = suite->item(0);
  EXPECT_EQ(item.id, "1");
  EXPECT_FALSE(grade(item, answered("the sky")));
}

TEST(Loader, NamesTheNearestAndTheOptions) {
  EXPECT_TRUE(has(failure({"gsm9k", {}, "eval.yaml:3: suites[0]"}),
                  "eval.yaml:3: suites[0]: unknown suite \"gsm9k\"; did you mean \"gsm8k\"?"));
  EXPECT_TRUE(has(failure({"mgsm/zz", {}, "-s"}), "mgsm has no subset \"zz\""));
  SuiteOptions levels;
  levels.levels = {1};
  EXPECT_TRUE(has(failure({"gsm8k", levels, "-s"}), "gsm8k has no option \"levels\""));
  SuiteOptions nothing;
  nothing.limit = 0;
  EXPECT_TRUE(has(*suite_mistake({"gsm8k", nothing, "-s"}, {}), "limit: 0 is not positive"));
  EXPECT_FALSE(suite_mistake({"mgsm/zh", {}, "-s"}, {})) << "a mistake check reads no data";
}

TEST(Loader, MissingDataSaysWhichFileGoesWhere) {
  test::TempDir dir;
  LoaderPaths paths;
  paths.data_dirs.push_back(dir.path());
  const std::string message = failure({"gsm8k", {}, "-s"}, paths);
  EXPECT_TRUE(has(message, "gsm8k/test.jsonl is missing")) << message;
  EXPECT_TRUE(has(message, (dir / "gsm8k/test.jsonl").string())) << message;
  EXPECT_TRUE(has(message, "LEITAI_DATA")) << message;
}

TEST(Loader, AFolderOverridesAnEmbeddedSuite) {
  test::TempDir dir;
  std::filesystem::create_directories(dir / "own");
  test::write_text(dir / "own/suite.yaml",
                   "name: gsm8k\nversion: \"7\"\nfields: {question: q, answer: a}\nscorer: "
                   "numeric\ndata: {file: rows.jsonl}\nchat: \"Q {{ question }}\"\n");
  test::write_text(dir / "own/rows.jsonl",
                   "{\"q\":\"1+1\",\"a\":\"2\"}\n{\"q\":\"2+2\",\"a\":4}\n");
  LoaderPaths paths;
  paths.suite_dirs.push_back(dir.path());
  const auto suites = open_suites({"gsm8k", {}, "-s"}, paths);
  EXPECT_EQ(suites[0]->info().version, "7");
  EXPECT_EQ(suites[0]->item(1).prompt.messages[0].text(), "Q 2+2");
  EXPECT_EQ(suites[0]->item(1).grading.gold, std::vector<std::string>{"4"});
}

TEST(House, LanguagesItemsAndLimits) {
  const auto plain = open_suites({"house/ledger", {}, "-s"}, {});
  ASSERT_EQ(plain.size(), 1u);
  EXPECT_EQ(plain[0]->info().name, "house/ledger/en");
  EXPECT_EQ(plain[0]->info().size, 200);
  SuiteOptions limit;
  limit.limit = 1234;
  EXPECT_EQ(open_suites({"house/ledger/zh", limit, "-s"}, {})[0]->info().size, 1234)
      << "a generator has no end";
  limit.items = 20;
  EXPECT_EQ(open_suites({"house/ledger", limit, "-s"}, {})[0]->info().size, 20);
  limit.limit = 0.33;
  EXPECT_EQ(open_suites({"house/ledger", limit, "-s"}, {})[0]->info().size, 7);
  EXPECT_GE(open_suites({"house/*", limit, "-s"}, {}).size(), 2u);
  EXPECT_TRUE(has(failure({"house/ledger/xx", {}, "-s"}), "house/ledger has no language \"xx\""));
  EXPECT_TRUE(has(failure({"house/leger", {}, "-s"}), "did you mean \"house/ledger\"?"));
}

TEST(Native, CountsIdsAndGoldAnswersOfRealData) {
  LEITAI_NEEDS_SHARED("datasets/gsm8k/test.jsonl");
  std::int64_t n = 0;
  for (const auto& suite : open_suites({"gsm8k", {}, "-s"}, shared_paths())) {
    EXPECT_EQ(suite->info().size, 1319);
    EXPECT_EQ(suite->info().version, "1") << "the data are not those of this version";
    const auto rows = test::read_jsonl(test::shared_dir() / "datasets/gsm8k/test.jsonl");
    for (std::int64_t i = 0; i < suite->info().size; ++i) {
      const Item item = suite->item(i);
      EXPECT_EQ(item.id, std::to_string(i));
      EXPECT_EQ(item.question, rows[static_cast<std::size_t>(i)]["question"]);
      EXPECT_EQ(grade(item, answered("The answer is " + item.grading.gold[0] + "."))->status,
                ScoreStatus::Correct)
          << item.id;
      EXPECT_EQ(grade(item, answered(rows[static_cast<std::size_t>(i)]["answer"]))->status,
                ScoreStatus::Correct)
          << item.id;
      EXPECT_EQ(grade(item, answered(" "))->score, 0.0);
      n += 3;
    }
  }
  const auto mgsm = open_suites({"mgsm", {}, "-s"}, shared_paths());
  ASSERT_EQ(mgsm.size(), 11u);
  for (const auto& suite : mgsm) {
    EXPECT_EQ(suite->info().size, 250);
    EXPECT_EQ(suite->info().version, "2");
    for (std::int64_t i = 0; i < 250; ++i) {
      const Item item = suite->item(i);
      EXPECT_EQ(item.pair_key, fmt::format("mgsm/{}", i));
      EXPECT_EQ(grade(item, answered("The answer is " + item.grading.gold[0] + "."))->status,
                ScoreStatus::Correct)
          << item.suite << item.id;
      n += 1;
    }
  }
  test::count_compared("gold answers of gsm8k and mgsm", n);
}

TEST(Native, SubsetsLimitsAndExamples) {
  LEITAI_NEEDS_SHARED("datasets/gsm8k/train.jsonl");
  SuiteOptions options;
  options.languages = {"zh", "th"};
  options.limit = 0.01;
  const auto mgsm = open_suites({"mgsm", options, "-s"}, shared_paths());
  ASSERT_EQ(mgsm.size(), 2u);
  EXPECT_EQ(mgsm[0]->info().size, 3) << "a share is rounded up";
  EXPECT_EQ(open_suites({"mgsm/d?", {}, "-s"}, shared_paths()).size(), 1u);
  SuiteOptions shots;
  shots.few_shot = 2;
  shots.seed = 5;
  const auto suite = open_suites({"gsm8k", shots, "-s"}, shared_paths());
  const Item item = suite[0]->item(3);
  ASSERT_EQ(item.prompt.messages.size(), 5u);
  EXPECT_TRUE(has(item.prompt.messages[1].text(), "The answer is "));
  EXPECT_FALSE(has(item.prompt.messages[1].text(), "<<"));
  EXPECT_EQ(item.prompt.messages[0],
            open_suites({"gsm8k", shots, "-s"}, shared_paths())[0]->item(9).prompt.messages[0]);
  shots.mode = Mode::Completion;
  const auto base = open_suites({"gsm8k", shots, "-s"}, shared_paths());
  EXPECT_TRUE(base[0]->item(0).prompt.text->ends_with("\nAnswer:"));
  EXPECT_EQ(base[0]->info().params.stop, std::vector<std::string>{"\nQuestion:"});
}

}  // namespace
}  // namespace leitai
