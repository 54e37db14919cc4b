// house/rules: answers composed to keep to the rules, and to break one of them, in every language.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "suites/grade.h"
#include "suites/house/rules.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

/// A text that follows the rules of an item; `broken` names one to break by one unit.
class Composer {
 public:
  Composer(const Json& wording, const house::RulesItem& item, std::string broken)
      : wording_(wording), item_(item), broken_(std::move(broken)) {}

  std::string text() {
    const int scale = wording_["scale"];
    std::string out;
    const auto line = [&](const std::string& one) { out += one + "\n"; };
    if (has("title") && broken_ != "title") line("<<t>>");
    if (const auto* rule = has("paragraphs")) {
      for (int i = 1; i < rule->n + (broken_ == "paragraphs"); ++i) line("p\n***");
    }
    if (const auto* rule = has("sections")) {
      const std::string section = wording_["section"];
      for (int i = 1; i <= rule->n - (broken_ == "sections"); ++i)
        line(section.size() <= 3 ? fmt::format("\u7B2C{}{}", i, section)
                                 : fmt::format("{} {}", section, i));
    }
    line("t");
    if (const auto* rule = has("bullets")) {
      for (int i = 0; i < rule->n + (broken_ == "bullets"); ++i) line("* b");
    }
    if (const auto* rule = has("numbered")) {
      for (int i = 1; i <= rule->n + (broken_ == "numbered"); ++i) line(fmt::format("{}. b", i));
    }
    if (const auto* rule = has("include"); rule && broken_ != "include") line(word(*rule));
    if (const auto* rule = has("often")) {
      for (int i = 0; i < rule->n - (broken_ == "often"); ++i) line(word(*rule) + " u");
    }
    if (const auto* rule = has("avoid"); rule && broken_ == "avoid") line(word(*rule));
    if (broken_ == "no_comma") line("a\u3001b");
    if (broken_ == "no_digits") line("7");
    if (const auto* rule = has("placeholders")) {
      for (int i = 0; i < rule->n - (broken_ == "placeholders"); ++i) line("[x]");
    }
    if (const auto* rule = has("highlights")) {
      for (int i = 0; i < rule->n - (broken_ == "highlights"); ++i) line("*y*");
    }
    const auto* least = has("at_least");
    const auto* most = has("at_most");
    if (least && broken_ != "at_least") {
      for (int i = 0; i < least->n * scale; ++i) out += "w ";
      line("");
    }
    if (most && broken_ == "at_most") {
      for (int i = 0; i < most->n * scale; ++i) out += "w ";
      line("");
    }
    if (has("postscript") && broken_ != "postscript") line("P.S. q");
    if (const auto* rule = has("ending")) {
      line(wording_["endings"][static_cast<std::size_t>(rule->word)].get<std::string>() +
           (broken_ == "ending" ? " r" : ""));
    }
    return has("quoted") && broken_ != "quoted" ? "\"" + out.substr(0, out.size() - 1) + "\"" : out;
  }

 private:
  const house::Rule* has(const char* key) const {
    for (const house::Rule& rule : item_.rules) {
      if (rule.key == key) return &rule;
    }
    return nullptr;
  }
  std::string word(const house::Rule& rule) const {
    return wording_["words"][static_cast<std::size_t>(rule.word)];
  }

  const Json& wording_;
  const house::RulesItem& item_;
  std::string broken_;
};

TEST(HouseRules, AnAnswerThatKeepsToThemIsRightAndOneThatBreaksOneIsWrong) {
  for (const char* language : {"en", "zh", "id", "vi", "th", "ar", "ja", "fr", "es", "ru"}) {
    const Json wording = Json::parse(test::read_text(
        test::source_dir() / fmt::format("suites/house/wordings/rules.{}.json", language)));
    SuiteOptions options;
    options.items = 150;
    const auto suite = open_rules(language, options);
    std::set<std::string> seen;
    for (std::int64_t i = 0; i < 150; ++i) {
      const Item item = suite->item(i);
      EXPECT_EQ(item.question.find('{'), std::string::npos) << item.question;
      EXPECT_TRUE(seen.insert(item.question).second) << item.question;
      const int level = static_cast<int>(i % 5) + 1;
      const house::RulesItem drawn = house::make_rules(42, i, level);
      ASSERT_EQ(drawn.rules.size(), static_cast<std::size_t>(level));
      Response response;
      response.outcome = Outcome::Answered;
      response.text = Composer(wording, drawn, "").text();
      const auto right = grade(item, response);
      ASSERT_TRUE(right && right->score);
      EXPECT_EQ(*right->score, 1.0) << language << " " << i << ": " << right->why << "\n"
                                    << item.question << "\n----\n"
                                    << response.text;
      for (const house::Rule& rule : drawn.rules) {
        response.text = Composer(wording, drawn, rule.key).text();
        const auto wrong = grade(item, response);
        ASSERT_TRUE(wrong && wrong->score);
        EXPECT_EQ(*wrong->score, 0.0) << language << " " << i << " " << rule.key << "\n"
                                      << item.question << "\n----\n"
                                      << response.text;
      }
    }
  }
}

}  // namespace
}  // namespace leitai
