// Every entry of every registry, so that a new scorer, format, suite or backend is tested before it
// has a test of its own.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "harness/cli/compose.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/loader.h"
#include "suites/scorers/workbench.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

std::string random_bytes(SplitMix64& dice) {
  static const char* const kPieces[] = {"The answer is ",
                                        "\\boxed{",
                                        "}",
                                        "####",
                                        "42",
                                        "<think>",
                                        "</think>",
                                        "1,234.5",
                                        "\xE7\xAD\x94\xE6\xA1\x88\xEF\xBC\x9A",
                                        "{\"a\":1}",
                                        "\n",
                                        "-",
                                        "3/4",
                                        "**",
                                        "Answer:",
                                        "\xFF\xFE",
                                        "\xF0\x9F",
                                        "```json\n",
                                        "[",
                                        "(",
                                        " or "};
  std::string out;
  const std::uint64_t n = dice.below(40);
  for (std::uint64_t i = 0; i < n; ++i) {
    if (dice.below(4) == 0) {
      out += static_cast<char>(dice.below(256));
    } else {
      out += kPieces[dice.below(std::size(kPieces))];
    }
  }
  return out;
}

TEST(Conformance, EveryScorerGivesAVerdictOnAnyBytesAndTheSameAgain) {
  SplitMix64 dice(1);
  const nlohmann::json fields{
      {"pattern", "(\\d+)"},
      {"schema", {{"type", "object"}}},
      {"options", {{"A", "42"}, {"B", "or"}}},
      {"language", "python"},
      {"tests", {"assert True"}},
      {"instruction_id_list", {"punctuation:no_comma", "en:startend:quotation"}},
      {"kwargs", {nlohmann::json::object(), nlohmann::json::object()}}};
  for (const Scorer* scorer : scorers()) {
    EXPECT_GE(scorer->version, 1) << scorer->name;
    EXPECT_FALSE(scorer->help.empty()) << scorer->name;
    // A program is a process of its own each time: a few tell as much.
    const int texts = scorer->name == "code" ? 4 : 2000;
    for (int i = 0; i < texts; ++i) {
      const std::string text = random_bytes(dice);
      const std::vector<std::string> gold{"42", "3/4"};
      GradeInput input;
      input.text = text;
      input.gold = gold;
      input.finish_reason = i % 3 == 0 ? "length" : "stop";
      input.language = i % 2 == 0 ? "zh" : "de";
      input.fields = &fields;
      const Score score = scorer->grade(input);
      const Score again = scorer->grade(input);
      EXPECT_EQ(dump(to_json(score)), dump(to_json(again)));
      EXPECT_EQ(score.scorer, fmt::format("{}@{}", scorer->name, scorer->version));
      EXPECT_TRUE(!score.score || (*score.score >= 0 && *score.score <= 1));
      EXPECT_EQ(score.status == ScoreStatus::Correct, score.score == 1.0)
          << scorer->name << ": " << text;
      EXPECT_TRUE(!score.span ||
                  (score.span->first <= score.span->second && score.span->second <= text.size()))
          << scorer->name;
    }
  }
}

TEST(Conformance, EveryFormatWritesAnEmptyAndAHostileBoard) {
  Leaderboard empty;
  Leaderboard board;
  board.title = "a | b\n<script>";
  board.suites = {"s,1"};
  LeaderboardRow row;
  row.model = "evil\x1b[31m\u202E|`<b>\",";
  row.all.n = row.all.planned = 2;
  row.all.mean = 0.5;
  row.all.interval = Interval{0.1, 0.9};
  row.suites["s,1"] = row.all;
  board.rows = {row, row};
  for (const std::string& name : cli::format_names()) {
    const Reporter& reporter = cli::find_reporter(name);
    EXPECT_FALSE(reporter.help.empty());
    for (int width : {60, 80, 100, 120}) {
      for (const bool ascii : {false, true}) {
        const Style style{.width = width, .color = false, .ascii = ascii, .ambiguous_wide = false};
        reporter.write(empty, style);
        const std::string text = reporter.write(board, style);
        EXPECT_TRUE(is_valid_utf8(text)) << name;
        // CSV is data: names stay as they are.
        EXPECT_TRUE(name == "csv" || text.find('\x1b') == std::string::npos) << name;
        if (name != "terminal") continue;
        for (std::string_view line : split(text, '\n')) EXPECT_LE(cell_width(line), width) << line;
        if (!ascii) continue;
        const bool is_ascii = std::all_of(
            text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
        EXPECT_TRUE(is_ascii) << text;
      }
    }
  }
}

TEST(Conformance, EverySuiteThatIsReadyMakesWholeItems) {
  const LoaderPaths paths = LoaderPaths::from_environment();
  int opened = 0;
  for (const SuiteSummary& summary : known_suites(paths)) {
    EXPECT_FALSE(summary.about.empty()) << summary.name;
    if (!summary.needs.empty()) continue;
    SuiteOptions options;
    options.limit = 25;
    options.seed = 42;
    for (const auto& suite : open_suites({summary.name, options, "-s"}, paths)) {
      const SuiteInfo& info = suite->info();
      ++opened;
      EXPECT_FALSE(info.version.empty() || info.family.empty() || info.licence.empty())
          << info.name;
      EXPECT_EQ(info.size, 25) << info.name;
      std::set<std::string> ids;
      for (std::int64_t i = 0; i < info.size; ++i) {
        const Item item = suite->item(i);
        EXPECT_EQ(item.suite, info.name);
        EXPECT_TRUE(ids.insert(item.id).second) << info.name << " " << item.id;
        EXPECT_FALSE(item.prompt.messages.empty() && !item.prompt.text) << info.name;
        EXPECT_EQ(dump(to_json(suite->item(i))), dump(to_json(item)));
        if (item.grading.scorer.empty()) continue;
        EXPECT_FALSE(item.grading.gold.empty() && item.grading.fields_json.empty()) << info.name;
        find_scorer(item.grading.scorer);
      }
    }
  }
  EXPECT_GT(opened, 0);
}

TEST(Conformance, EveryBackendNamesItsKeysAndRefusesNonsense) {
  Channel<Answer> answers(4);
  for (const BackendFactory* factory : cli::backends()) {
    EXPECT_FALSE(factory->help.empty());
    for (const BackendKey& key : factory->keys)
      EXPECT_FALSE(key.help.empty()) << factory->name << " " << key.name;
    Model model;
    model.backend = std::string(factory->name);
    model.spec = model.backend + ":/no/such/thing";
    model.target = "/no/such/thing";
    EXPECT_FALSE(factory->default_id(model).empty());
    try {
      factory->make(model, answers);
      ADD_FAILURE() << factory->name;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("/no/such/thing"), std::string::npos)
          << error.what();
    }
  }
}

TEST(Conformance, ARunByLogLikelihoodReachesTheSuitesThatCanBeScored) {
  test::TempDir dir;
  test::write_text(dir / "q.jsonl", R"({"question":"Which?","options":["a","b"],"answer":"B"})");
  RunConfig config;
  config.mode = Mode::LogLikelihood;
  config.suites = {{(dir / "q.jsonl").string(), {}, "-s"}, {"house/order/en", {}, "-s"}};
  const auto suites = cli::open_suites(config, std::nullopt);
  ASSERT_EQ(suites.size(), 2u);
  EXPECT_EQ(suites[0]->info().mode, Mode::LogLikelihood);
  EXPECT_EQ(suites[0]->item(0).prompt.continuations.size(), 2u);
  EXPECT_EQ(suites[1]->info().mode, Mode::Chat);  // the plan says that it has nothing to score
}

}  // namespace
}  // namespace leitai
