// Text metrics against sacreBLEU's and rouge_score's own numbers, log-likelihood metrics against
// cases worked out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/item.h"
#include "harness/core/response.h"
#include "harness/core/text.h"
#include "suites/grade.h"
#include "suites/loader.h"
#include "suites/metrics/bleu.h"
#include "suites/metrics/chrf.h"
#include "suites/metrics/corpus_line.h"
#include "suites/metrics/loglikelihood.h"
#include "suites/metrics/porter.h"
#include "suites/metrics/squad.h"
#include "suites/metrics/ter.h"
#include "suites/scorers/workbench.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

std::string joined(const metrics::Words& words) {
  std::string out;
  for (const std::u32string& word : words) out += (out.empty() ? "" : " ") + to_utf8(word);
  return out;
}

std::string tokens(const char* tokenizer, std::string_view text) {
  return joined(metrics::bleu_tokens(tokenizer, to_utf32(text)));
}

Json corpus(const char* metric, Json line) { return metrics::corpus_line(metric, line); }

void expect_near(const Json& got, const Json& want, const std::string& where) {
  if (want.is_object()) {
    for (const auto& [key, value] : want.items()) {
      if (key != "signature" || value.is_string())
        expect_near(got.value(key, Json()), value, where + "." + key);
    }
  } else if (want.is_array()) {
    ASSERT_EQ(got.size(), want.size()) << where;
    for (std::size_t i = 0; i < want.size(); ++i) expect_near(got[i], want[i], where);
  } else if (want.is_number()) {
    ASSERT_TRUE(got.is_number()) << where;
    EXPECT_NEAR(got.get<double>(), want.get<double>(),
                1e-9 * std::max(1.0, std::abs(want.get<double>())))
        << where;
  } else {
    EXPECT_EQ(got, want) << where;
  }
}

TEST(TextMetrics, TokenizersOfSacrebleu) {
  EXPECT_EQ(tokens("13a", "Hello, world! It costs $1,234.56 (net)."),
            "Hello , world ! It costs $ 1,234.56 ( net ) .");
  EXPECT_EQ(tokens("13a", "U.S.A. isn't 3-4 x-ray"), "U . S . A . isn't 3 - 4 x-ray");
  EXPECT_EQ(tokens("13a", "a&quot;b&quot; &amp; c"), "a \" b \" & c");
  // Quotes and dashes part; a character of Extension B (U+20000) does not.
  EXPECT_EQ(tokens("zh", "\u201C\u5F15\u53F7\u201D\u2014\u2014\u7834\u6298\u53F7\u2026"),
            "\u201C \u5F15 \u53F7 \u201D \u2014 \u2014 \u7834 \u6298 \u53F7 \u2026");
  EXPECT_EQ(tokens("zh", "\U00020000\u5B57"), "\U00020000 \u5B57");
  EXPECT_EQ(tokens("zh", "\U00020000a"), "\U00020000a");
  EXPECT_EQ(tokens("intl", "It wasn't $5."), "It wasn ' t $ 5.");
  EXPECT_EQ(tokens("char", "ab c"), "a b c");
  EXPECT_EQ(tokens("ja-mecab", "\u5F7C\u306F\u5B66\u751F\u3067\u3059\u3002"),
            "\u5F7C \u306F \u5B66\u751F \u3067\u3059 \u3002");
  EXPECT_THROW(tokens("flores200", "x"), Error);
}

TEST(TextMetrics, GoldenCorpora) {
  LEITAI_NEEDS_SHARED("golden/grading/bleu_chrf.jsonl");
  const Json flags = {{"chrf", Json::object()},
                      {"chrf++", {{"word_order", 2}}},
                      {"chrf|lc", {{"lowercase", true}}},
                      {"chrf|ws", {{"whitespace", true}}},
                      {"chrf|nc4b1", {{"char_order", 4}, {"beta", 1}}},
                      {"chrf|eps", {{"eps_smoothing", true}}},
                      {"ter", Json::object()},
                      {"ter|norm", {{"normalized", true}}},
                      {"ter|nopunct", {{"no_punct", true}}},
                      {"ter|cs", {{"case_sensitive", true}}},
                      {"ter|norm_asian", {{"normalized", true}, {"asian_support", true}}}};
  std::int64_t compared = 0;
  for (const Json& row : test::read_jsonl(test::shared_dir() / "golden/grading/bleu_chrf.jsonl")) {
    for (const auto& [key, want] : row["metrics"].items()) {
      Json line = {{"hyp", row["hyp"]}, {"refs", row["refs"]}};
      const std::string name = key.substr(0, key.find_first_of("|+"));
      if (name == "bleu") {
        const auto parts = split(key, '|');
        line["tokenize"] = parts[1].substr(4);
        line["smooth_method"] = parts[2].substr(7);
        line["lowercase"] = parts.size() > 3;
      } else {
        line.update(flags.at(key));
      }
      expect_near(corpus(name.c_str(), line), want, row["id"].get<std::string>() + " " + key);
      ++compared;
    }
    for (const auto& [name, texts] : row["tokenized"].items()) {
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::string text = row["hyp"][i].get<std::string>();
        EXPECT_EQ(tokens(name.c_str(), text),
                  joined(metrics::split_blank(to_utf32(texts[i].get<std::string>()))))
            << name;
        ++compared;
      }
    }
  }
  test::count_compared("text metrics", compared);
  EXPECT_GT(compared, 1500);
}

TEST(TextMetrics, CasesByHand) {
  const Json same = {{"hyp", {"hi there"}}, {"refs", {{"hi there"}}}};
  EXPECT_EQ(corpus("bleu", same)["score"], 0.0);  // no 3-grams
  Json one = same;
  one["effective_order"] = true;
  EXPECT_NEAR(corpus("bleu", one)["score"].get<double>(), 100, 1e-9);
  EXPECT_EQ(corpus("chrf", {{"hyp", {""}}, {"refs", {{"x"}}}})["score"], 0.0);
  const Json nearest = {{"hyp", {"a b c d e"}}, {"refs", {{"a b c d"}, {"a b c d e f"}}}};
  EXPECT_EQ(corpus("bleu", nearest)["ref_len"], 4);
  // A moved run is one edit; references are tokenized twice.
  EXPECT_EQ(corpus("ter", {{"hyp", {"c d e a b"}}, {"refs", {{"a b c d e"}}}})["num_edits"], 1);
  EXPECT_EQ(
      corpus("ter", {{"hyp", {"x"}}, {"refs", {{"x's\x1Cy"}}}, {"normalized", true}})["ref_length"],
      3.0);
  EXPECT_THROW(corpus("bleu", {{"hyp", {"a"}}, {"refs", {{"a", "b"}}}}), Error);
  EXPECT_THROW(corpus("chrf", {{"hyp", {"a"}}, {"refs", {{"a"}}}, {"char_order", 0}}), Error);
}

TEST(TextMetrics, ScorersForOwnQuestions) {
  const auto graded = [](const char* scorer, const Json& line) {
    return grade_line(find_scorer(scorer), line);
  };
  EXPECT_EQ(graded("bleu", {{"text", "the cat sat here"}, {"gold", "the cat sat here"}})["verdict"],
            "CORRECT");
  const Json part =
      graded("chrf", {{"text", "the cat sat"}, {"gold", {"a dog ran", "the cat sits"}}});
  EXPECT_EQ(part["verdict"], "INCORRECT");
  EXPECT_GT(part["score"].get<double>(), 0.5);
  const Json turned = graded("squad", {{"text", "York, New"}, {"gold", "New York"}});
  EXPECT_EQ(turned["score"], 1.0);  // F1 knows no order
  EXPECT_EQ(turned["exact_match"], 0.0);
  // SQuAD's script calls these equal, both being nothing; the verdict does not.
  const Json vacuous = graded("squad", {{"text", "A"}, {"gold", "the"}});
  EXPECT_EQ(vacuous["exact_match"], 1.0);
  EXPECT_EQ(vacuous["verdict"], "INCORRECT");
  EXPECT_EQ(vacuous["score"], 0.0);
  EXPECT_NEAR(graded("rouge", {{"text", "police killed the gunman"},
                               {"gold", "the gunman kill police"}})["rouge1_stem"]["fmeasure"]
                  .get<double>(),
              1, 1e-12);
}

TEST(TextMetrics, PorterAsNltkHasIt) {
  const std::pair<const char*, const char*> cases[] = {
      {"caresses", "caress"},  {"dies", "die"},        {"flies", "fli"},      {"agreed", "agre"},
      {"hopping", "hop"},      {"filing", "file"},     {"enjoy", "enjoy"},    {"happy", "happi"},
      {"relational", "relat"}, {"radically", "radic"}, {"apology", "apolog"}, {"adoption", "adopt"},
      {"controll", "control"}, {"dying", "die"},       {"news", "news"},      {"skies", "sky"},
      {"hopefully", "hope"},   {"died", "die"},        {"cried", "cri"},      {"oed", "o"},
      {"probate", "probat"},   {"cease", "ceas"},      {"sing", "sing"},      {"by", "by"}};
  for (const auto& [word, stem] : cases) EXPECT_EQ(metrics::porter_stem(word), stem) << word;
}

TEST(TextMetrics, HostileTextsTakeBoundedTime) {
  std::string words;
  for (int i = 0; i < 3000; ++i) words += i % 3 == 0 ? "a " : "b ";
  const std::string other = "b" + words;
  EXPECT_EQ(corpus("ter", {{"hyp", {words}}, {"refs", {{other}}}}).contains("score"), true);
  EXPECT_EQ(grade_line(find_scorer("rouge"), {{"text", words}, {"gold", other}})["verdict"],
            "INCORRECT");
  for (const char* metric : {"bleu", "chrf", "ter"})
    EXPECT_TRUE(
        corpus(metric, {{"hyp", {"\xFF\xFE\x80"}}, {"refs", {{"\xC3"}}}}).contains("score"));
}

TEST(LogLikelihood, MeasuresByHand) {
  const std::vector<std::string> texts{" Yes", " No way", " \u4E0D\u662F", " Definitely not"};
  const std::vector<double> logprobs{-4, -6, -5, -16}, alone{-2, -7.5, -4.5, -20};
  const std::vector<int> tokens{1, 2, 2, 8};
  const metrics::OptionPicks picks = metrics::pick_options({texts, logprobs, tokens, alone});
  EXPECT_EQ(picks.sum, 0u);
  EXPECT_EQ(picks.characters, 1u);
  EXPECT_EQ(picks.bytes, 2u);
  EXPECT_EQ(picks.tokens, 3u);  // -4, -3, -2.5, -2
  EXPECT_EQ(picks.mutual_information, 3u);
  const auto p = metrics::likelihoods(logprobs);
  EXPECT_NEAR(p[0], .665238, 1e-6);
  EXPECT_NEAR(p[3], .000004, 1e-6);
  EXPECT_NEAR(metrics::brier(p, 1), 1.330478, 1e-6);
  EXPECT_NEAR(metrics::brier(p, 0), .180062, 1e-6);
  const std::vector<std::size_t> truths{0, 2};
  EXPECT_NEAR(metrics::true_share(p, truths), .909966, 1e-6);
  // e^-800 is 0 for a double.
  const std::vector<double> tiny{-800, -801};
  const std::vector<std::size_t> first{0};
  EXPECT_NEAR(metrics::true_share(metrics::likelihoods(tiny), first), .731059, 1e-6);
  const metrics::RollingCounts counts{-200.75, 246, 41, 67};
  EXPECT_NEAR(metrics::bits_per_byte(counts), 1.177321, 1e-6);
  EXPECT_NEAR(metrics::byte_perplexity(counts), 2.261565, 1e-6);
  EXPECT_NEAR(metrics::word_perplexity(counts), 133.799373, 1e-6);
  EXPECT_NEAR(metrics::token_perplexity(counts), 20.010731, 1e-6);
}

TEST(LogLikelihood, AnItemWithOptionsIsJudgedByLikelihood) {
  Item item;
  item.grading = {
      "choice", {"C"}, R"({"options": {"A": "Yes", "B": "No way", "C": "x", "D": "y"}})"};
  item.prompt.continuations = {" Yes", " No way", " \u4E0D\u662F", " Definitely not"};
  Response response;
  response.outcome = Outcome::Empty;  // nothing was written
  response.continuation_logprobs = {-4, -6, -5, -16};
  response.continuation_tokens = {1, 2, 2, 8};
  const auto score = grade(item, response);
  ASSERT_TRUE(score);
  EXPECT_EQ(score->scorer, "loglikelihood@1");
  EXPECT_EQ(score->status, ScoreStatus::Correct);
  EXPECT_EQ(score->extracted, "C");
  EXPECT_EQ(score->flags, (std::vector<std::string>{"acc=0/1", "acc_norm=0/1", "acc_bytes=1/1",
                                                    "acc_tokens=0/1"}))
      << "measures beside the score";
  EXPECT_NE(score->why.find("acc A, acc_norm B, acc_bytes C, acc_tokens D"), std::string::npos)
      << score->why;
  // The position or the text names the answer as well.
  item.grading.gold = {"0"};
  EXPECT_EQ(
      grade(item, response)->flags,
      (std::vector<std::string>{"acc=1/1", "acc_norm=0/1", "acc_bytes=0/1", "acc_tokens=0/1"}));
  item.grading.gold = {"No way"};
  EXPECT_EQ(grade(item, response)->flags.at(1), "acc_norm=1/1");
  item.grading.gold = {"E"};
  EXPECT_EQ(grade(item, response)->status, ScoreStatus::InfraError);
}

TEST(LogLikelihood, OwnQuestionsWithOptionsScoreTheirLabels) {
  test::TempDir dir;
  test::write_text(dir / "q.jsonl",
                   R"({"question":"Which?","options":["red","green"],"answer":"green"})"
                   "\n");
  SuiteOptions options;
  options.mode = Mode::LogLikelihood;
  const auto suites = open_suites({(dir / "q.jsonl").string(), options, "-s"}, {});
  const Item item = suites.at(0)->item(0);
  EXPECT_EQ(item.prompt.text, "Which?\nA. red\nB. green\nAnswer:");
  EXPECT_EQ(item.prompt.continuations, (std::vector<std::string>{" A", " B"}));
  Response response;
  response.outcome = Outcome::Answered;
  response.continuation_logprobs = {-2, -1};
  EXPECT_EQ(grade(item, response)->status, ScoreStatus::Correct);  // the answer is given as text
  response.continuation_logprobs = {-1, -2};
  EXPECT_EQ(grade(item, response)->status, ScoreStatus::Incorrect);
}

}  // namespace
}  // namespace leitai
