// Scorers math and choice against our own cases, the golden files and recorded answers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "suites/math/equivalence.h"
#include "suites/scorers/workbench.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

Json graded(const char* scorer, const Json& line) { return grade_line(find_scorer(scorer), line); }

bool is_equal(const std::string& answer, const std::string& gold) {
  return graded("math", {{"answer", answer}, {"gold", gold}})["verdict"] == "CORRECT";
}

double milliseconds_for(const std::string& answer, const std::string& gold) {
  const auto begin = std::chrono::steady_clock::now();
  is_equal(answer, gold);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

std::string times(int n, std::string_view text) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

TEST(MathScorer, OurOwnPairs) {
  for (const Json& row : test::read_jsonl(test::source_dir() / "tests/golden/math.jsonl"))
    EXPECT_EQ(is_equal(row["answer"], row["gold"]), row["equal"].get<bool>()) << row.dump();
}

TEST(MathScorer, GoldenPairs) {
  LEITAI_NEEDS_SHARED("golden/grading/math.jsonl");
  int n = 0, agree = 0, false_equal = 0;
  for (const Json& row : test::read_jsonl(test::shared_dir() / "golden/grading/math.jsonl")) {
    const std::string gold = row["gold"], answer = row["answer"];
    const bool wanted = row["equal"], given = is_equal(answer, gold);
    // An answer is itself, whatever else is true of it.
    if (!gold.empty()) {
      EXPECT_TRUE(is_equal(gold, gold)) << gold;
    }
    if (row.value("contested", false)) continue;
    ++n;
    agree += given == wanted;
    false_equal += given && !wanted;
    EXPECT_EQ(given, wanted) << row["id"] << ": " << answer << " for " << gold;
  }
  EXPECT_GE(agree, n * 98 / 100);
  EXPECT_LE(false_equal, 1);
  test::count_compared("math answers", n);
}

TEST(MathScorer, GoldAnswersOfTheDataAreReadAndEqualTheirWrappings) {
  LEITAI_NEEDS_SHARED("datasets/math500/test.jsonl");
  int n = 0;
  for (const Json& row : test::read_jsonl(test::shared_dir() / "datasets/math500/test.jsonl")) {
    const std::string gold = row["answer"];
    EXPECT_TRUE(math::read(gold).node.has_value()) << gold;
    const Json reply = graded(
        "math", {{"text", "So we get $x+1$.\n\n\\[ \\boxed{" + gold + "} \\]"}, {"gold", gold}});
    EXPECT_EQ(reply["verdict"], "CORRECT") << gold;
    EXPECT_EQ(reply["tier"], "box") << gold;
    EXPECT_EQ(
        graded("math", {{"text", "The answer is $" + gold + "$."}, {"gold", gold}})["verdict"],
        "CORRECT")
        << gold;
    ++n;
  }
  test::count_compared("gold answers in their wrappings", n);
}

TEST(MathScorer, VerdictsOfPublishersOnRecordedAnswers) {
  LEITAI_NEEDS_SHARED("recorded/qwen25-math");
  int n = 0;
  for (const Json& row : test::read_jsonl(
           test::shared_dir() / "recorded/qwen25-math/Qwen2.5-Math-Instruct.math.jsonl")) {
    const Json& published = row["published"];
    const Json reply =
        graded("math", {{"text", row["text"]}, {"gold", published["detail"]["gold"]}});
    EXPECT_EQ(reply["verdict"] == "CORRECT", published["correct"].get<bool>()) << row["item"];
    ++n;
  }
  test::count_compared("recorded math answers", n);
}

TEST(MathScorer, ExtractionTakesDeclarationsBeforeAnythingElse) {
  const auto of = [](const std::string& text, const char* finish = "stop") {
    return graded("math", {{"text", text}, {"finish_reason", finish}});
  };
  // The last box; boxes side by side are a list, others are not joined.
  EXPECT_EQ(of("\\boxed{3} no, \\boxed{5}")["answer"], "5");
  EXPECT_EQ(of("first \\boxed{840}, and so again \\boxed{840}")["answer"], "840");
  EXPECT_EQ(of("$\\boxed{1}$ and $\\boxed{2}$")["answers"], Json::array({"1", "2"}));
  EXPECT_EQ(of("Thus \\[ \\boxed{37} \\]")["answer"], "37");
  EXPECT_EQ(of("\\boxed{e^{-\\frac{x}{2}}} is one. I also tried $0$.")["answer"],
            "e^{-\\frac{x}{2}}");
  EXPECT_EQ(of("<think>$\\boxed{9}$?</think>We find $\\boxed{x^{\\frac{1}{3}}}$.")["answer"],
            "x^{\\frac{1}{3}}");
  EXPECT_EQ(of("Final Answer: The final answer is $\\sqrt{7}$. I hope it is correct.")["tier"],
            "minerva");
  EXPECT_EQ(of("Hence the final answer is \\(\\frac{\\pi}{8}\\).")["answer"], "\\frac{\\pi}{8}");
  EXPECT_EQ(of("The answer is\n\\[\\frac{1+x}{2}\\]")["answer"], "\\frac{1+x}{2}");
  EXPECT_EQ(of("\\[\n\\text{Answer: } 1+\\sqrt{3}\n\\]")["answer"], "1+\\sqrt{3}");
  // Fallbacks say so, and are off for an answer that was cut.
  EXPECT_EQ(of("So $y = 1 + 1 = 2^{n}$")["answer"], "2^{n}");
  EXPECT_EQ(of("So $y = 1 + 1 = 2^{n}$")["flags"], Json::array({"fallback"}));
  EXPECT_EQ(of("The solution is (-2, 2).")["answer"], "(-2, 2)");
  EXPECT_EQ(of("From (1, 2) it is 5 away (in total 12).")["answer"], "12");
  EXPECT_EQ(of("So $y = 2$ and", "length")["verdict"], "NO_ANSWER");
  EXPECT_EQ(of("The box is \\boxed{\\sqrt{2}+1", "length")["verdict"], "NO_ANSWER");
  EXPECT_EQ(of("I'm sorry, I can't help.")["verdict"], "REFUSED");
  // A declaration that cannot be read is not searched for numbers.
  EXPECT_EQ(graded("math", {{"text", "\\boxed{1+\\frac{1}{e}}"}, {"gold", "1"}})["verdict"],
            "INCORRECT");
}

TEST(MathScorer, GoldenExtractions) {
  LEITAI_NEEDS_SHARED("golden/grading/extraction.jsonl");
  int n = 0;
  for (const Json& row : test::read_jsonl(test::shared_dir() / "golden/grading/extraction.jsonl")) {
    if (!row["kind"].get<std::string>().starts_with("tex_")) continue;
    std::string text = row["text"];
    // Some rows hold the place of the expression where the expression was meant to stand.
    if (const std::size_t at = text.find("{E}"); at != std::string::npos)
      text.replace(at, 3, row["expected"][0].get<std::string>());
    const Json reply = graded("math", {{"text", text}, {"finish_reason", row["finish_reason"]}});
    EXPECT_EQ(reply["answer"], row["expected"].is_null() ? Json() : row["expected"][0])
        << row.dump();
    ++n;
  }
  test::count_compared("extracted expressions", n);
}

TEST(MathScorer, AnEquationThatComputesGivesItsRightSide) {
  EXPECT_EQ(graded("math", {{"text", "The answer is $a+b = 7$."}, {"gold", "7"}})["verdict"],
            "CORRECT");
  EXPECT_EQ(graded("math", {{"text", "The answer is $a+b = 7$."}, {"gold", "c=7"}})["verdict"],
            "INCORRECT");
  EXPECT_FALSE(is_equal("a+b=7", "7"));
  EXPECT_EQ(
      graded("math", {{"text", "The roots are $x=5$ and $x=7$."}, {"gold", "7,5"}})["verdict"],
      "CORRECT");
}

TEST(MathScorer, LongIntegersAreComparedToTheirEnd) {
  const std::string digits(100'000, '7');
  const math::Reading gold = math::read(digits + "1");
  EXPECT_TRUE(math::compare(math::read(digits + "1"), gold, 1).is_equal);
  EXPECT_FALSE(math::compare(math::read(digits + "2"), gold, 1).is_equal);
}

TEST(MathScorer, HostileAnswersAreDecidedInTime) {
  const std::pair<std::string, std::string> hostile[] = {
      {times(25, "1\\frac{") + "2" + times(25, "}{3}"), "7"},
      {times(2000, "("), "1"},
      {times(140, "(") + "x" + times(140, ")"), "x"},
      {times(60, "\\pm1,") + "1", times(60, "\\pm2,") + "1"},
      {times(400, "3000!+") + "1", "5"},
      {times(3000, "\\text{"), "1"},
      {"9^{9^{9^{9}}}", "1"},
      {times(100, "\\sin(x)+\\sqrt{x+") + "1" + times(100, "}"), times(99, "\\sin(x)+") + "1"},
      {times(500, "\\begin{pmatrix}"), "1"},
      {times(60, "\\frac13") + "\\begin{pmatrix}" + times(900, "1&") + "1\\end{pmatrix}", "1"},
      {std::string(100'000, '7'), std::string(100'000, '8')}};
  for (const auto& [answer, gold] : hostile) {
    EXPECT_LT(milliseconds_for(answer, gold), 250) << answer.substr(0, 40);
    EXPECT_LT(milliseconds_for(gold, answer), 250) << answer.substr(0, 40);
  }
}

TEST(ChoiceScorer, OurOwnAnswers) {
  const Json four = {{"A", "w1"}, {"B", "w2"}, {"C", "w3"}, {"D", "w4"}};
  for (const Json& row : test::read_jsonl(test::source_dir() / "tests/golden/choice.jsonl")) {
    Json line = row;
    if (!line.contains("options")) line["options"] = four;
    const Json reply = graded("choice", line);
    EXPECT_EQ(reply["answer"], row["expected"]) << row.dump() << "\n" << reply.dump();
    if (row.contains("tier")) {
      EXPECT_EQ(reply["tier"], row["tier"]) << row.dump();
    }
  }
}

TEST(ChoiceScorer, GoldenAnswers) {
  LEITAI_NEEDS_SHARED("golden/grading/choice.jsonl");
  int n = 0, agree = 0;
  for (const Json& row : test::read_jsonl(test::shared_dir() / "golden/grading/choice.jsonl")) {
    if (row.value("contested", false) || row["kind"] == "option_text_negation") continue;
    Json line = {{"text", row["text"]}, {"options", row["options"]}};
    if (row.value("multi_select", false)) line["multi_select"] = true;
    const Json reply = graded("choice", line);
    ++n;
    agree += reply["answer"] == row["expected"];
    EXPECT_EQ(reply["answer"], row["expected"]) << row.dump();
  }
  EXPECT_GE(agree * 100, n * 99);
  test::count_compared("choice answers", n);
}

TEST(ChoiceScorer, VerdictsAndGoldAnswers) {
  const Json options = {{"A", "Quito"}, {"B", "Lima"}, {"C", "Bogota"}};
  const auto verdict = [&](Json line) {
    line["options"] = options;
    return graded("choice", line)["verdict"].get<std::string>();
  };
  EXPECT_EQ(verdict({{"text", "Answer: B"}, {"gold", "B"}}), "CORRECT");
  EXPECT_EQ(verdict({{"text", "Answer: B"}, {"gold", "Lima"}}), "CORRECT");
  EXPECT_EQ(verdict({{"text", "Answer: B"}, {"gold", "C"}}), "INCORRECT");
  EXPECT_EQ(verdict({{"text", "Answer: B or C"}, {"gold", "C"}}), "MULTI");
  EXPECT_EQ(verdict({{"text", "I am torn between A and C."}, {"gold", "C"}}), "AMBIGUOUS");
  EXPECT_EQ(verdict({{"text", "\\boxed{D}"}, {"gold", "C"}}), "INVALID_LABEL");
  EXPECT_EQ(verdict({{"text", "<think>Answer: B"}, {"gold", "B"}, {"finish_reason", "length"}}),
            "TRUNCATED_REASONING");
  EXPECT_EQ(verdict({{"text", "Perhaps it is B"}, {"gold", "B"}, {"finish_reason", "length"}}),
            "NO_ANSWER");
  EXPECT_EQ(verdict({{"text", "A, C"}, {"gold", "AC"}, {"multi_select", true}}), "CORRECT");
  EXPECT_EQ(verdict({{"text", "A, C"}, {"gold", {"C", "A"}}, {"multi_select", true}}), "CORRECT");
  const Json part =
      graded("choice",
             {{"text", "Answer: A"}, {"gold", "AC"}, {"multi_select", true}, {"options", options}});
  EXPECT_EQ(part["verdict"], "INCORRECT");
  EXPECT_EQ(part["flags"], Json::array({"proper_subset"}));
  EXPECT_THROW(graded("choice", {{"text", "B"}}), Error);
}

TEST(ChoiceScorer, SpanPointsIntoTheRawText) {
  const std::string text = "<think>A?</think>\xE7\xAD\x94\xE6\xA1\x88\xEF\xBC\x9A **\xEF\xBC\xA2**";
  const Json reply =
      graded("choice", {{"text", text}, {"options", {{"A", "x"}, {"B", "y"}}}, {"gold", "B"}});
  ASSERT_EQ(reply["verdict"], "CORRECT");
  const std::size_t begin = reply["span"][0], end = reply["span"][1];
  EXPECT_EQ(text.substr(begin, end - begin), "\xEF\xBC\xA2");
}

}  // namespace
}  // namespace leitai
