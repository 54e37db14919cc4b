#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/program.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::call;
using test::Ran;

/// A folder with the things that a newcomer gets wrong.
class Mistakes : public ::testing::Test {
 protected:
  void SetUp() override {
    test::write_text(folder / "junk.jsonl", "this is not json\n");
    test::write_text(folder / "bad.yaml",
                     "name: x\nmodels:\n  - a: {model: 'replay:none.jsonl'}\nsuites:\n  - "
                     "gsm9k\nlimitz: {in_flight: 4}\n");
    test::write_text(folder / "broken.yaml", "name: [x\n");
    std::filesystem::create_directory(folder / "empty");
    test::write_text(folder / "own.jsonl.gz", "packed");
    test::write_text(folder / "twice.jsonl",
                     "{\"suite\": \"s\", \"item\": \"1\", \"text\": \"a\", \"text\": \"b\"}\n");
  }
  Ran here(const std::vector<std::string>& args) {
    return call(args, test::at_home_in(folder.path()));
  }
  test::TempDir folder;
};

TEST_F(Mistakes, EachIsOneClearMessageAndExitCodeOne) {
  struct Row {
    std::vector<std::string> args;
    std::vector<std::string> said;
  };
  const Row table[] = {
      {{"runn"}, {"unknown verb \"runn\"; did you mean \"run\"?", "leitai --help"}},
      {{"run", "--nonsense"}, {"--nonsense", "leitai run --help"}},
      {{"run", "--limt", "5"}, {"--limt; did you mean \"--limit\"?"}},
      {{"run", "-s", "house/ledger"}, {"no model; name one with -m"}},
      {{"run", "-m", "replay:none.jsonl"}, {"no suite; name one with -s"}},
      {{"run", "-m", "replay:none.jsonl", "-s", "house/ledger"}, {"none.jsonl", "No such file"}},
      {{"run", "-m", "replay:junk.jsonl", "-s", "house/ledger"},
       {"junk.jsonl:1: not a line of JSON"}},
      {{"run", "-m", "replay:junk.jsonl", "-s", "gsm9k"}, {"gsm9k", "did you mean \"gsm8k\"?"}},
      {{"run", "-m", "replay:junk.jsonl", "-s", "house/leger"}, {"house/leger", "house/ledger"}},
      {{"run", "-m", "nosuch/model", "-s", "house/ledger"}, {"no provider \"nosuch\""}},
      {{"run", "-m", "replya:x", "-s", "house/ledger"},
       {"unknown backend \"replya\"; did you mean \"replay\"?"}},
      {{"run", "-m", "engine:x,temprature=0", "-s", "house/ledger"},
       {"unknown key \"temprature\"; did you mean \"temperature\"?"}},
      {{"run", "-m", "engine:x,temperature=warm", "-s", "house/ledger"},
       {"temperature", "\"warm\""}},
      {{"run", "-m", "engine:/no/such", "-s", "house/ledger"},
       {"/no/such: no such file or folder"}},
      {{"run", "-m", "engine:empty", "-s", "house/ledger"}, {"empty", "config.json"}},
      {{"run", "-m", "engine:smollm2-135m", "-s", "house/ledger"},
       {"not in the cache", "leitai pull smollm2-135m"}},
      {{"run", "-m", "replay:junk.jsonl", "-s", "house/ledger", "--limit", "many"},
       {"--limit", "many"}},
      {{"run", "-m", "replay:junk.jsonl", "-s", "house/ledger", "--limit", "-3"},
       {"--limit", "-3"}},
      {{"run", "no-such.yaml"}, {"no-such.yaml"}},
      {{"plan", "bad.yaml"},
       {"bad.yaml:5: suites[0]", "gsm9k",
        "bad.yaml:6: unknown key \"limitz\"; did you mean \"limits\"?"}},
      {{"plan", "broken.yaml"}, {"broken.yaml:", "malformed YAML"}},
      {{"report", "runs/none"}, {"runs/none: there is no such run"}},
      {{"report", "empty"}, {"empty: holds no run"}},
      {{"export", "runs/none", "-f", "parchment"}, {"\"parchment\"", "known: answers"}},
      {{"ls", "dragons"}, {"\"dragons\"", "known: suites"}},
      {{"tokenize", "/no/such/tokenizer.json"}, {"/no/such/tokenizer.json"}},
      {{"render", "--env", "moon"}, {"\"moon\""}},
      {{"grade", "vibes"}, {"vibes"}},
      {{"pull", "smollm3"}, {"smollm3"}},
      {{"pull", "gsm9k"}, {"gsm9k", "did you mean \"gsm8k\"?"}},
      {{"pull", "gsm8k,mmlu/anatomie"}, {"mmlu has no subset", "did you mean \"anatomy\"?"}},
      {{"pull", "mmlu/anatomy", "--offline"},
       {"--offline", "mmlu/test/anatomy_test.csv", "put it at"}},
      {{"run", "-m", "replay:junk.jsonl", "-s", "xcopa/qu", "--offline"},
       {"xcopa/qu/test.qu.jsonl is missing", "put it at"}},
      {{"plan", "-s", "gsm8k", "-s", "xcopa/qu", "--offline"},
       {"gsm8k/test.jsonl is missing", "xcopa/qu/test.qu.jsonl is missing"}},
      {{"plan", "-s", "own.jsonl.gz"}, {"own questions are read from .jsonl", "unpack it first"}},
      {{"run", "-m", "replay:twice.jsonl", "-s", "house/ledger"},
       {"twice.jsonl:1: the key \"text\" is there twice"}},
  };
  for (const Row& row : table) {
    const Ran ran = here(row.args);
    std::string typed;
    for (const std::string& arg : row.args) typed += arg + " ";
    EXPECT_EQ(ran.code, 1) << typed << ran.err;
    EXPECT_TRUE(ran.err.starts_with("leitai: ")) << typed << ran.err;
    EXPECT_LT(ran.err.size(), 4000u) << typed;
    for (const std::string& part : row.said)
      EXPECT_NE(ran.err.find(part), std::string::npos)
          << typed << "\nwants: " << part << "\nsaid: " << ran.err;
  }
}

TEST_F(Mistakes, HelpTeachesEveryVerbWithExamples) {
  const Ran all = here({"--help"});
  EXPECT_EQ(all.code, 0);
  int verbs = 0;
  for (const char* verb : {"run", "plan", "score", "report", "show", "ls", "pull", "export",
                           "doctor", "tokenize", "render", "grade", "probe"}) {
    EXPECT_NE(all.out.find(std::string("  ") + verb + " "), std::string::npos) << verb;
    const Ran one = here({verb, "--help"});
    EXPECT_EQ(one.code, 0) << verb;
    std::size_t examples = 0;
    for (std::size_t at = 0;
         (at = one.out.find(std::string("leitai ") + verb, at)) != std::string::npos; ++at)
      ++examples;
    EXPECT_GE(examples, 3u) << verb;  // heading or usage, and two examples
    ++verbs;
  }
  EXPECT_EQ(verbs, 13);
}

TEST_F(Mistakes, AReadOnlyFolderIsSaidPlainly) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  test::write_text(folder / "questions.jsonl", "{\"question\": \"1+1?\", \"answer\": \"2\"}\n");
  test::write_text(folder / "answers.jsonl",
                   "{\"suite\": \"questions\", \"item\": \"1\", \"text\": \"2\"}\n");
  std::filesystem::permissions(
      folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const Ran ran = here({"run", "-m", "replay:answers.jsonl", "-s", "questions.jsonl"});
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("ermission denied"), std::string::npos) << ran.err;
}

TEST_F(Mistakes, AProcessThatReadsOursMayStopReading) {
  const Ran ran = here({"ls", "suites", "--json"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_NO_THROW(nlohmann::json::parse(ran.out.substr(0, ran.out.find('\n'))));
}

}  // namespace
}  // namespace leitai
