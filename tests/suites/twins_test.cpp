// Twins of suites: what changes, and that the answer goes with it.
#include "suites/house/twins.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "suites/grade.h"
#include "suites/loader.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

std::unique_ptr<Suite> only(const std::string& spec, const LoaderPaths& paths = {},
                            std::uint64_t seed = 42) {
  SuiteOptions options;
  options.seed = seed;
  auto suites = open_suites({spec, options, "-s"}, paths);
  EXPECT_EQ(suites.size(), 1u);
  return std::move(suites[0]);
}

std::string text_of(const Item& item) { return item.prompt.messages.back().text(); }

Score answered(const Item& item, std::string text) {
  Response response;
  response.outcome = Outcome::Answered;
  response.finish_reason = FinishReason::Stop;
  response.text = std::move(text);
  return *grade(item, response);
}

TEST(Twins, OptionsChangePlacesAndTheRightOneItsLetter) {
  test::TempDir dir;
  std::string lines;
  for (int i = 0; i < 40; ++i) {
    lines += Json{{"question", "Which is " + std::to_string(i) + "?"},
                  {"options", {{"A", "red"}, {"B", "dark red"}, {"C", "green"}, {"D", "blue"}}},
                  {"answer", i % 2 == 0 ? "B" : "green"}}
                 .dump() +
             "\n";
  }
  lines +=
      R"({"question":"All?","options":{"A":"one","B":"two","C":"all of the above"},"answer":"C"})"
      "\n"
      R"({"question":"Two?","options":{"A":"one","B":"two","C":"A and B"},"answer":"C"})"
      "\n";
  test::write_text(dir / "colours.jsonl", lines);
  const std::string file = (dir / "colours.jsonl").string();
  const auto base = only(file), twins = only("house/twins/" + file);
  EXPECT_EQ(twins->info().name, "house/twins/colours");
  EXPECT_NE(twins->info().version, base->info().version);
  std::map<std::string, int> letters;
  for (std::int64_t i = 0; i < 40; ++i) {
    const Item item = base->item(i), twin = twins->item(i);
    EXPECT_EQ(twin.id, item.id);
    EXPECT_EQ(twin.tags.back(), "twin=options");
    const std::string right = i % 2 == 0 ? "dark red" : "green";
    const std::string letter = twin.grading.gold.at(0);
    EXPECT_NE(letter, i % 2 == 0 ? "B" : "C");
    EXPECT_NE(text_of(twin).find(letter + ". " + right), std::string::npos) << text_of(twin);
    EXPECT_EQ(text_of(twin).size(), text_of(item).size());
    EXPECT_EQ(answered(twin, "The answer is " + letter + ".").status, ScoreStatus::Correct);
    EXPECT_EQ(answered(twin, "The answer is " + item.grading.gold[0] + ".").status ==
                  ScoreStatus::Correct,
              item.grading.gold[0] == right);
    ++letters[letter];
    EXPECT_EQ(dump(to_json(twin)), dump(to_json(twins->item(i))));
  }
  EXPECT_EQ(letters.size(), 4u);
  for (const std::int64_t i : {40, 41}) {
    EXPECT_EQ(twins->item(i).tags.back(), "twin=same");
    EXPECT_EQ(text_of(twins->item(i)), text_of(base->item(i)));
  }
}

TEST(Twins, PeopleGetOtherNamesAndTheNumberStays) {
  test::TempDir dir;
  test::write_text(
      dir / "q.jsonl",
      R"({"question":"Janet gives Tom 3 of Janet's 7 eggs. Tomorrow Josh eats 1. How many has Janet?","answer":4,"language":"en"})"
      "\n"
      R"({"question":"\u5c0f\u660e\u67093\u4e2a\u82f9\u679c\uff0c\u5c0f\u7ea2\u67095\u4e2a\u3002\u5c0f\u7ea2\u591a\u51e0\u4e2a\uff1f","answer":2,"language":"zh"})"
      "\n"
      R"({"question":"What is 2+2?","answer":4,"language":"en"})"
      "\n");
  const std::string file = (dir / "q.jsonl").string();
  const auto base = only(file), twins = only("house/twins/" + file),
             others = only("house/twins/" + file, {}, 7);
  const std::string text = text_of(twins->item(0));
  EXPECT_EQ(text.find("Janet"), std::string::npos) << text;
  EXPECT_EQ(text.find("Tom "), std::string::npos) << text;
  EXPECT_NE(text.find("Tomorrow"), std::string::npos) << text;  // begins with a name and is none
  EXPECT_NE(text.find("'s 7 eggs"), std::string::npos) << text;
  EXPECT_EQ(twins->item(0).grading, base->item(0).grading);
  EXPECT_EQ(twins->item(0).tags.back(), "twin=names");
  EXPECT_NE(text, text_of(others->item(0)));
  EXPECT_NE(text_of(twins->item(1)), text_of(base->item(1)));
  EXPECT_EQ(text_of(twins->item(1)).size(), text_of(base->item(1)).size());
  EXPECT_EQ(twins->item(2).tags.back(), "twin=same");
}

TEST(Twins, NamesGoWithWhatIsGradedAndLongerNamesStay) {
  test::TempDir dir;
  const auto line = [](const std::string& question) {
    return Json{{"question", question}, {"answer", "Tom"}, {"scorer", "exact"}, {"language", "en"}}
               .dump() +
           "\n";
  };
  std::string lines = Json{{"question", "Janet and Tom race. Who wins, as JSON?"},
                           {"answer", "x"},
                           {"scorer", "json_schema"},
                           {"schema", {{"enum", {"Janet", "Tom"}}}},
                           {"language", "en"}}
                          .dump() +
                      "\n";
  lines += line("In San Rafael lives Janet Smith. Who is her friend?");
  lines += line("King Henry, John Adams and Mr. Tom Jones met.");
  for (int i = 0; i < 50; ++i)
    lines += line("It is time that John had more jam. " + std::to_string(i));
  test::write_text(dir / "q.jsonl", lines);
  const std::string file = (dir / "q.jsonl").string();
  const auto base = only(file), twins = only("house/twins/" + file);
  const Item twin = twins->item(0);
  EXPECT_EQ(twin.tags.back(), "twin=names");
  const Json allowed = Json::parse(twin.grading.fields_json)["schema"]["enum"];
  for (const Json& name : allowed) {
    EXPECT_NE(twin.question.find(name.get<std::string>()), std::string::npos) << twin.question;
    EXPECT_TRUE(name != "Janet" && name != "Tom");
  }
  for (const std::int64_t i : {1, 2}) {
    EXPECT_EQ(twins->item(i).tags.back(), "twin=same") << twins->item(i).question;
    EXPECT_EQ(twins->item(i).question, base->item(i).question);
  }
  for (std::int64_t i = 3; i < 53; ++i) {  // nobody who looks like "time" or "jam"
    const std::string text = twins->item(i).question;
    for (const char* name : {"Tim had", "Sam had", "Jim had"})
      EXPECT_EQ(text.find(name), std::string::npos) << text;
  }
}

TEST(Twins, GeneratedSuitesDrawOtherNumbersByTheSameTemplates) {
  const auto base = only("house/ledger/zh"), twins = only("house/twins/house/ledger/zh");
  EXPECT_EQ(twins->info().name, "house/twins/house/ledger/zh");
  int same = 0;
  for (std::int64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(twins->item(i).tags[0], base->item(i).tags[0]);  // the level
    EXPECT_EQ(twins->item(i).tags.back(), "twin=numbers");
    same += twins->item(i).question == base->item(i).question;
  }
  EXPECT_LE(same, 1);
}

TEST(Questions, ColumnsOfLettersAreOptions) {
  test::TempDir dir;
  test::write_text(dir / "q.csv",
                   "question,A,B,C,answer\nWhich?,red,blue,green,B\nYes?,no,yes,,A\n");
  const auto suite = only((dir / "q.csv").string());
  EXPECT_EQ(text_of(suite->item(0)), "Which?\nA. red\nB. blue\nC. green");
  EXPECT_EQ(text_of(suite->item(1)), "Yes?\nA. no\nB. yes");
  EXPECT_EQ(answered(suite->item(0), "The answer is B.").status, ScoreStatus::Correct);
}

TEST(Twins, MistakesAreNamed) {
  EXPECT_TRUE(suite_mistake({"house/twins", {}, "-s"}, {}));
  const auto mistake = suite_mistake({"house/twins/gsm9k", {}, "-s"}, {});
  ASSERT_TRUE(mistake);
  EXPECT_NE(mistake->find("gsm8k"), std::string::npos) << *mistake;
  EXPECT_FALSE(suite_mistake({"house/twins/house/order/en", {}, "-s"}, {}));
}

TEST(Twins, OfPublishedItems) {
  LEITAI_NEEDS_SHARED("datasets/gsm8k");
  LoaderPaths paths;
  paths.data_dirs.push_back(test::shared_dir() / "datasets");
  const auto base = only("gsm8k", paths), twins = only("house/twins/gsm8k", paths);
  std::map<std::string, int> done;
  for (std::int64_t i = 0; i < base->info().size; ++i) {
    const Item item = base->item(i), twin = twins->item(i);
    ++done[twin.tags.back()];
    ASSERT_EQ(twin.grading, item.grading);
    ASSERT_EQ(twin.tags.back() == "twin=names", text_of(twin) != text_of(item)) << item.id;
  }
  EXPECT_GT(done["twin=names"], 550);  // the others name nobody
}

}  // namespace
}  // namespace leitai
