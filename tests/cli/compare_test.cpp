#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/io/yaml.h"
#include "tests/support/program.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::call;
using test::Ran;

/// Two models, 400 questions of our own; `b` loses `lost` of them.
class Judging : public ::testing::Test {
 protected:
  static constexpr int kItems = 400;

  void SetUp() override {
    std::string questions;
    for (int i = 0; i < kItems; ++i)
      questions += nlohmann::json{{"id", std::to_string(i)},
                                  {"question", fmt::format("What comes after {}?", i)},
                                  {"answer", std::to_string(i + 1)},
                                  {"scorer", "numeric"}}
                       .dump() +
                   "\n";
    test::write_text(folder / "q.jsonl", questions);
    write("a.jsonl", 0);
    write("b.jsonl", 60);
    write("same.jsonl", 0);
  }

  void write(const std::string& name, int lost, bool graded = false) {
    std::string lines;
    for (int i = 0; i < kItems; ++i) {
      const bool right = i >= lost && i % 5 != 4;
      nlohmann::json line{{"suite", "q"},
                          {"item", std::to_string(i)},
                          {"text", fmt::format("The answer is {}.", right ? i + 1 : i)}};
      if (graded) line["published"] = {{"correct", right}};
      lines += line.dump() + "\n";
    }
    test::write_text(folder / name, lines);
  }

  Ran here(std::vector<std::string> args) {
    return call(args, {.folder = folder.path(),
                       .environment = {{"LEITAI_HOME", (folder / "home").string()}}});
  }

  test::TempDir folder;
};

TEST_F(Judging, CompareOfAnswerFilesOfARunAndOfGradesThatCameWithThem) {
  const Ran fresh = here({"compare", "replay:a.jsonl,as=ann", "replay:b.jsonl,as=bob", "-s",
                          "q.jsonl", "--name", "r", "--json"});
  ASSERT_EQ(fresh.code, 0) << fresh.err;
  const auto first = nlohmann::json::parse(fresh.out)["comparisons"][0];
  EXPECT_EQ(first["n"], kItems);
  EXPECT_EQ(first["won"], 48);
  EXPECT_EQ(first["lost"], 0);
  EXPECT_EQ(first["verdict"], "ahead");

  const Ran stored = here({"compare", "bob", "ann", "--run", "r"});
  EXPECT_EQ(stored.code, 0) << stored.err;
  EXPECT_NE(stored.out.find("No. bob is behind: it scores 12.0 points below ann"),
            std::string::npos)
      << stored.out;

  write("graded.jsonl", 60, true);
  write("other.jsonl", 0, true);
  const Ran files = here({"compare", "graded.jsonl", "other.jsonl", "-f", "markdown"});
  EXPECT_EQ(files.code, 0) << files.err;
  EXPECT_NE(files.out.find("graded is behind"), std::string::npos) << files.out;
  EXPECT_NE(files.out.find("leitai graded nothing"), std::string::npos) << files.out;
}

TEST_F(Judging, CompareNamesWhatIsWrong) {
  here({"run", "-m", "replay:a.jsonl,as=ann", "-m", "replay:b.jsonl,as=bob", "-s", "q.jsonl",
        "--name", "r"});
  const struct {
    std::vector<std::string> args;
    std::vector<std::string> words;
  } wrong[] = {{{"compare", "ann", "bop", "--run", "r"}, {"bop", "did you mean \"bob\""}},
               {{"compare", "ann", "bob"}, {"--run", "--ask"}},
               {{"compare", "ann", "--run", "r"}, {"two models"}},
               {{"compare", "ann", "ann", "--run", "r"}, {"against itself"}},
               {{"compare", "ann", "bob", "--run", "none"}, {"none"}},
               {{"compare", "a.jsonl", "b.jsonl"}, {"no graded item in common"}},
               {{"compare", "ann", "bob", "--run", "r", "--reduce", "best"}, {"best", "pass@K"}}};
  for (const auto& [args, words] : wrong) {
    const Ran ran = here(args);
    EXPECT_EQ(ran.code, 1) << fmt::format("{}", fmt::join(args, " "));
    for (const std::string& word : words)
      EXPECT_NE(ran.err.find(word), std::string::npos) << word << " in " << ran.err;
  }
}

TEST_F(Judging, GateTellsByItsExitCode) {
  const auto gate = [&](const std::string& candidate, const std::string& margin) {
    return here({"gate", "--baseline", "a.jsonl", "--candidate", candidate, "-s", "q.jsonl",
                 "--margin", margin, "-o", "out"});
  };
  EXPECT_EQ(gate("same.jsonl", "1.5").code, 0);
  const Ran worse = gate("b.jsonl", "1.5");
  EXPECT_EQ(worse.code, 100) << worse.err;
  EXPECT_NE(worse.out.find("Regression on q"), std::string::npos) << worse.out;
  EXPECT_NE(test::read_text(folder / "out/junit.xml").find("<failure type=\"regression\""),
            std::string::npos);
  EXPECT_NE(test::read_text(folder / "out/summary.md").find("| 48 | 0 | 400 |"), std::string::npos)
      << test::read_text(folder / "out/summary.md");
  EXPECT_EQ(nlohmann::json::parse(test::read_text(folder / "out/gate.json"))["outcome"],
            "regression");
  const Ran fine = gate("same.jsonl", "0.1");
  EXPECT_EQ(fine.code, 3) << fine.out << fine.err;
  EXPECT_NE(fine.out.find("items would do"), std::string::npos) << fine.out;
  EXPECT_EQ(here({"gate", "--baseline", "a.jsonl", "--candidate", "same.jsonl", "-s", "q.jsonl",
                  "--margin", "0.1", "--on-inconclusive", "fail"})
                .code,
            100);
  const Ran nothing = here({"gate", "--baseline", "none.jsonl", "--candidate", "b.jsonl"});
  EXPECT_EQ(nothing.code, 1);
  EXPECT_NE(nothing.err.find("none.jsonl"), std::string::npos);
}

TEST_F(Judging, ACandidateCanBeAskedOnTheSuitesOfTheBaselineRun) {
  ASSERT_EQ(here({"run", "-m", "replay:a.jsonl,as=ann", "-s", "q.jsonl", "--name", "main"}).code,
            0);
  const Ran ran =
      here({"gate", "--baseline", "main", "--candidate", "replay:b.jsonl", "--margin", "2"});
  EXPECT_EQ(ran.code, 100) << ran.err;
}

/// The commands of the examples for continuous integration, as their machines would run them.
TEST_F(Judging, ExamplesForContinuousIntegrationRun) {
  const std::filesystem::path root = LEITAI_SOURCE_DIR;
  const auto shell = [&](const std::string& script, const YamlNode& variables) {
    std::string text = fmt::format(
        "cd '{}' && export PATH='{}':$PATH LEITAI_HOME='{}' "
        "GITHUB_STEP_SUMMARY=step.md\n",
        folder.path().string(), std::filesystem::path(LEITAI_BINARY_DIR).string(),
        (folder / "home").string());
    for (const auto& [name, value] : variables.map)
      text += fmt::format("export {}='{}'\n", name, value.scalar);
    // What a user changes.
    text += "BASELINE=a.jsonl CANDIDATE=same.jsonl SUITES=q.jsonl\n" + script;
    test::write_text(folder / "step.sh", text);
    const int status =
        std::system(fmt::format("sh -e '{}' > '{}' 2>&1", (folder / "step.sh").string(),
                                (folder / "step.log").string())
                        .c_str());
    return WEXITSTATUS(status);
  };
  const YamlNode github =
      parse_yaml(test::read_text(root / "reports/ci/github-actions.yml"), "github-actions.yml");
  std::string script;
  for (const YamlNode& step : github.find("jobs")->find("gate")->find("steps")->list) {
    const YamlNode* run = step.find("run");
    if (run && run->scalar.find("gh pr") == std::string::npos) script += run->scalar + "\n";
  }
  EXPECT_EQ(shell(script, *github.find("env")), 0) << test::read_text(folder / "step.log");
  EXPECT_NE(test::read_text(folder / "step.md").find("leitai gate: pass"), std::string::npos);

  const YamlNode gitlab =
      parse_yaml(test::read_text(root / "reports/ci/gitlab-ci.yml"), "gitlab-ci.yml");
  const YamlNode& job = *gitlab.find("leitai-gate");
  script.clear();
  for (const YamlNode& line : job.find("script")->list) script += line.scalar + "\n";
  EXPECT_EQ(shell(script, *job.find("variables")), 0) << test::read_text(folder / "step.log");
  EXPECT_TRUE(std::filesystem::exists(
      folder / job.find("artifacts")->find("reports")->find("junit")->scalar));
}

}  // namespace
}  // namespace leitai
