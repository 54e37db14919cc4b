// Worked examples before the question: whose they are, and that prompts of completion end.
#include "suites/few_shot.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "harness/core/error.h"
#include "harness/io/files.h"
#include "suites/datasets/python_value.h"
#include "suites/datasets/rows.h"
#include "suites/grade.h"
#include "suites/loader.h"
#include "tests/support/fakes.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::answered;

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<std::unique_ptr<Suite>> open(const std::string& name, const SuiteOptions& options) {
  LoaderPaths paths;
  paths.data_dirs.push_back(test::shared_dir() / "datasets");
  return open_suites({name, options, "-s"}, paths);
}

TEST(FewShot, ExamplesOfOtherItemsAreNeverTheOneAskedNorAVariantOfIt) {
  LEITAI_NEEDS_SHARED("datasets/cmath");
  struct Case {
    std::string name, file, field;  // what variants have in common
  };
  for (const Case& one : {Case{"cmath/distractor", "cmath/distractor.jsonl", "original"},
                          Case{"agieval/sat-en", "agieval/sat-en.jsonl", "passage"},
                          Case{"math500", "math500/test.jsonl", "problem"}}) {
    SuiteOptions options, none;
    options.few_shot = 3;
    options.seed = 7;
    none.few_shot = 0;
    const auto suite = open(one.name, options), again = open(one.name, options),
               bare = open(one.name, none);
    EXPECT_TRUE(suite[0]->info().version.ends_with("+3shot"));
    std::map<std::string, std::string> family;  // by question as it is asked
    const auto rows = open_rows(test::shared_dir() / "datasets" / one.file);
    for (std::int64_t i = 0; i < rows->size(); ++i)
      family[bare[0]->item(i).prompt.messages.at(0).text()] =
          rows->row(i).at(one.field).get<std::string>();
    std::set<std::string> sets;
    for (std::int64_t i = 0; i < suite[0]->info().size; ++i) {
      const Item item = suite[0]->item(i);
      ASSERT_EQ(item.prompt.messages.size(), 7u);
      const std::string asked = item.prompt.messages[6].text();
      ASSERT_EQ(asked, bare[0]->item(i).prompt.messages[0].text());
      std::string shown;
      for (const std::size_t at : {0u, 2u, 4u}) {
        const std::string example = item.prompt.messages[at].text();
        ASSERT_NE(family.at(example), family.at(asked)) << one.name << " " << i;
        shown += example + item.prompt.messages[at + 1].text();
      }
      sets.insert(shown);
      ASSERT_EQ(item.prompt, again[0]->item(i).prompt);
    }
    EXPECT_LE(sets.size(), 8u) << "the same for nearly all items";
    options.seed = 8;
    EXPECT_NE(open(one.name, options)[0]->item(0).prompt, suite[0]->item(0).prompt);
  }
}

TEST(FewShot, APassageInTheQuestionKeepsExamplesApartToo) {
  LEITAI_NEEDS_SHARED("datasets/agieval");
  const auto rows = open_rows(test::shared_dir() / "datasets/agieval/gaokao-geography.jsonl");
  std::int64_t n = 0;
  for (const std::uint64_t seed : {7u, 42u}) {
    SuiteOptions options;
    options.few_shot = 3;
    options.seed = seed;
    const auto suite = open("agieval/gaokao-geography", options);
    for (std::int64_t i = 0; i < suite[0]->info().size; ++i, ++n) {
      const Item item = suite[0]->item(i);
      const std::string begin = rows->row(i).at("question").get<std::string>().substr(0, 60);
      for (const std::size_t at : {0u, 2u, 4u})
        ASSERT_FALSE(item.prompt.messages[at].text().starts_with(begin)) << seed << " " << i;
    }
  }
  test::count_compared("items shown examples about other passages", n);
}

TEST(FewShot, ExamplesWithoutWorkingShowTheLetterAlone) {
  LEITAI_NEEDS_SHARED("datasets/tal-scq5k");
  int n_bare = 0, n = 0;
  for (const char* name : {"tal-scq5k/en", "tal-scq5k/cn"}) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      SuiteOptions options;
      options.few_shot = 16;
      options.seed = seed;
      const Item item = open(name, options)[0]->item(0);
      for (std::size_t at = 1; at < item.prompt.messages.size(); at += 2, ++n) {
        const std::string shown = item.prompt.messages[at].text();
        for (const char* none : {"N/A", "N.A", "\u6682\u65E0"})
          EXPECT_FALSE(shown.starts_with(none)) << name << "\n" << shown;
        EXPECT_FALSE(shown.starts_with("\n") || shown.starts_with(" ") || shown.ends_with("\n"));
        n_bare += shown.size() == std::string("Answer: B").size();
      }
    }
  }
  EXPECT_GT(n_bare, 150);
  test::count_compared("examples with or without working", n);
}

TEST(FewShot, WhatATemplateCannotShowNamesSuiteFileAndRow) {
  test::TempDir dir;
  fs::create_directories(dir / "own");
  test::write_text(dir / "own/suite.yaml",
                   "name: own\nversion: \"1\"\nfields: {question: q, answer: a}\nscorer: numeric\n"
                   "data: {file: rows.jsonl}\nchat: \"{{ question }} {{ more | join }}\"\n");
  test::write_text(dir / "own/rows.jsonl",
                   "{\"q\":\"1+1\",\"a\":\"2\",\"more\":[]}\n"
                   "{\"q\":\"2+2\",\"a\":\"4\",\"more\":null}\n");
  LoaderPaths paths;
  paths.suite_dirs.push_back(dir.path());
  const auto suites = open_suites({"own", {}, "-s"}, paths);
  EXPECT_EQ(suites[0]->item(0).question, "1+1");
  try {
    suites[0]->item(1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(has(error.what(), "own: ")) << error.what();
    EXPECT_TRUE(has(error.what(), "rows.jsonl:2: template line 1")) << error.what();
  }
}

TEST(FewShot, MgsmShowsTheExamplesOfItsLanguage) {
  LEITAI_NEEDS_SHARED("datasets/mgsm/exemplars.py");
  SuiteOptions options;
  options.few_shot = 8;
  const auto suites = open("mgsm", options);
  ASSERT_EQ(suites.size(), 11u);
  const std::vector<std::string> golds{"11", "29", "39", "9", "33", "8", "8", "5"};
  for (const auto& suite : suites) {
    const Item item = suite->item(0);
    ASSERT_EQ(item.prompt.messages.size(), 17u);
    for (std::size_t i = 0; i < 8; ++i) {
      Item example = item;  // the example's answer, graded as one to a question with that gold
      example.grading.gold = {golds[i]};
      const std::string answer = item.prompt.messages[2 * i + 1].text();
      const auto score = grade(example, answered(answer));
      EXPECT_EQ(score->score, 1.0) << suite->info().name << answer;
      EXPECT_EQ(score->tier, "T3") << suite->info().name << answer;
    }
  }
  options.mode = Mode::Completion;
  const auto french = open("mgsm/fr", options);
  EXPECT_TRUE(french[0]->item(0).prompt.text->starts_with("Question : Roger a 5 balles"));
  EXPECT_EQ(french[0]->info().params.stop, std::vector<std::string>{"\nQuestion :"});
}

TEST(FewShot, EveryCompletionEnds) {
  int n = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(LEITAI_SOURCE_DIR) / "suites")) {
    if (entry.path().filename() != "suite.yaml") continue;
    const SuiteFile suite = read_suite_file(read_file(entry.path(), 1 << 20), entry.path().string(),
                                            entry.path().parent_path());
    for (const SubsetFile& subset : suite.subsets) {
      if (subset.completion.empty()) continue;
      EXPECT_FALSE(subset.completion_stop.empty() && suite.params.stop.empty())
          << suite.name << "/" << subset.name;
      ++n;
    }
  }
  EXPECT_GT(n, 100);
}

TEST(FewShot, CompletionsSayAnswerOnce) {
  LEITAI_NEEDS_SHARED("datasets/mmlu");
  for (const char* name :
       {"mmlu/anatomy", "cmath/dev", "tal-scq5k/cn", "tal-scq5k/en", "mgsm/zh", "agieval/sat-math",
        "agieval/gaokao-history", "agieval/gaokao-mathcloze", "gaokao-bench/2010-2022_Biology_MCQs",
        "gsm8k", "math500", "bbh/navigate"}) {
    SuiteOptions options;
    options.few_shot = 2;
    options.mode = Mode::Completion;
    const std::string text = *open(name, options)[0]->item(0).prompt.text;
    const std::string last = text.substr(text.rfind('\n') + 1);  // "Answer:"
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find("\n" + last, at)) != std::string::npos; ++at) ++n;
    EXPECT_EQ(n, 3u) << name << "\n" << text;
    for (const char* blank : {"", " "})
      EXPECT_FALSE(has(text, last + blank + last)) << name << "\n" << text;
  }
}

TEST(PythonValue, ReadsLiteralsAndRunsNothing) {
  const auto read = [](const std::string& text) {
    const auto value = python_value(text, "X");
    return value ? value->dump() : "none";
  };
  EXPECT_EQ(read("# X = 1\nY = 2\nX = {'a': \"b\" 'c',  # note\n 1: [1, 2.5, True, None,],}\n"),
            R"({"a":"bc","1":[1,2.5,true,null]})");
  EXPECT_EQ(read(R"(X = ("\u0041\x41\n\"", 'it\'s'))"), R"(["AA\n\"","it's"])");
  for (const char* wrong :
       {"X = f()", "X = {1: open('x')}", "X = 'a", "X = [1", "X = '''a'''", "X == 1", "", "X = \\",
        "X = '\\ud800'", "X = {'a' 1}", "X = '\\q'", "XY = 1"})
    EXPECT_EQ(read(wrong), "none") << wrong;
  EXPECT_EQ(read("X = " + std::string(100000, '[')), "none");
}

}  // namespace
}  // namespace leitai
