// Recorded answers of real models, with the grades that their publishers gave.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "harness/core/answer_state.h"
#include "suites/grade.h"
#include "suites/loader.h"
#include "suites/sandbox/box.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

Response answered(std::string text) {
  Response out;
  out.outcome = Outcome::Answered;
  out.text = std::move(text);
  return out;
}

struct Agreement {
  int n = 0, same = 0;
  std::set<std::string> only_here, only_there, cut_off;
  std::string told;
};

Agreement compare(const std::string& file) {
  LoaderPaths paths;
  paths.data_dirs.push_back(test::shared_dir() / "datasets");
  std::map<std::string, std::unique_ptr<Suite>> suites;
  Agreement out;
  for (const auto& line : test::read_jsonl(test::shared_dir() / "recorded" / file)) {
    if (!line["published"].is_object()) continue;
    auto& suite = suites[line["suite"]];
    if (!suite) suite = std::move(open_suites({line["suite"], {}, "-s"}, paths).at(0));
    const std::string id = line["item"];
    const Item item = suite->item(std::stoll(id.substr(id.find('/') + 1)));
    EXPECT_EQ(item.id, id);
    EXPECT_NE(line["prompt"].get<std::string>().find(item.question), std::string::npos) << id;
    const Response response = answered(line["text"]);
    const auto score = grade(item, response);
    if (is_cut_off(response, score)) out.cut_off.insert(id);
    const bool here = score && score->status == ScoreStatus::Correct;
    const bool there = line["published"]["correct"];
    ++out.n;
    out.same += here == there;
    if (here == there) continue;
    (here ? out.only_here : out.only_there).insert(id);
    out.told += fmt::format("{}: {} ({})\n", id, score ? score->why : "", score->tier);
  }
  return out;
}

TEST(Recorded, BbhGradesAreThoseOfThePublisher) {
  LEITAI_NEEDS_SHARED("recorded/bbh-cot");
  LEITAI_NEEDS_SHARED("datasets/bbh");
  int n = 0;
  for (const char* task : {"boolean_expressions", "date_understanding", "dyck_languages",
                           "movie_recommendation", "multistep_arithmetic_two", "word_sorting"}) {
    const Agreement found = compare(fmt::format("bbh-cot/code-davinci-002.{}.jsonl", task));
    EXPECT_EQ(found.n, 250) << task;
    EXPECT_EQ(found.same, 250) << task << "\n" << found.told;
    n += found.n;
  }
  test::count_compared("published grades of BBH", n);
}

// Judged one by one; the publisher compares text: 233 asks for degrees (30 and 30 with the sign),
// 67 and 24 for per cents (10 and 10 %), 70 and 71 for a number in a base that the question names
// (40 and 40 in base 9), 255 for a letter (E and (E)), 25 for a set of roots in any order; of 90
// another number was taken. Each is right.
TEST(Recorded, Math500GradesAreThoseOfThePublisherButForHisDefects) {
  LEITAI_NEEDS_SHARED("recorded/deepseek-v3-vs-qwen25");
  LEITAI_NEEDS_SHARED("datasets/math500");
  const std::map<std::string, std::set<std::string>> defects{
      {"DeepSeek-V3", {"24", "70", "71", "90", "233", "255"}},
      {"Qwen2.5-72B-Instruct", {"67", "71", "233", "255"}},
      {"Qwen2.5-7B-Instruct", {"25", "67", "233"}}};
  int n = 0;
  for (const auto& [model, known] : defects) {
    const Agreement found = compare(fmt::format("deepseek-v3-vs-qwen25/{}.math500.jsonl", model));
    EXPECT_EQ(found.only_here, known) << model << "\n" << found.told;
    EXPECT_TRUE(found.only_there.empty()) << model << "\n" << found.told;
    n += found.n;
  }
  test::count_compared("published grades of MATH-500", n);
}

// Judged one by one. 48 of Qwen2.5-7B is right; the publisher's clock had run out. In 54 of
// Qwen2.5-72B a right program is followed by "the corrected implementation", which is wrong: the
// last word counts (A7), the publisher ran the first. 32 and 38 need the helper function of their
// prompt, 131 of DeepSeek-V3 ends in the middle of a line.
TEST(Recorded, HumanEvalGradesAreThoseOfThePublisherButForTwo) {
  LEITAI_NEEDS_SHARED("recorded/deepseek-v3-vs-qwen25");
  LEITAI_NEEDS_SHARED("datasets/humaneval");
  if (!box_trouble().empty()) GTEST_SKIP() << box_trouble();
  int n = 0;
  for (const auto& [model, here, there] :
       std::vector<std::tuple<std::string, std::set<std::string>, std::set<std::string>>>{
           {"DeepSeek-V3", {}, {}},
           {"Qwen2.5-72B-Instruct", {}, {"HumanEval/54"}},
           {"Qwen2.5-7B-Instruct", {"HumanEval/48"}, {}}}) {
    const Agreement found = compare(fmt::format("deepseek-v3-vs-qwen25/{}.humaneval.jsonl", model));
    EXPECT_EQ(found.only_here, here) << model << "\n" << found.told;
    EXPECT_EQ(found.only_there, there) << model << "\n" << found.told;
    EXPECT_EQ(found.cut_off, model == "DeepSeek-V3" ? std::set<std::string>{"HumanEval/131"}
                                                    : std::set<std::string>{})
        << model;
    n += found.n;
  }
  test::count_compared("published grades of HumanEval", n);
}

}  // namespace
}  // namespace leitai
