#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <sstream>
#include <thread>

#include "harness/store.h"
#include "tests/support/program.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::call;
using test::Ran;

/// The whole flow with own questions and recorded answers, as a user would type it.
class Flow : public ::testing::Test {
 protected:
  void SetUp() override {
    test::write_text(
        folder / "q.jsonl",
        "{\"question\": \"What is 6 x 7?\", \"answer\": 42, \"tags\": [\"easy\"], \"language\": "
        "\"en\"}\n"
        "{\"question\": \"Capital of France?\", \"answer\": [\"Paris\"], \"id\": \"fr\"}\n"
        "{\"question\": \"Say a word.\"}\n");
    test::write_text(
        folder / "a.jsonl",
        "{\"suite\": \"q\", \"item\": \"1\", \"text\": \"It is 6 x 7 = 42.\\nAnswer: 42\"}\n"
        "{\"suite\": \"q\", \"prompt\": \"Capital of France?\", \"text\": \"Paris\"}\n"
        "{\"suite\": \"q\", \"item\": \"3\", \"text\": \"word\", \"usage\": "
        "{\"completion_tokens\": 3}}\n");
    test::write_text(
        folder / "b.jsonl",
        "{\"suite\": \"q\", \"item\": \"1\", \"text\": \"Answer: 41\"}\n"
        "{\"suite\": \"q\", \"item\": \"fr\", \"text\": \"Lyon\", \"finish_reason\": \"length\"}\n"
        "{\"suite\": \"q\", \"item\": \"3\", \"text\": \" \"}\n");
  }
  Ran here(std::vector<std::string> args, const std::string& input = "") {
    return call(args, {.folder = folder.path(),
                       .input = input,
                       .environment = {{"LEITAI_HOME", (folder / "home").string()}}});
  }
  std::map<std::string, nlohmann::json> exported(const std::string& run) {
    std::map<std::string, nlohmann::json> out;
    std::istringstream lines(here({"export", "runs/" + run, "-f", "answers"}).out);
    for (std::string line; std::getline(lines, line);) {
      auto parsed = nlohmann::json::parse(line);
      out[parsed["model"].get<std::string>() + "/" + parsed["item"].get<std::string>()] = parsed;
    }
    return out;
  }
  test::TempDir folder;
};

TEST_F(Flow, AsksGradesStoresReportsAndResumes) {
  const std::vector<std::string> run{
      "run",    "-m", "replay:a.jsonl,as=ann", "-m", "replay:b.jsonl,as=bob", "-s", "q.jsonl",
      "--name", "r"};
  const Ran first = here(run);
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.out.find("ann"), std::string::npos);
  EXPECT_NE(first.err.find("6 asked"), std::string::npos) << first.err;
  auto rows = exported("r");
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_EQ(rows["ann/1"]["score"]["status"], "CORRECT");
  EXPECT_EQ(rows["ann/fr"]["score"]["status"], "CORRECT");
  EXPECT_EQ(rows["bob/1"]["score"]["status"], "INCORRECT");
  EXPECT_EQ(rows["bob/fr"]["outcome"], "truncated");
  EXPECT_EQ(rows["bob/3"]["outcome"], "empty");
  EXPECT_FALSE(rows["ann/3"].contains("score"));  // no answer was given: shown, not graded
  const Ran again = here(run);
  EXPECT_EQ(again.code, 0);
  EXPECT_NE(again.err.find("0 asked, 6 stored before"), std::string::npos) << again.err;
  for (const char* file : {"store.sqlite", "config.yaml", "summary.json", "leaderboard.md",
                           "log.jsonl", "results/ann.json"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / "runs/r" / file)) << file;
  }
}

TEST_F(Flow, ACorrectedAnswerIsANewRequestAndTheOldOneStays) {
  const std::vector<std::string> run{"run",    "-m", "replay:b.jsonl,as=bob", "-s", "q.jsonl",
                                     "--name", "r"};
  EXPECT_EQ(here(run).code, 0);
  std::string text = test::read_text(folder / "b.jsonl");
  text.replace(text.find("41"), 2, "42");
  test::write_text(folder / "b.jsonl", text);
  const Ran again = here(run);
  EXPECT_NE(again.err.find("1 asked, 2 stored before"), std::string::npos) << again.err;
  EXPECT_EQ(exported("r")["bob/1"]["score"]["status"], "CORRECT");
}

TEST_F(Flow, ThereAndBackAgainShowsWhatIsWantedNow) {
  const std::vector<std::string> run{"run",    "-m", "replay:b.jsonl,as=bob", "-s", "q.jsonl",
                                     "--name", "r"};
  const std::string first = test::read_text(folder / "b.jsonl");
  EXPECT_EQ(here(run).code, 0);
  std::string other = first;
  other.replace(other.find("41"), 2, "42");
  test::write_text(folder / "b.jsonl", other);
  EXPECT_EQ(here(run).code, 0);
  EXPECT_EQ(exported("r")["bob/1"]["score"]["status"], "CORRECT");
  test::write_text(folder / "b.jsonl", first.substr(0, first.find('\n') + 1));
  EXPECT_EQ(here(run).code, 2);  // two answers are missing now
  test::write_text(folder / "b.jsonl", first);
  const Ran back = here(run);
  EXPECT_EQ(back.code, 0) << back.err;
  EXPECT_NE(back.err.find("0 asked, 3 stored before"), std::string::npos) << back.err;
  EXPECT_EQ(exported("r")["bob/1"]["score"]["status"], "INCORRECT");
  EXPECT_EQ(exported("r").size(), 3u);
}

TEST_F(Flow, WhatIsNoLongerAskedIsInNoResult) {
  std::vector<std::string> run{"run",    "-m", "replay:a.jsonl,as=ann", "-s", "q.jsonl",
                               "--name", "r"};
  EXPECT_EQ(here(run).code, 0);
  run.insert(run.end(), {"--limit", "1"});
  EXPECT_EQ(here(run).code, 0);
  EXPECT_EQ(exported("r").size(), 1u);
  run.resize(run.size() - 2);
  const Ran whole = here(run);
  EXPECT_NE(whole.err.find("0 asked, 3 stored before"), std::string::npos) << whole.err;
  EXPECT_EQ(exported("r").size(), 3u);
}

TEST_F(Flow, ACorrectedReferenceAnswerReachesTheGrade) {
  const std::vector<std::string> run{"run",    "-m", "replay:b.jsonl,as=bob", "-s", "q.jsonl",
                                     "--name", "r"};
  EXPECT_EQ(here(run).code, 0);
  std::string questions = test::read_text(folder / "q.jsonl");
  questions.replace(questions.find("\"answer\": 42"), 12, "\"answer\": 41");
  test::write_text(folder / "q.jsonl", questions);
  const Ran again = here(run);
  EXPECT_NE(again.err.find("0 asked, 3 stored before"), std::string::npos) << again.err;
  EXPECT_NE(again.err.find("leitai score"), std::string::npos) << again.err;
  EXPECT_EQ(here({"score", "runs/r"}).code, 0);
  EXPECT_EQ(exported("r")["bob/1"]["score"]["status"], "CORRECT");
}

TEST_F(Flow, GradesOfAnOlderScorerAreGivenAgainOnResuming) {
  const std::vector<std::string> run{"run",    "-m", "replay:a.jsonl,as=ann", "-s", "q.jsonl",
                                     "--name", "r"};
  EXPECT_EQ(here(run).code, 0);
  {  // as a build before would have left it
    Store store = Store::create_or_open(folder / "runs/r", "0");
    std::vector<StoredSuite> suites = store.suites();
    ASSERT_EQ(suites.size(), 1u);
    ASSERT_TRUE(suites[0].scorer.starts_with("numeric@")) << suites[0].scorer;
    EXPECT_NE(suites[0].scorer, "numeric@1");
    suites[0].scorer = "numeric@1";
    store.put_suites(suites);
    std::vector<ScoredRequest> scores;
    store.each(Detail::Facts, [&](const Record& record) {
      if (record.request.item == "1")
        scores.push_back({record.request.id,
                          {.scorer = "numeric@1", .status = ScoreStatus::Incorrect, .score = 0.0}});
      return true;
    });
    ASSERT_EQ(scores.size(), 1u);
    store.put_scores(scores);
  }
  EXPECT_EQ(exported("r")["ann/1"]["score"]["status"], "INCORRECT");
  const Ran again = here(run);
  EXPECT_NE(again.err.find("graded again (numeric@1 -> numeric@"), std::string::npos) << again.err;
  EXPECT_NE(again.err.find("1 grades changed"), std::string::npos) << again.err;
  EXPECT_EQ(exported("r")["ann/1"]["score"]["status"], "CORRECT");
  EXPECT_EQ(here(run).err.find("graded again"), std::string::npos);
}

TEST_F(Flow, AMixtureOfScorerVersionsIsToldAndGradedAlikeOnResuming) {
  const std::vector<std::string> run{
      "run",    "-m", "replay:a.jsonl,as=ann", "-m", "replay:b.jsonl,as=bob", "-s", "q.jsonl",
      "--name", "r"};
  EXPECT_EQ(here(run).code, 0);
  {  // as a `leitai score` that was killed would have left it: only grades tell
    Store store = Store::create_or_open(folder / "runs/r", "0");
    std::vector<ScoredRequest> scores;
    store.each(Detail::Facts, [&](const Record& record) {
      if (record.request.item == "1" && record.request.model == "ann")
        scores.push_back({record.request.id,
                          {.scorer = "numeric@1", .status = ScoreStatus::Incorrect, .score = 0.0}});
      return true;
    });
    ASSERT_EQ(scores.size(), 1u);
    store.put_scores(scores);
  }
  const std::string told = "q has grades by numeric@1 and numeric@";
  for (const std::string format : {"terminal", "markdown", "json"}) {
    const Ran report = here({"report", "runs/r", "-f", format});
    EXPECT_NE(report.out.find(told), std::string::npos) << format << report.out << report.err;
  }
  const Ran again = here(run);
  EXPECT_NE(again.err.find("graded again (numeric@1 -> numeric@"), std::string::npos) << again.err;
  EXPECT_EQ(again.out.find(told), std::string::npos) << again.out;
  EXPECT_EQ(exported("r")["ann/1"]["score"]["status"], "CORRECT");
}

TEST_F(Flow, DataThatASuiteWasNotMadeForIsTold) {
  std::filesystem::create_directories(folder / "data/gsm8k");
  test::write_text(folder / "data/gsm8k/test.jsonl",
                   "{\"question\": \"One and one?\", \"answer\": \"1+1=2\\n#### 2\"}\n");
  test::write_text(folder / "g.jsonl",
                   "{\"suite\": \"gsm8k\", \"item\": \"0\", \"text\": \"#### 2\"}\n");
  const auto with_data = [&](const std::vector<std::string>& args) {
    return call(args, {.folder = folder.path(),
                       .environment = {{"LEITAI_HOME", (folder / "home").string()},
                                       {"LEITAI_DATA", (folder / "data").string()}}});
  };
  const std::string rows = "gsm8k: test.jsonl has 1 of 1,319 items",
                    bytes = "gsm8k: test.jsonl is not the file that this version was made for";
  const Ran plan = with_data({"plan", "-s", "gsm8k", "--offline"});
  EXPECT_EQ(plan.code, 0) << plan.err;
  EXPECT_NE(plan.err.find(rows), std::string::npos) << plan.err;
  EXPECT_NE(plan.err.find(bytes), std::string::npos) << plan.err;
  const Ran ran =
      with_data({"run", "-m", "replay:g.jsonl,as=g", "-s", "gsm8k", "--offline", "--name", "d"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.err.find(rows), std::string::npos) << ran.err;
  const Ran report = here({"report", "runs/d", "-f", "markdown"});
  EXPECT_NE(report.out.find(rows), std::string::npos) << report.out;
  EXPECT_NE(report.out.find(bytes), std::string::npos) << report.out;
}

TEST_F(Flow, MissingAnswersFailAndAreAskedAgain) {
  test::write_text(folder / "part.jsonl",
                   "{\"suite\": \"q\", \"item\": \"1\", \"text\": \"42\"}\n{\"suite\": \"q\", "
                   "\"item\": \"99\", \"text\": \"x\"}\n");
  const std::vector<std::string> run{"run",    "-m", "replay:part.jsonl,as=p", "-s", "q.jsonl",
                                     "--name", "r"};
  const Ran first = here(run);
  EXPECT_EQ(first.code, 2) << first.err;
  EXPECT_NE(first.err.find("1 of 2 recorded answers met no item"), std::string::npos) << first.err;
  EXPECT_NE(first.err.find("2 of 3 requests failed"), std::string::npos) << first.err;
  test::write_text(folder / "part.jsonl", test::read_text(folder / "a.jsonl"));
  const Ran again = here(run);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(exported("r").size(), 3u);
}

TEST_F(Flow, AnswersToOtherSuitesSayWhatToTypeInstead) {
  test::write_text(folder / "other.jsonl",
                   "{\"suite\": \"m-ifeval/en\", \"item\": \"1\", \"text\": \"42\"}\n");
  const Ran ran =
      here({"run", "-m", "replay:other.jsonl", "-s", "q.jsonl", "--allow-failures", "100"});
  EXPECT_NE(ran.err.find("They name the suite m-ifeval/en: -s m-ifeval/en asks for these."),
            std::string::npos)
      << ran.err;
}

TEST_F(Flow, ShowScoreListAndExportWorkOnTheStoredRun) {
  EXPECT_EQ(here({"run", "-m", "replay:a.jsonl,as=ann", "-m", "replay:b.jsonl,as=bob", "-s",
                  "q.jsonl", "--name", "r"})
                .code,
            0);
  const Ran show = here({"show", "runs/r", "q/1"});
  EXPECT_EQ(show.code, 0) << show.err;
  for (const char* part : {"What is 6 x 7?", "ann", "bob", "42", "reference"})
    EXPECT_NE(show.out.find(part), std::string::npos) << part << "\n" << show.out;
  const Ran items = here({"ls", "items", "runs/r", "--where", "a=right b=wrong"});
  EXPECT_EQ(items.code, 0) << items.err;
  EXPECT_NE(items.out.find("q/1"), std::string::npos) << items.out;
  EXPECT_EQ(items.out.find("q/3"), std::string::npos) << items.out;
  const Ran score = here({"score", "runs/r", "-s", "q", "--scorer", "contains"});
  EXPECT_EQ(score.code, 0) << score.err;
  EXPECT_EQ(exported("r")["ann/1"]["score"]["scorer"].get<std::string>().substr(0, 9), "contains@");
  const Ran csv = here({"export", "runs/r", "-f", "csv", "-m", "bob"});
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 4) << csv.out;
  EXPECT_EQ(here({"export", "runs/r", "-f", "lm-eval", "-o", "samples"}).code, 0);
  EXPECT_FALSE(
      test::read_jsonl(folder / "samples/ann/samples_q.jsonl")[0]["doc"].contains("question"));
  EXPECT_EQ(here({"export", "runs/r", "-f", "lm-eval", "-o", "samples", "--full"}).code, 0);
  EXPECT_TRUE(
      test::read_jsonl(folder / "samples/ann/samples_q.jsonl")[0]["doc"].contains("question"));
  const Ran runs = here({"ls", "runs"});
  EXPECT_NE(runs.out.find("complete"), std::string::npos) << runs.out;
  for (const char* format : {"terminal", "markdown", "csv", "json"})
    EXPECT_EQ(here({"report", "r", "-f", format}).code, 0) << format;
}

TEST_F(Flow, WhatWasExportedCanBeReplayed) {
  EXPECT_EQ(here({"run", "-m", "replay:a.jsonl,as=ann", "-s", "q.jsonl", "--name", "r"}).code, 0);
  EXPECT_EQ(here({"export", "runs/r", "-f", "answers", "-o", "out.jsonl"}).code, 0);
  EXPECT_EQ(here({"run", "-m", "replay:out.jsonl,as=ann", "-s", "q.jsonl", "--name", "again"}).code,
            0);
  EXPECT_EQ(exported("again"), exported("r"));
}

TEST_F(Flow, AnswersToOtherItemsOfAGeneratorAreRefused) {
  std::string lines;
  for (int i = 0; i < 3; ++i)
    lines += "{\"suite\":\"house/ledger/en\",\"item\":\"" + std::to_string(i) +
             "\",\"text\":\"Answer: 7\"}\n";
  test::write_text(folder / "h.jsonl", lines);
  const auto asked = [&](const std::string& file, const std::string& seed) {
    return here({"run", "-m", "replay:" + file + ",as=ann", "-s", "house/ledger", "--limit", "3",
                 "--seed", seed, "--name", "r" + seed + file});
  };
  EXPECT_EQ(asked("h.jsonl", "7").code, 0) << "a line that does not say its version is taken";
  for (const char* seed : {"7", "42"}) {
    EXPECT_EQ(asked("h.jsonl", seed).code, 0);
    const std::string out = "out" + std::string(seed) + ".jsonl";
    EXPECT_EQ(
        here({"export", "runs/r" + std::string(seed) + "h.jsonl", "-f", "answers", "-o", out}).code,
        0);
    EXPECT_EQ(asked(out, seed).code, 0);
    const Ran other = asked(out, seed == std::string("7") ? "42" : "7");
    EXPECT_EQ(other.code, 1);
    EXPECT_NE(other.err.find(out + ":1: made for version "), std::string::npos) << other.err;
    EXPECT_NE(other.err.find("+seed7"), std::string::npos) << other.err;
    EXPECT_NE(other.err.find("as 3 of 3 lines"), std::string::npos) << other.err;
  }
}

TEST_F(Flow, APlanPrintsWhatWouldBeSentAndAsksNothing) {
  const Ran ran = here({"plan", "-s", "q.jsonl", "--requests", "--limit", "2"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto first = nlohmann::json::parse(ran.out.substr(0, ran.out.find('\n')));
  EXPECT_EQ(first["suite"], "q");
  EXPECT_EQ(first["item"], "1");
  EXPECT_EQ(first["messages"].back()["role"], "user");
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 2);
  EXPECT_FALSE(std::filesystem::exists(folder / "runs"));
}

TEST_F(Flow, ABudgetStopsWithExitCodeTwoAndALargerOneGoesOn) {
  const std::vector<std::string> run{"run",    "-m", "replay:a.jsonl,as=ann", "-s", "q.jsonl",
                                     "--name", "r"};
  std::vector<std::string> small = run;
  small.insert(small.end(), {"--max-requests", "1"});
  EXPECT_EQ(here(small).code, 2);
  const Ran rest = here(run);
  EXPECT_EQ(rest.code, 0) << rest.err;
  EXPECT_NE(rest.err.find("2 asked, 1 stored before"), std::string::npos) << rest.err;
}

TEST_F(Flow, HostileModelOutputReachesNoTerminalRaw) {
  test::write_text(folder / "evil.jsonl",
                   "{\"suite\": \"q\", \"item\": \"1\", \"text\": \"\\u001b[2J\\u202e42\"}\n");
  here({"run", "-m", "replay:evil.jsonl,as=e\x1b[31m", "-s", "q.jsonl", "--limit", "1", "--name",
        "r"});
  const Ran show = here({"show", "runs/r", "q/1"});
  EXPECT_EQ(show.out.find('\x1b'), std::string::npos);
  EXPECT_NE(show.out.find("<U+001B>"), std::string::npos);
  EXPECT_EQ(here({"report", "runs/r"}).out.find('\x1b'), std::string::npos);
}

TEST_F(Flow, AnotherProcessOnTheSameRunIsRefused) {
  std::string questions, answers;
  for (int i = 1; i <= 60000; ++i) {
    questions += "{\"question\": \"q" + std::to_string(i) + "\", \"answer\": \"x\"}\n";
    answers += "{\"suite\": \"many\", \"item\": \"" + std::to_string(i) + "\", \"text\": \"x\"}\n";
  }
  test::write_text(folder / "many.jsonl", questions);
  test::write_text(folder / "many-answers.jsonl", answers);
  const std::vector<std::string> run{
      "run", "-m", "replay:many-answers.jsonl,as=m", "-s", "many.jsonl", "--name", "r"};
  const pid_t pid = test::start(run, {.folder = folder.path(), .input = {}, .environment = {}});
  while (!std::filesystem::exists(folder / "runs/r/log.jsonl"))
    ASSERT_FALSE(test::wait_for(pid, std::chrono::milliseconds(1)));
  const Ran second = here(run);
  kill(-pid, SIGINT);
  const auto code = test::wait_for(pid, std::chrono::seconds(60));
  EXPECT_EQ(second.code, 1);
  EXPECT_NE(second.err.find(std::to_string(pid)), std::string::npos) << second.err;
  // Ctrl-C: what was answered is stored, and the exit code says so (unless it had just ended).
  ASSERT_TRUE(code);
  EXPECT_TRUE(*code == 130 || *code == 0) << *code;
  const Ran rest = here(run);
  EXPECT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(exported("r").size(), 60000u);
}

TEST_F(Flow, RetryAsksAgainWhatItNamesAndNothingElse) {
  const std::vector<std::string> run{"run",    "-m", "replay:b.jsonl,as=bob", "-s", "q.jsonl",
                                     "--name", "r"};
  ASSERT_EQ(here(run).code, 0);
  // The whole file says something else now; only the answer that was cut off is taken from it.
  test::write_text(folder / "b.jsonl",
                   "{\"suite\": \"q\", \"item\": \"1\", \"text\": \"Answer: 42\"}\n"
                   "{\"suite\": \"q\", \"item\": \"fr\", \"text\": \"Paris\"}\n"
                   "{\"suite\": \"q\", \"item\": \"3\", \"text\": \"word\"}\n");
  std::vector<std::string> retry = run;
  retry.insert(retry.end(), {"--retry", "truncated"});
  const Ran again = here(retry);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_NE(again.err.find("1 asked, 2 stored before"), std::string::npos) << again.err;
  auto rows = exported("r");
  EXPECT_EQ(rows["bob/fr"]["score"]["status"], "CORRECT");
  EXPECT_EQ(rows["bob/1"]["score"]["status"], "INCORRECT");
  EXPECT_EQ(rows["bob/3"]["outcome"], "empty");
  EXPECT_EQ(here({"run", "-m", "replay:b.jsonl", "-s", "q.jsonl", "--retry", "all"}).code, 1);
}

}  // namespace
}  // namespace leitai
