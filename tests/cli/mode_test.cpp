// A model that cannot score continuations is refused before anything is sent or stored.
#include <gtest/gtest.h>

#include "tests/support/program.h"
#include "tests/support/support.h"
#include "tests/support/wire_server.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;
using test::call;
using test::Ran;

class Modes : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"asked", "scored"}) {
      fs::create_directories(folder / "suites" / name);
      test::write_text(folder / "suites" / name / "suite.yaml",
                       "name: " + std::string(name) +
                           "\nversion: \"1\"\nlicence: CC0-1.0\nkind: choice\n"
                           "data: {file: rows.csv}\nlikelihood: ' {{ label }}'\n"
                           "completion: '{{ question }} Answer:'\n"
                           "fields: {question: q, options: [a, b], answer: gold}\nscorer: choice\n"
                           "chat: \"{{ question }} {{ choices }}\"\n");
      test::write_text(folder / "suites" / name / "rows.csv",
                       "q,a,b,gold\nOne?,x,y,A\nTwo?,x,y,B\n");
    }
  }
  Ran here(const std::vector<std::string>& args) {
    return call(args, test::at_home_in(folder.path()));
  }
  test::TempDir folder;
};

TEST_F(Modes, WhoCannotScoreIsRefusedBeforeTheFirstRequest) {
  const test::WireServer server(
      [](const test::WireRequest&) { return test::raw_reply(test::http_bytes(500, "", "")); });
  test::write_text(folder / "answers.jsonl",
                   "{\"suite\":\"scored\",\"item\":\"1\",\"text\":\"A\"}\n");
  const std::string url = server.url() + "/v1";
  const std::pair<std::string, std::string> models[] = {
      {"openai@" + url + "/some-model", "the openai wire cannot ask in mode loglikelihood"},
      {"llamacpp/some-model,wire=completions,base_url=" + url,
       "llama.cpp server does not tell the log-probabilities"},
      {"replay:answers.jsonl", "answers.jsonl:1: a written answer, without log-probabilities"},
  };
  for (const auto& [model, why] : models) {
    // Before it stands a suite that the model can be asked.
    const bool chats = model.find("wire=completions") == std::string::npos;
    test::write_text(folder / "eval.yaml",
                     "name: it\nmodels: [{who: {model: '" + model +
                         "'}}]\nsuites: [{asked: {mode: " + (chats ? "chat" : "completion") +
                         "}}, {scored: {mode: loglikelihood}}]\n");
    for (const char* verb : {"plan", "run"}) {
      const Ran ran = here({verb, "eval.yaml", "--suites-dir", "suites"});
      EXPECT_EQ(ran.code, 1) << ran.err;
      EXPECT_NE(ran.err.find("who cannot be asked scored: "), std::string::npos) << ran.err;
      EXPECT_NE(ran.err.find(why), std::string::npos) << ran.err;
      EXPECT_NE(ran.err.find("ask this suite by chat"), std::string::npos) << ran.err;
    }
  }
  EXPECT_TRUE(server.seen().empty());
  EXPECT_FALSE(fs::exists(folder / "runs")) << "nothing is begun";
}

TEST_F(Modes, RecordedLikelihoodsAreReplayed) {
  test::write_text(
      folder / "answers.jsonl",
      "{\"suite\":\"scored\",\"item\":\"0\",\"text\":\"\",\"continuations\":{\"logprobs\":[-1,-2],"
      "\"greedy\":[true,false],\"tokens\":[1,1]}}\n"
      "{\"suite\":\"scored\",\"item\":\"1\",\"text\":\"\",\"continuations\":{\"logprobs\":[-1,-2],"
      "\"greedy\":[true,false],\"tokens\":[1,1]}}\n");
  const Ran ran = here({"run", "-m", "replay:answers.jsonl,as=who", "-s", "scored", "--suites-dir",
                        "suites", "--mode", "loglikelihood", "--name", "it"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Ran out = here({"export", "runs/it", "-f", "answers"});
  EXPECT_NE(out.out.find("\"status\":\"CORRECT\""), std::string::npos) << out.out;
  EXPECT_NE(out.out.find("\"status\":\"INCORRECT\""), std::string::npos) << out.out;
  EXPECT_NE(out.out.find("\"continuations\""), std::string::npos) << out.out;
}

}  // namespace
}  // namespace leitai
