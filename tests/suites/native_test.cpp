// Every native suite whose data are there: counts, gold answers, empty and random answers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/random.h"
#include "suites/grade.h"
#include "suites/loader.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

LoaderPaths shared_paths() {
  LoaderPaths paths;
  paths.data_dirs.push_back(test::shared_dir() / "datasets");
  return paths;
}

std::vector<std::unique_ptr<Suite>> open(const std::string& name,
                                         const SuiteOptions& options = {}) {
  return open_suites({name, options, "-s"}, shared_paths());
}

std::string failure(const std::string& name, const SuiteOptions& options) {
  try {
    open(name, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

Response answered(std::string text) {
  Response out;
  out.outcome = text.empty() ? Outcome::Empty : Outcome::Answered;
  out.finish_reason = FinishReason::Stop;
  out.text = std::move(text);
  return out;
}

Json fields_of(const Item& item) {
  return item.grading.fields_json.empty() ? Json::object() : Json::parse(item.grading.fields_json);
}

/// An answer that says `gold`, in the form that the suite's prompt asks for; "" for scorers that
/// other tests hold.
std::string saying(const Item& item, const std::vector<std::string>& gold) {
  const std::string& scorer = item.grading.scorer;
  const char* before = item.language == "zh" ? "\u7B54\u6848\uFF1A" : "The answer is ";
  if (scorer == "choice") return fmt::format("{}{}", before, fmt::join(gold, ", "));
  if (scorer == "blanks") return fmt::format("\u7B54\u6848\uFF1A{}", fmt::join(gold, " "));
  if (scorer == "math") return fmt::format("So we have \\boxed{{{}}}", gold.at(0));
  if (scorer == "numeric" || scorer == "declared") return fmt::format("{}{}.", before, gold.at(0));
  return "";
}

/// What a guesser says; empty where nobody can guess.
std::vector<std::string> guess(const Item& item, SplitMix64& random) {
  const Json fields = fields_of(item);
  std::vector<std::string> choices;
  if (item.grading.scorer == "choice") {
    for (const auto& [label, text] : fields.at("options").items()) choices.push_back(label);
  } else if (item.grading.scorer == "blanks") {
    for (const char label : fields.at("labels").get<std::string>()) choices.emplace_back(1, label);
  } else if (fields.contains("choices")) {
    choices = fields["choices"].get<std::vector<std::string>>();
  }
  std::vector<std::string> out;
  const std::size_t n = item.grading.scorer == "blanks" ? item.grading.gold.size() : 1;
  for (std::size_t i = 0; i < n && !choices.empty(); ++i)
    out.push_back(choices[random.below(choices.size())]);
  return out;
}

struct Known {
  const char* suite;
  std::size_t parts;
  std::int64_t items;
  std::set<std::string> defects;  // items whose gold answer cannot be given: see the cards
};

const std::vector<Known>& known() {
  static const std::vector<Known> kKnown{
      {"gsm8k", 1, 1319, {}},
      {"math500", 1, 500, {}},
      {"mgsm", 11, 2750, {}},
      {"cmath", 2, 960, {}},
      {"tal-scq5k", 2, 4000, {}},
      {"bbh",
       27,
       6511,
       {"bbh/movie_recommendation/163", "bbh/ruin_names/144", "bbh/ruin_names/99"}},
      {"mmlu", 57, 14042, {}},
      {"agieval", 17, 4967, {}},
      {"gaokao-bench", 14, 1781, {}},
      {"xcopa", 11, 5500, {}},
      {"arena-hard", 2, 1250, {}},
      {"mt-bench", 1, 80, {}},
  };
  return kKnown;
}

class NativeSuitesData : public testing::TestWithParam<Known> {};

TEST_P(NativeSuitesData, CountsGoldEmptyAndRandomAnswers) {
  LEITAI_NEEDS_SHARED("datasets");
  const Known& known = GetParam();
  const auto suites = open(known.suite);
  EXPECT_EQ(suites.size(), known.parts);
  std::int64_t items = 0, graded = 0;
  std::set<std::string> wrong;
  for (const auto& suite : suites) {
    const SuiteInfo& info = suite->info();
    EXPECT_EQ(info.version.find('+'), std::string::npos)
        << info.name << ": the data are not those of this version";
    EXPECT_FALSE(info.licence.empty());
    items += info.size;
    SplitMix64 random(hash64({info.name}));
    std::set<std::string> ids;
    double guessed = 0, variance = 0;
    std::int64_t guesses = 0;
    for (std::int64_t i = 0; i < info.size; ++i) {
      const Item item = suite->item(i);
      EXPECT_TRUE(ids.insert(item.id).second) << info.name << "/" << item.id;
      EXPECT_FALSE(item.question.empty()) << info.name << "/" << item.id;
      if (item.grading.scorer.empty()) continue;
      ASSERT_FALSE(item.grading.gold.empty()) << info.name << "/" << item.id;
      const auto empty = grade(item, answered(""));
      ASSERT_TRUE(empty && empty->score);
      EXPECT_EQ(*empty->score, 0);
      const auto score = grade(item, answered(saying(item, item.grading.gold)));
      ASSERT_TRUE(score);
      if (score->status != ScoreStatus::Correct) {
        wrong.insert(info.name + "/" + item.id);
        if (!known.defects.contains(info.name + "/" + item.id))
          ADD_FAILURE() << info.name << "/" << item.id << ": " << item.grading.gold[0] << ": "
                        << score->why;
      }
      ++graded;
      const std::vector<std::string> words = guess(item, random);
      const double got =
          words.empty() ? 0 : grade(item, answered(saying(item, words)))->score.value_or(0);
      guessed += got;
      variance += info.floor * (1 - info.floor);
      ++guesses;
    }
    if (guesses > 0) {
      const double mean = guessed / static_cast<double>(guesses);
      const double allowed = 4 * std::sqrt(variance) / static_cast<double>(guesses) + 1e-9;
      EXPECT_NEAR(mean, info.floor, allowed) << info.name << ": a guesser's score";
    }
  }
  EXPECT_EQ(items, known.items);
  EXPECT_EQ(wrong, known.defects);
  test::count_compared("gold answers of native suites", graded);
}

INSTANTIATE_TEST_SUITE_P(All, NativeSuitesData, testing::ValuesIn(known()), [](const auto& one) {
  std::string name = one.param.suite;
  std::erase(name, '-');
  return name;
});

TEST(NativeOptions, ShuffledAndTurned) {
  LEITAI_NEEDS_SHARED("datasets/mmlu");
  SuiteOptions options;
  options.options = "circular";
  options.limit = 3;
  const auto plain = open("mmlu/anatomy");
  const auto turned = open("mmlu/anatomy", options);
  ASSERT_EQ(turned[0]->info().size, 12);
  EXPECT_EQ(turned[0]->info().version, "2+circular");
  for (std::int64_t i = 0; i < 12; ++i) {
    const Item item = turned[0]->item(i), base = plain[0]->item(i / 4);
    EXPECT_EQ(item.id, fmt::format("{}@{}", base.id, i % 4));
    EXPECT_EQ(item.pair_key, "mmlu/anatomy/" + base.id) << "presentations are one cluster";
    const Json now = fields_of(item)["options"], before = fields_of(base)["options"];
    EXPECT_EQ(now[item.grading.gold[0]], before[base.grading.gold[0]]);
    const char first[2] = {static_cast<char>('A' + i % 4), 0};
    EXPECT_EQ(now["A"], before[first]);
  }
  options.options = "shuffle";
  options.seed = 3;
  options.limit.reset();
  const auto shuffled = open("mmlu/anatomy", options);
  std::map<std::string, int> gold;
  for (std::int64_t i = 0; i < shuffled[0]->info().size; ++i) {
    const Item item = shuffled[0]->item(i), base = plain[0]->item(i);
    EXPECT_EQ(item.id, base.id);
    EXPECT_EQ(fields_of(item)["options"][item.grading.gold[0]],
              fields_of(base)["options"][base.grading.gold[0]]);
    ++gold[item.grading.gold[0]];
  }
  EXPECT_EQ(gold.size(), 4u);
  EXPECT_EQ(shuffled[0]->info().version, "2+shuffle3");
  EXPECT_TRUE(has(failure("gsm8k", options), "gsm8k has no option \"options\""));
  EXPECT_TRUE(has(failure("bbh", options), "bbh has no option \"options\""));
}

TEST(NativeSuites, PointsOfTheGaokaoStandBesideTheMean) {
  LEITAI_NEEDS_SHARED("datasets/gaokao-bench");
  double all = 0;
  for (const auto& suite : open("gaokao-bench")) {
    for (std::int64_t i = 0; i < suite->info().size; ++i) {
      const Item item = suite->item(i);
      Response nothing;
      nothing.outcome = Outcome::Empty;
      const auto flags = grade(item, nothing)->flags;
      ASSERT_EQ(flags.size(), 1u) << item.suite << "/" << item.id;
      ASSERT_TRUE(flags[0].starts_with("points=0/")) << flags[0];
      all += std::stod(flags[0].substr(9));
      std::vector<std::string> gold = item.grading.gold;
      const auto right = grade(item, answered(saying(item, gold)));
      EXPECT_EQ(right->flags.back(), "points=" + flags[0].substr(9) + "/" + flags[0].substr(9));
    }
  }
  EXPECT_EQ(all, 9702) << "points of all blanks of the data";
  // Reading, two points a blank: all blanks but the first.
  const Item part = open("gaokao-bench/2010-2022_English_Reading_Comp")[0]->item(0);
  ASSERT_GE(part.grading.gold.size(), 2u);
  std::vector<std::string> gold = part.grading.gold;
  gold[0] = gold[0] == "A" ? "B" : "A";
  EXPECT_EQ(grade(part, answered(saying(part, gold)))->flags.back(),
            fmt::format("points={}/{}", 2 * (gold.size() - 1), 2 * gold.size()));
}

TEST(NativePrompts, ExamplesOfTheData) {
  LEITAI_NEEDS_SHARED("datasets/mmlu");
  const Item mmlu = open("mmlu/anatomy")[0]->item(0);
  ASSERT_EQ(mmlu.prompt.messages.size(), 11u) << "five examples unless fewer are wanted";
  EXPECT_TRUE(mmlu.prompt.messages[1].text().starts_with("Answer: "));
  SuiteOptions none;
  none.few_shot = 0;
  EXPECT_EQ(open("mmlu/anatomy", none)[0]->item(0).prompt.messages.size(), 1u);
  EXPECT_EQ(open("mmlu/anatomy", none)[0]->info().version, "2+0shot");
  const Item bbh = open("bbh/word_sorting")[0]->item(0);
  ASSERT_EQ(bbh.prompt.messages.size(), 7u);
  EXPECT_TRUE(has(bbh.prompt.messages[0].text(), "Sort a list of words."))
      << bbh.prompt.messages[0].text();
  EXPECT_TRUE(has(bbh.prompt.messages[5].text(), "So the answer is "));
  EXPECT_FALSE(has(bbh.prompt.messages[0].text(), "canary"));
}

TEST(NativePrompts, OptionsCanBeScored) {
  LEITAI_NEEDS_SHARED("datasets/mmlu");
  SuiteOptions options;
  options.mode = Mode::LogLikelihood;
  const auto mmlu = open("mmlu/anatomy", options);
  EXPECT_EQ(mmlu[0]->info().mode, Mode::LogLikelihood);
  EXPECT_EQ(mmlu[0]->info().version, "2+loglikelihood");
  const Item item = mmlu[0]->item(7);
  EXPECT_EQ(item.prompt.continuations, (std::vector<std::string>{" A", " B", " C", " D"}));
  EXPECT_TRUE(item.prompt.text->ends_with("\nAnswer:"));
  const auto xcopa = open("xcopa/id", options);
  const Item cause = xcopa[0]->item(0);
  EXPECT_TRUE(cause.prompt.text->ends_with(" karena")) << *cause.prompt.text;
  EXPECT_FALSE(has(*cause.prompt.text, ".")) << *cause.prompt.text;  // one sentence goes on
  EXPECT_EQ(cause.prompt.continuations[0], " barang itu rapuh.");
  EXPECT_TRUE(has(failure("math500", options), "is answered with text"));
}

TEST(NativePrompts, CauseAndEffectOfXcopaAreThoseOfTheChineseFile) {
  LEITAI_NEEDS_SHARED("datasets/xcopa");
  const auto thai = open("xcopa/th"), chinese = open("xcopa/zh");
  int causes = 0;
  for (std::int64_t i = 0; i < 500; ++i) {
    const bool is_cause =
        has(chinese[0]->item(i).prompt.messages[0].text(), "\u539F\u56E0\u662F\u4EC0\u4E48");
    EXPECT_EQ(has(thai[0]->item(i).prompt.messages[0].text(),
                  "\u0E2A\u0E32\u0E40\u0E2B\u0E15\u0E38\u0E04\u0E37\u0E2D\u0E2D\u0E30\u0E44\u0E23"),
              is_cause)
        << i;
    causes += is_cause;
  }
  EXPECT_EQ(causes, 250);
}

Score graded(const std::string& scorer, const std::string& text, std::vector<std::string> gold,
             const Json& fields = Json::object()) {
  Item item;
  item.grading = {scorer, std::move(gold), fields.dump()};
  return *grade(item, answered(text));
}

TEST(Declared, WordsBracketsAndLists) {
  const Json yes_no{{"choices", {"Yes", "No"}}};
  const auto status = [&](const std::string& text, const std::string& gold) {
    return graded("declared", text, {gold}, yes_no).status;
  };
  EXPECT_EQ(status("They turn twice. So the answer is No.", "No"), ScoreStatus::Correct);
  EXPECT_EQ(status("The answer is **Yes**, there is no doubt.", "Yes"), ScoreStatus::Correct);
  EXPECT_EQ(status("The answer is Yes. Wait. The answer is no.", "No"), ScoreStatus::Correct);
  EXPECT_EQ(status("\\boxed{\\text{No}}", "No"), ScoreStatus::Correct);
  EXPECT_EQ(status("Step 1 ... yes or no?\n\nNo", "No"), ScoreStatus::Correct);
  EXPECT_EQ(status("Yes", "No"), ScoreStatus::Incorrect);
  EXPECT_EQ(status("Knowing that, nobody can tell.", "No"), ScoreStatus::NoAnswer);
  EXPECT_EQ(status("It may be yes, it may be no, who knows", "No"), ScoreStatus::NoAnswer)
      << "two words and none is chosen";
  EXPECT_EQ(graded("declared", "So the answer is invalid.", {"valid"},
                   {{"choices", {"valid", "invalid"}}})
                .extracted,
            "invalid");
  EXPECT_EQ(graded("declared", "We need \"]\", \"]\". So the answer is ] ] >.", {"] ] >"}).status,
            ScoreStatus::Correct);
  EXPECT_EQ(graded("declared", "Answer: `]]>`", {"] ] >"}).status, ScoreStatus::Correct);
  EXPECT_EQ(graded("declared", "So the answer is > ] ].", {"> ] ]"}).status, ScoreStatus::Correct);
  EXPECT_EQ(graded("declared", "The answer is: apple, pear, plum", {"apple pear plum"}).status,
            ScoreStatus::Correct);
  EXPECT_EQ(graded("declared", "The answer is apple plum pear.", {"apple pear plum"}).status,
            ScoreStatus::Incorrect);
}

TEST(Blanks, ListsInEveryForm) {
  const std::vector<std::string> gold{"C", "A", "D"};
  for (const char* text :
       {"\u7B54\u6848\uFF1AC A D", "\u3010\u7B54\u6848\u3011 CAD <eoa>",
        "\u7B54\u6848\uFF1A1.C\u30002.A\u30003.D", "Answers: 36-38 CAD", "C, A, D",
        "\u7B54\u6848\uFF1A\n\uFF081\uFF09C\n\uFF082\uFF09A\n\uFF083\uFF09D",
        "(1) because. \u7B54\u6848\uFF1AC\n(2) so. \u7B54\u6848\uFF1AA\n(3) \u7B54\u6848\uFF1AD",
        "\u3010\u7B54\u6848\u3011\n\uFF081\uFF09 C <eoa>\n\uFF082\uFF09 A <eoa>\n\uFF083\uFF09 D "
        "<eoa>",
        "Answers:\n1. C. because of DNA\n2. A. so it is B?\n3. D",
        "\u7B54\u6848\uFF1AA A A\n\u7B54\u6848\uFF1AC A D"})
    EXPECT_EQ(graded("blanks", text, gold).score, 1.0) << text;
  const Score part = graded("blanks", "\u7B54\u6848\uFF1AC B D", gold);
  EXPECT_EQ(part.status, ScoreStatus::Incorrect);
  EXPECT_NEAR(*part.score, 2.0 / 3, 1e-12);
  const Score missing = graded("blanks", "\u7B54\u6848\uFF1AC A", gold);
  EXPECT_NEAR(*missing.score, 2.0 / 3, 1e-12);
  EXPECT_EQ(missing.flags, std::vector<std::string>{"blanks_missing"});
  EXPECT_EQ(graded("blanks", "I cannot see the text.", gold).score, 0.0);
  EXPECT_EQ(graded("blanks", "A long thought about DNA and BBC News.", gold).status,
            ScoreStatus::NoAnswer);
}

TEST(Declared, TextsOfNothingButMarkersAreReadFast) {
  std::string markers, lines;
  for (int i = 0; i < 60000; ++i) markers += "\u7B54\u6848\uFF1A";
  for (int i = 0; i < 60000; ++i) lines += "1\n";
  const std::vector<std::string> gold{"A", "B"};
  for (const std::string& text : {markers, markers + "\n" + lines, lines + markers})
    EXPECT_EQ(graded("blanks", text, gold).score, 0.0);
  EXPECT_NE(graded("declared", markers + "\n" + lines, {"no"}, {{"choices", {"yes", "no"}}}).status,
            ScoreStatus::Correct);
}

TEST(NativeSuites, EachHasACardAndIsHeldByATest) {
  std::set<std::string> held;
  for (const Known& one : known()) held.insert(one.suite);
  int cards = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(test::source_dir() / "suites")) {
    if (entry.path().filename() != "suite.yaml") continue;
    const std::filesystem::path card = entry.path().parent_path() / "README.md";
    ASSERT_TRUE(std::filesystem::exists(card)) << card;
    EXPECT_TRUE(test::read_text(card).starts_with(
        "# " + entry.path().parent_path().filename().string() + "\n"))
        << card;
    ++cards;
  }
  EXPECT_GE(cards, 30);
  LEITAI_NEEDS_SHARED("datasets");
  for (const SuiteSummary& one : known_suites(shared_paths())) {
    const bool elsewhere = one.family == "coding" || one.family == "instructions";
    if (one.needs.empty() && !one.name.starts_with("house/") && !elsewhere) {
      EXPECT_TRUE(held.contains(one.name)) << one.name << ": add it to known()";
    }
  }
}

}  // namespace
}  // namespace leitai
