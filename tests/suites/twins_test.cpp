// Twins of suites: what changes, and that the answer goes with it.
#include "suites/house/twins.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <set>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "suites/grade.h"
#include "suites/house/renumber.h"
#include "suites/loader.h"
#include "suites/worked.h"
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

house::Renumbered renumbered(const std::string& question, const std::string& solution,
                             const std::string& gold, std::uint64_t seed = 1) {
  SplitMix64 dice(seed);
  return house::renumber(question, solution, gold, dice);
}

TEST(Renumber, ChangesWhatTheChainExplainsAndNothingElse) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto got = renumbered(
        "At 6:45 on the 3rd of May 2019 Ann buys 12 pens for $2.50 each and an 8-colour box for "
        "$10. She pays half of it. How much is that?",
        "<<12*2.50=30>>30 <<30+10=40>>40 <<40/2=20>>20", "20", seed);
    ASSERT_EQ(got.refused, "");
    std::smatch found;
    ASSERT_TRUE(std::regex_match(
        got.question, found,
        std::regex("At 6:45 on the 3rd of May 2019 Ann buys (\\d+) pens for \\$(\\d\\.\\d\\d) each "
                   "and an 8-colour box for \\$(\\d\\d)\\. She pays half of it. How much is "
                   "that\\?")))
        << got.question;
    const double n = std::stod(found[1]), price = std::stod(found[2]), box = std::stod(found[3]);
    EXPECT_NEAR((n * price + box) / 2, std::stod(got.gold), 1e-9) << got.question;
    EXPECT_GE(n, 2);
    EXPECT_NE(got.gold, "20");
  }
}

TEST(Renumber, PercentagesStayBelowTheirBoundAndArticlesFit) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto got = renumbered(
        "Ben reads 25% of an 80 page book today and a 40 page booklet. How many pages are left of "
        "the book?",
        "<<80*(1-.25)=60>>60", "60", seed);
    ASSERT_EQ(got.refused, "");
    EXPECT_TRUE(got.question.find("an 8") != std::string::npos) << got.question;
    EXPECT_NE(got.question.find("a 40 page booklet"), std::string::npos) << got.question;
    EXPECT_LT(std::stod(got.gold), 89);
    EXPECT_EQ(got.gold.find('.'), std::string::npos) << got.gold;
  }
}

TEST(Renumber, RefusesWhatIsNotCertain) {
  const auto why = [](const std::string& question, const std::string& solution,
                      const std::string& gold) {
    const auto got = renumbered(question, solution, gold);
    EXPECT_TRUE(got.refused.empty() || (got.question == question && got.gold == gold));
    return got.refused;
  };
  EXPECT_EQ(why("Ann has 5 pens.", "5", "5"), "no chain");
  EXPECT_EQ(why("Ann has 5 pens and 6 cups.", "<<5+6=12>>12", "12"), "no chain");  // is false
  EXPECT_EQ(why("Ann has 5 pens and 6 cups.", "<<5+6=11>>11", "12"),
            "the chain does not end in the answer");
  EXPECT_EQ(why("Ann has 5 pens and 6 cups.", "<<5+6+9=20>>20", "20"), "unexplained 9");
  // Which 5 is meant where?
  EXPECT_EQ(why("Ann has 5 pens and 5 cups.", "<<5+5=10>>10", "10"), "no certain number");
  EXPECT_EQ(why("Ann has five pens and 5 cups.", "<<5+5=10>>10", "10"), "no certain number");
  // The 5 friends are those 2 and the other 3, though the chain has a 5 of its own.
  EXPECT_EQ(why("Ann has 5 friends. 2 of them want 5 cups and the other 3 want 4 cups.",
                "<<2*5=10>>10 <<3*4=12>>12 <<10+12=22>>22", "22"),
            "an unused number follows from others");
  // 11 things in all, of which the chain does not speak.
  EXPECT_EQ(why("Ann has 11 things, 5 pens and 6 cups, a pen weighs 3 grams and a cup 20.",
                "<<5*3=15>>15 <<6*20=120>>120 <<15+120=135>>135", "135"),
            "an unused number follows from others");
  // A step that no mark holds: what it uses is not known.
  EXPECT_EQ(why("Seats are $2500. Boards are $500 less than the seats and the lights $1500.",
                "Boards are $2500-$500=$2000. In all $<<2500+2000+1500=6000>>6000", "6000"),
            "a computation outside of the marks");
  EXPECT_EQ(why("A two-ton truck costs $2500 and the lights $1500.", "<<2500+2000+1500=6000>>6000",
                "6000"),
            "unexplained 2000");
  EXPECT_EQ(why("Scoops are $3. If you buy 2 scoops you get 1 scoop. What are 4 scoops?",
                "<<3*4=12>>12", "12"),
            "an offer");
  EXPECT_EQ(why("Halley's comet comes every 75 years. How old is Ann at 90 - 15?", "<<90-15=75>>75",
                "75"),
            "a matter of the world");
  // 14 days are the two weeks.
  for (const char* said : {"two weeks", "2 weeks"}) {
    const auto got =
        renumbered(fmt::format("Ann walked 5 km a day for 14 days. How many km in these {}?", said),
                   "<<5*14=70>>70", "70");
    EXPECT_EQ(got.refused, "");
    EXPECT_NE(got.question.find(fmt::format("14 days. How many km in these {}?", said)),
              std::string::npos)
        << got.question;
  }
}

/// The answer by another way than renumber.cpp: each number of the solution that is one of the old
/// question or of a step, in any form, becomes the new one; in doubles.
std::optional<double> gold_by_substitution(const std::string& before, const std::string& after,
                                           const std::string& solution) {
  const auto key = [](double value) { return std::llround(value * 1e7); };
  const auto number = [](std::string text) {
    std::erase(text, ',');
    return std::stod(text);
  };
  static const std::regex kNumber(R"(\d[\d,]*\.?\d+|\.\d+|\d)"), kMark("<<([^=]*)=([^>]*)>>");
  std::map<long long, double> became;
  const auto all = [&](const std::string& text) {
    return std::vector<std::smatch>(std::sregex_iterator(text.begin(), text.end(), kNumber),
                                    std::sregex_iterator());
  };
  const auto old_ones = all(before), new_ones = all(after);
  if (old_ones.size() != new_ones.size()) return std::nullopt;
  for (std::size_t i = 0; i < old_ones.size(); ++i) {
    const double a = number(old_ones[i].str()), b = number(new_ones[i].str());
    if (a == b) continue;
    became[key(a)] = b;
    if (!old_ones[i].suffix().str().starts_with("%")) continue;
    for (const double sign : {-1.0, 1.0}) {
      became.try_emplace(key(1 + sign * a / 100), 1 + sign * b / 100);
      became.try_emplace(key(100 + sign * a), 100 + sign * b);
    }
    became[key(a / 100)] = b / 100;
  }
  double last = 0;
  for (auto mark = std::sregex_iterator(solution.begin(), solution.end(), kMark);
       mark != std::sregex_iterator(); ++mark) {
    const std::string expression = (*mark)[1];
    std::size_t at = 0;
    const std::function<double(int)> read = [&](int level) {  // 0: sum, 1: product, 2: number
      while (at < expression.size() && expression[at] == ' ') ++at;
      if (level == 2 && expression[at] == '(') {
        ++at;
        const double inside = read(0);
        ++at;
        return inside;
      }
      if (level == 2) {
        const std::size_t end = expression.find_first_not_of("0123456789.,", at);
        const double value = number(expression.substr(at, end - at));
        at = std::min(end, expression.size());
        const auto found = became.find(key(value));
        return found == became.end() ? value : found->second;
      }
      double value = read(level + 1);
      for (;;) {
        while (at < expression.size() && expression[at] == ' ') ++at;
        const char what = at < expression.size() ? expression[at] : ')';
        if (level == 0 ? what != '+' && what != '-' : what != '*' && what != '/') return value;
        ++at;
        const double right = read(level + 1);
        value = what == '+'   ? value + right
                : what == '-' ? value - right
                : what == '*' ? value * right
                              : value / right;
      }
    };
    last = read(0);
    if (const double old = number((*mark)[2]); std::abs(old - last) > 1e-9) became[key(old)] = last;
  }
  return last;
}

TEST(Twins, OfPublishedItems) {
  LEITAI_NEEDS_SHARED("datasets/gsm8k");
  LoaderPaths paths;
  paths.data_dirs.push_back(test::shared_dir() / "datasets");
  const auto base = only("gsm8k", paths), twins = only("house/twins/gsm8k", paths);
  const auto& worked = dynamic_cast<const Worked&>(*base);
  int names = 0, numbers = 0;
  for (std::int64_t i = 0; i < base->info().size; ++i) {
    const Item item = base->item(i), twin = twins->item(i);
    const std::string& tag = twin.tags.back();
    const bool has_numbers = tag.ends_with("numbers");
    names += tag.starts_with("twin=names");
    numbers += has_numbers;
    ASSERT_EQ(tag == "twin=same", text_of(twin) == text_of(item)) << item.id;
    ASSERT_NE(text_of(twin).find(twin.question), std::string::npos) << item.id;
    ASSERT_EQ(twin.grading == item.grading, !has_numbers) << item.id;
    if (!has_numbers) continue;
    const auto gold = gold_by_substitution(item.question, twin.question, worked.solution(i));
    ASSERT_TRUE(gold) << item.id << twin.question;
    ASSERT_NEAR(*gold, std::stod(twin.grading.gold[0]), 1e-6) << item.id << twin.question;
    ASSERT_EQ(answered(twin, "The answer is " + twin.grading.gold[0] + ".").score, 1.0);
    ASSERT_EQ(answered(twin, "The answer is " + item.grading.gold[0] + ".").score, 0.0);
  }
  EXPECT_GT(names, 550);  // the others name nobody
  EXPECT_GT(numbers, 580);
  EXPECT_LT(numbers, 640);
  test::count_compared("golds of twins", numbers);
}

}  // namespace
}  // namespace leitai
