// Data of a suite, from the command line to the cache and into a plan.
#include <gtest/gtest.h>

#include "tests/support/program.h"
#include "tests/support/support.h"
#include "tests/support/wire_server.h"

namespace leitai {
namespace {

/// With its length, and then closed.
test::WireReply whole_reply(int status, const std::string& body, const std::string& headers = "") {
  return test::raw_reply(test::http_bytes(status, body, headers));
}

using test::call;
using test::CallOptions;
using test::Ran;

class Pull : public ::testing::Test {
 protected:
  Ran here(const std::vector<std::string>& args) {
    CallOptions options = test::at_home_in(folder.path());
    options.environment["LEITAI_MIRRORS"] = "github";
    return call(args, options);
  }
  void write_suite(const std::string& url) {
    std::filesystem::create_directories(folder / "suites/tiny");
    test::write_text(folder / "suites/tiny/suite.yaml",
                     "name: tiny\nversion: \"1\"\nlicence: CC0-1.0\npublish: ids\nkind: choice\n"
                     "data: {file: rows.csv, from: \"" +
                         url +
                         "/{file}\"}\n"
                         "fields: {question: q, options: [a, b], answer: gold}\nscorer: choice\n"
                         "chat: \"{{ question }} {{ choices }}\"\n");
  }
  test::TempDir folder;
};

TEST_F(Pull, ASuiteWithItsLicenceOnceAndIntoAPlan) {
  const test::WireServer server([](const test::WireRequest& request) {
    return request.target == "/rows.csv" ? whole_reply(200, "q,a,b,gold\nOne?,x,y,A\nTwo?,x,y,B\n")
                                         : whole_reply(404, "");
  });
  write_suite(server.url());
  const Ran first = here({"pull", "tiny", "--suites-dir", "suites"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.err.find("tiny: licence CC0-1.0; reports show ids, not items"), std::string::npos)
      << first.err;
  EXPECT_NE(first.err.find("1 of 1 obtained"), std::string::npos) << first.err;
  EXPECT_EQ(first.out, (folder / "home/datasets/tiny/rows.csv").string() + "\n");
  const Ran again = here({"pull", "tiny", "--suites-dir", "suites", "--offline"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_NE(again.err.find("1 already there"), std::string::npos) << again.err;
  EXPECT_EQ(server.seen().size(), 1u);
  test::write_text(folder / "answers.jsonl",
                   "{\"suite\":\"tiny\",\"item\":\"0\",\"text\":\"A\"}\n");
  test::write_text(folder / "eval.yaml",
                   "models: [{m: {model: 'replay:answers.jsonl'}}]\n"
                   "suites: [{tiny: {options: circular}}]\n");
  const Ran plan = here({"plan", "eval.yaml", "--suites-dir", "suites", "--requests"});
  ASSERT_EQ(plan.code, 0) << plan.err;
  for (const char* part : {"0@0", "0@1", "1@0", "1@1", "A. y"})
    EXPECT_NE(plan.out.find(part), std::string::npos) << part << "\n" << plan.out;
}

TEST_F(Pull, ARunObtainsWhatIsMissingUnlessOffline) {
  const test::WireServer server(
      [](const test::WireRequest&) { return whole_reply(200, "q,a,b,gold\nOne?,x,y,A\n"); });
  write_suite(server.url());
  test::write_text(folder / "answers.jsonl",
                   "{\"suite\":\"tiny\",\"item\":\"0\",\"text\":\"Answer: A\"}\n");
  const std::vector<std::string> run{"run",          "-m",    "replay:answers.jsonl", "-s", "tiny",
                                     "--suites-dir", "suites"};
  std::vector<std::string> offline = run;
  offline.emplace_back("--offline");
  const Ran without = here(offline);
  EXPECT_EQ(without.code, 1);
  EXPECT_NE(without.err.find("tiny/rows.csv is missing"), std::string::npos) << without.err;
  EXPECT_TRUE(server.seen().empty());
  const Ran with = here(run);
  EXPECT_EQ(with.code, 0) << with.err;
  EXPECT_NE(with.err.find("getting tiny/rows.csv (licence CC0-1.0)"), std::string::npos)
      << with.err;
}

}  // namespace
}  // namespace leitai
