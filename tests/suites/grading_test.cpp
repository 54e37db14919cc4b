// Scorers against our own cases, the golden files and recorded answers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "suites/extractors/code.h"
#include "suites/extractors/folding.h"
#include "suites/extractors/number.h"
#include "suites/extractors/quasi_exact.h"
#include "suites/extractors/reasoning.h"
#include "suites/grade.h"
#include "suites/loader.h"
#include "suites/scorers/workbench.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

Json graded(const char* scorer, const Json& line) { return grade_line(find_scorer(scorer), line); }
std::string verdict(const char* scorer, const Json& line) {
  return graded(scorer, line)["verdict"].get<std::string>();
}

TEST(Numeric, EveryTierAndRuleOfTheNumberGrammar) {
  for (const Json& one : test::read_jsonl(test::source_dir() / "tests/golden/numeric.jsonl")) {
    Json line = one;
    if (!line.contains("finish_reason")) line["finish_reason"] = "stop";
    const Json reply = graded("numeric", line);
    EXPECT_EQ(reply["verdict"], one.value("status", "CORRECT")) << one.dump() << "\n"
                                                                << reply.dump();
    EXPECT_EQ(reply["tier"], one["tier"]) << one.dump();
    EXPECT_EQ(reply["score"], one.value("status", "CORRECT") == "CORRECT" ? 1.0 : 0.0)
        << one.dump();
  }
}

TEST(Numeric, SpanPointsIntoTheRawText) {
  const std::string text = "<think>1</think>The answer is \xE2\x88\x92\xEF\xBC\x94\xEF\xBC\x92.";
  const Json reply =
      graded("numeric", {{"text", text}, {"gold", "-42"}, {"finish_reason", "stop"}});
  ASSERT_EQ(reply["verdict"], "CORRECT");
  EXPECT_EQ(text.substr(reply["span"][0],
                        reply["span"][1].get<std::size_t>() - reply["span"][0].get<std::size_t>()),
            "\xE2\x88\x92\xEF\xBC\x94\xEF\xBC\x92");
}

TEST(Numeric, LongNumbersAreComparedByTheirDigits) {
  const std::string a(50, '7'), b = std::string(49, '7') + "8";
  EXPECT_EQ(verdict("numeric", {{"text", a}, {"gold", a}}), "CORRECT");
  EXPECT_EQ(verdict("numeric", {{"text", b}, {"gold", a}}), "INCORRECT");
}

TEST(Numeric, APointBehindAnUnderscoreEnds) {
  EXPECT_EQ(verdict("numeric", {{"text", "x_.3"}, {"gold", "7"}}), "NO_ANSWER");
}

TEST(Numeric, ReadsChineseNumeralsBehindADeclaration) {
  const std::string is = "\u7B54\u6848\u662F";  // the answer is
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\u4E09\u767E\u4E8C\u5341", "320"},
      {"\u4E24\u5343", "2000"},
      {"\u5341\u4E8C\u70B9\u4E94", "12.5"},
      {"\u4E00\u767E\u96F6\u4E94\u5143", "105"},
      {"\u4E00\u4E07\u4E8C", "12000"},
      {"\u4E8C\u3007\u4E8C\u56DB", "2024"},
      {"\u767E\u5206\u4E4B\u4E8C\u5341", "20%"},
      {"\u4E09\u5206\u4E4B\u4E8C", "2/3"},
      {"\u8D1F\u4E94", "-5"},
      {"\u58F9\u4F70\u8D30\u62FE", "120"},
      {"\u4E24\u767E\u4E94", "250"},
      {"\u4E00\u4EBF\u4E09\u5343\u4E07", "130000000"},
      {"\u4E09\u5343\u96F6\u4E94\u5341", "3050"},
      {"\u4E00\u534A", "0.5"},
      {"\u4E24\u4E2A\u534A", "2.5"},
      {"\u5EFF\u4E00", "21"},
      {"\u4E00\u4E2A", "1"},
  };
  for (const auto& [said, gold] : cases) {
    const Json line{{"text", is + said + "\u3002"}, {"gold", gold}, {"language", "zh"}};
    EXPECT_EQ(verdict("numeric", line), "CORRECT") << said << " " << gold;
  }
}

TEST(Exact, TiersAndGuards) {
  EXPECT_EQ(graded("exact", {{"text", " Lisbon \n"}, {"gold", "Lisbon"}})["tier"], "EM");
  EXPECT_EQ(graded("exact", {{"text", "The River Tagus."}, {"gold", "river tagus"}})["tier"],
            "QEM");
  EXPECT_EQ(verdict("exact", {{"text", "U.N."}, {"gold", Json::array({"x", "UN"})}}), "CORRECT");
  EXPECT_EQ(verdict("exact", {{"text", "4.5"}, {"gold", "45"}}), "INCORRECT");
  EXPECT_EQ(verdict("exact", {{"text", "A"}, {"gold", "the"}}), "INCORRECT");
  EXPECT_EQ(verdict("exact", {{"text", "-4"}, {"gold", "4"}}), "INCORRECT");
  EXPECT_EQ(verdict("exact", {{"text", "th\xC3\xA9"}, {"gold", "the"}}), "INCORRECT");
  EXPECT_EQ(verdict("exact", {{"text", "\xE4\xB8\x8A \xE6\xB5\xB7\xE3\x80\x82"},
                              {"gold", "\xE4\xB8\x8A\xE6\xB5\xB7"}}),
            "CORRECT");
  EXPECT_EQ(verdict("exact", {{"text", "The capital is Lisbon"}, {"gold", "Lisbon"}}), "INCORRECT");
  EXPECT_EQ(graded("exact", {{"text", "  "}, {"gold", ""}, {"finish_reason", "stop"}})["score"],
            0.0);
}

TEST(Contains, WholeWordsOnly) {
  EXPECT_EQ(verdict("contains", {{"text", "It is LISBON, I think."}, {"gold", "Lisbon"}}),
            "CORRECT");
  EXPECT_EQ(verdict("contains", {{"text", "There are 15."}, {"gold", "5"}}), "INCORRECT");
  EXPECT_EQ(verdict("contains", {{"text", "<think>Lisbon</think>Porto"}, {"gold", "Lisbon"}}),
            "INCORRECT");
}

TEST(RegexScorer, LastMatchAgainstGoldAndBoundedSearch) {
  EXPECT_EQ(verdict("regex", {{"text", "code AB-12"}, {"pattern", "[A-Z]+-\\d+"}}), "CORRECT");
  EXPECT_EQ(verdict("regex",
                    {{"text", "pick: a. no, pick: b"}, {"pattern", "pick: (\\w)"}, {"gold", "b"}}),
            "CORRECT");
  EXPECT_EQ(verdict("regex",
                    {{"text", "pick: b. no, pick: a"}, {"pattern", "pick: (\\w)"}, {"gold", "b"}}),
            "INCORRECT");
  EXPECT_EQ(verdict("regex", {{"text", "nothing"}, {"pattern", "\\d"}}), "NO_ANSWER");
  const Json reply = graded("regex", {{"text", std::string(5000, 'a')}, {"pattern", "(a+)+b"}});
  EXPECT_EQ(reply["verdict"], "NO_ANSWER");
  EXPECT_THROW(graded("regex", {{"text", "x"}}), Error);
  EXPECT_THROW(graded("regex", {{"text", "x"}, {"pattern", "("}}), Error);
}

TEST(JsonSchema, KeywordsAndPlacesOfJson) {
  const Json schema =
      Json::parse(R"({"type":"object","required":["name","tags"],"additionalProperties":false,
    "properties":{"name":{"type":"string","minLength":2,"pattern":"^[a-z]+$"},"n":{"type":"integer","minimum":1,"multipleOf":3},
    "tags":{"type":"array","items":{"$ref":"#/$defs/tag"},"uniqueItems":true,"maxItems":2}},"$defs":{"tag":{"enum":["x","y"]}}})");
  const auto of = [&](const std::string& text) {
    return verdict("json_schema", {{"text", text}, {"schema", schema}});
  };
  EXPECT_EQ(of(R"({"name":"ab","tags":["x"],"n":6})"), "CORRECT");
  EXPECT_EQ(of("Here:\n```json\n{\"name\":\"ab\",\"tags\":[]}\n```\nDone."), "CORRECT");
  EXPECT_EQ(of("It is {\"name\":\"ab\",\"tags\":[\"y\"]} as asked {or not}."), "CORRECT");
  for (const char* wrong :
       {R"({"name":"ab"})", R"({"name":"a","tags":[]})", R"({"name":"AB","tags":[]})",
        R"({"name":"ab","tags":["z"]})", R"({"name":"ab","tags":["x","x"]})",
        R"({"name":"ab","tags":[],"n":4})", R"({"name":"ab","tags":[],"n":0})",
        R"({"name":"ab","tags":[],"other":1})", "[1]"}) {
    EXPECT_EQ(of(wrong), "INCORRECT") << wrong;
  }
  EXPECT_EQ(of("no json {here"), "NO_ANSWER");
  const Json any = Json::parse(
      R"({"oneOf":[{"type":"number"},{"const":5},{"not":{"type":["string","number"]}}]})");
  EXPECT_EQ(verdict("json_schema", {{"text", "4"}, {"schema", any}}), "CORRECT");
  EXPECT_EQ(verdict("json_schema", {{"text", "5"}, {"schema", any}}), "INCORRECT");
  EXPECT_EQ(verdict("json_schema", {{"text", "null"}, {"schema", any}}), "CORRECT");
  try {
    graded("json_schema", {{"text", "{}"}, {"schema", {{"propertis", Json::object()}}}});
    FAIL() << "an unknown keyword passed";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean \"properties\""), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(verdict("json_schema", {{"text", "{}"}, {"schema", {{"$ref", "#"}}}}), "INCORRECT")
      << "a schema without end must not hang";
}

TEST(Workbench, UnknownScorerNamesTheNearest) {
  try {
    find_workbench_grader("numerik");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("\"numerik\"; did you mean \"numeric\""),
              std::string::npos)
        << error.what();
  }
}

TEST(Grade, OutcomesThatAreNoAnswers) {
  Item item;
  item.grading = {"numeric", {"4"}, ""};
  Response response;
  response.text = "4";
  response.outcome = Outcome::Failed;
  EXPECT_FALSE(grade(item, response));
  response.outcome = Outcome::Filtered;
  EXPECT_EQ(grade(item, response)->status, ScoreStatus::Refused);
  EXPECT_EQ(grade(item, response)->score, 0.0);
  response.outcome = Outcome::Empty;
  EXPECT_EQ(grade(item, response)->status, ScoreStatus::EmptyAnswer);
  response.outcome = Outcome::Truncated;  // "4" was not declared
  EXPECT_EQ(grade(item, response)->status, ScoreStatus::NoAnswer);
  response.outcome = Outcome::Answered;
  EXPECT_EQ(grade(item, response)->status, ScoreStatus::Correct);
  item.grading.scorer = "regex";
  EXPECT_EQ(grade(item, response)->status, ScoreStatus::InfraError);
  item.grading.scorer = "";
  EXPECT_FALSE(grade(item, response));
}

TEST(Golden, ReasoningSplits) {
  LEITAI_NEEDS_SHARED("golden/grading/reasoning.jsonl");
  const auto grader = find_workbench_grader("reasoning");
  std::int64_t n = 0;
  for (const Json& row : test::read_jsonl(test::shared_dir() / "golden/grading/reasoning.jsonl")) {
    std::string text;
    if (row["text"].is_string()) {
      text = row["text"];
    } else {
      for (const Json& part : row["text_parts"]) {
        for (int i = 0; i < part[1].get<int>(); ++i) text += part[0].get<std::string>();
      }
    }
    const Json reply = grader({{"text", text},
                               {"reasoning_field", row["reasoning_field"]},
                               {"finish_reason", row["finish_reason"]},
                               {"prompt_opens_think", row["prompt_opens_think"]}});
    EXPECT_EQ(reply["answer"], row["expected"]["answer"]) << row["id"];
    EXPECT_EQ(reply["verdict"], row["expected"]["status"]) << row["id"];
    EXPECT_EQ(reply["truncated_answer"], row["expected"].value("truncated_answer", false))
        << row["id"];
    ++n;
    if (row.value("grade", "") != "numeric") continue;
    const Json full = graded("numeric", {{"text", text},
                                         {"reasoning_field", row["reasoning_field"]},
                                         {"finish_reason", row["finish_reason"]},
                                         {"prompt_opens_think", row["prompt_opens_think"]},
                                         {"gold", row["gold"]},
                                         {"language", row["language"]}});
    EXPECT_EQ(full["verdict"], row["verdict"]) << row["id"] << full.dump();
    ++n;
  }
  EXPECT_GE(n, 255);
  test::count_compared("golden/grading/reasoning", n);
}

TEST(Golden, NumbersExtracted) {
  LEITAI_NEEDS_SHARED("golden/grading/extraction.jsonl");
  std::int64_t n = 0, agree = 0;
  for (const Json& row : test::read_jsonl(test::shared_dir() / "golden/grading/extraction.jsonl")) {
    if (row["kind"].get<std::string>().starts_with("tex_")) continue;
    const Json reply =
        graded("numeric", {{"text", row["text"]}, {"finish_reason", row["finish_reason"]}});
    Json got = reply.contains("answers")   ? reply["answers"]
               : reply["answer"].is_null() ? Json()
                                           : Json::array({reply["answer"]});
    const auto plain = [](const Json& list) {
      std::vector<std::string> out;
      if (list.is_null()) return out;
      for (const Json& one : list) {
        const auto tokens = numbers_in(fold(one.get<std::string>()).text, {});
        out.push_back(tokens.size() == 1 ? tokens[0].value.to_text() : one.get<std::string>());
      }
      return out;
    };
    ++n;
    const bool ok = plain(got) == plain(row["expected"]);
    agree += ok ? 1 : 0;
    EXPECT_TRUE(ok) << row["id"] << " " << reply.dump();
  }
  EXPECT_GE(n, 127);
  EXPECT_GE(static_cast<double>(agree), 0.98 * static_cast<double>(n));
  test::count_compared("golden/grading/extraction (numbers)", n);
}

TEST(Recorded, GradesOfGsm8kAnswersMeetThePublishedOnes) {
  LEITAI_NEEDS_SHARED("recorded/gsm8k");
  std::int64_t n = 0;
  for (const char* file :
       {"gpt3-175b-verification.gsm8k.jsonl", "gpt3-6b-finetuning.gsm8k.jsonl"}) {
    for (const Json& row : test::read_jsonl(test::shared_dir() / "recorded/gsm8k" / file)) {
      const Json reply = graded("numeric", {{"text", row["text"]},
                                            {"gold", row["published"]["detail"]["gold"]},
                                            {"finish_reason", row["finish_reason"]}});
      EXPECT_EQ(reply["verdict"] == "CORRECT", row["published"]["correct"].get<bool>())
          << row["model"] << row["item"] << reply.dump();
      ++n;
    }
  }
  EXPECT_EQ(n, 800);
  test::count_compared("recorded/gsm8k grades", n);
}

TEST(Hostile, MegabyteRunsStayLinear) {
  constexpr std::size_t kSize = 1'000'000;
  std::vector<std::string> units{"#",
                                 "#### ",
                                 "#### 1. a\n",
                                 "answer: ",
                                 "answer:\n",
                                 "the answer is ",
                                 "1",
                                 "1,",
                                 ",000",
                                 "\\boxed{",
                                 "\\boxed{1}",
                                 "<think>",
                                 "</think>",
                                 "<think a=",
                                 "`",
                                 "```a\n",
                                 "\\frac{",
                                 "-",
                                 "<|channel|>",
                                 "`<think>",
                                 "{",
                                 "[",
                                 " ",
                                 "q:\n",
                                 "*",
                                 "1 000 ",
                                 "1:",
                                 "1e",
                                 "2^",
                                 "\xE4\xB8\x80",
                                 "3\xE4\xB8\x87",
                                 "\xE7\xAD\x94\xE6\xA1\x88",
                                 "\xFF"};
  for (const std::string& unit : units) {
    std::string text;
    while (text.size() < kSize) text += unit;
    for (const char* scorer : {"numeric", "exact", "contains", "json_schema"}) {
      const std::clock_t begin = std::clock();  // of this process: other load does not count
      graded(scorer, {{"text", text}, {"gold", "5"}, {"finish_reason", "stop"}, {"schema", true}});
      EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 5.0)
          << scorer << " " << unit;
    }
  }
}

TEST(Hostile, RandomMutationsAlwaysGetAVerdict) {
  const std::vector<std::string> seeds{
      "<think>a</think>The answer is \\boxed{\\frac{1}{2}} or 3,5 = 4e5 %",
      "#### $1,234.50\n```json\n{\"a\":[1]}\n```<|channel|>final<|message|>",
      "\xE7\xAD\x94\xE6\xA1\x88\xEF\xBC\x9A\xE4\xB8\xA4\xE7\x99\xBE\xE4\xBA\x94 1/0 \\boxed 5 "
      "[THINK]"};
  SplitMix64 random(7);
  for (int i = 0; i < 6000; ++i) {
    std::string text = seeds[random.below(seeds.size())];
    for (std::uint64_t edits = random.below(12); edits > 0; --edits) {
      const std::size_t at = random.below(text.size() + 1);
      switch (random.below(3)) {
        case 0:
          text.insert(at, 1, static_cast<char>(random.below(256)));
          break;
        case 1:
          text.insert(at, text.substr(random.below(text.size() + 1), random.below(9)));
          break;
        default:
          text.erase(at, random.below(4));
      }
    }
    // The scorer `code` runs what it finds (sandbox_test.cpp); here, that it finds something or
    // nothing.
    for (const char* language : {"python", "cpp", "java", "js", "go", "rust"})
      extract_code(text, {language, "f", "def f(x):\n", ""});
    for (const Scorer* scorer : scorers()) {
      if (scorer->name == "code") continue;
      const Json fields{{"schema", {{"type", "object"}}},
                        {"pattern", "(\\d+)"},
                        {"options", {{"A", "42"}, {"B", "or"}}},
                        {"instruction_id_list", Json::array({"keywords:existence"})},
                        {"kwargs", Json::array({{{"keywords", Json::array({"answer"})}}})}};
      const std::vector<std::string> gold{"5"};
      const Score score = scorer->grade({.text = text,
                                         .gold = gold,
                                         .finish_reason = i % 2 == 0 ? "stop" : "length",
                                         .fields = &fields});
      ASSERT_TRUE(score.score.has_value()) << scorer->name;
      if (score.span) {
        ASSERT_LE(score.span->second, text.size());
      }
    }
  }
}

}  // namespace
}  // namespace leitai
