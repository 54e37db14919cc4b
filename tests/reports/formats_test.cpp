#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/core/error.h"
#include "harness/core/reporter.h"
#include "harness/core/text.h"
#include "reports/lm_eval.h"
#include "reports/table.h"

namespace leitai {

std::span<const Reporter* const> reporters();

namespace {

Cell cell(std::int64_t n, std::int64_t correct, Interval interval) {
  Cell out;
  out.planned = out.answers = out.n = n;
  out.correct = correct;
  out.mean = static_cast<double>(correct) / static_cast<double>(n);
  out.interval = interval;
  out.prompt_tokens = 1412;
  out.completion_tokens = 14200;
  out.total_ms = 25300;
  return out;
}

Leaderboard board() {
  Leaderboard out;
  out.title = "autumn";
  out.built_with = "leitai 0.1.0 (abc)";
  out.created = "2026-11-27T11:00:00Z";
  out.suites = {"house/ledger/zh"};
  out.scorers = {{"house/ledger/zh", "numeric@1"}};
  out.suite_versions = {{"house/ledger/zh", "1"}};
  out.families = {"house"};
  out.languages = {"zh"};
  const auto add = [&](const std::string& model, const Cell& one) {
    LeaderboardRow row;
    row.model = model;
    row.describe = "as configured";
    row.all = row.suites["house/ledger/zh"] = row.families["house"] = row.languages["zh"] = one;
    row.rank_low = 1;
    row.rank_high = 2;
    out.rows.push_back(row);
  };
  add("qwen", cell(200, 160, {0.739, 0.850}));
  add("\xE6\xB7\xB1\xE5\xBA\xA6\xE6\xB1\x82\xE7\xB4\xA2-R1", cell(200, 150, {0.686, 0.805}));
  add("a\x1b[2J|\n\xE2\x80\xAE", cell(200, 10, {0.027, 0.090}));
  out.rows[1].all.cut_off = 30;
  out.rows[2].rank_low.reset();
  out.rows[2].rank_high.reset();
  out.rows[2].not_ranked_because = "3 failed (1.5 %)";
  out.cautions = {"3 requests to qwen failed (1.5 %) and are in no score."};
  return out;
}

const Reporter& reporter(std::string_view name) {
  for (const Reporter* one : reporters()) {
    if (one->name == name) return *one;
  }
  throw Error("no reporter");
}

TEST(Reporters, AreRegisteredByFile) {
  std::vector<std::string_view> names;
  for (const Reporter* one : reporters()) names.push_back(one->name);
  std::sort(names.begin(), names.end());
  for (const char* name : {"csv", "json", "markdown", "terminal"}) {
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), name)) << name;
  }
}

TEST(Terminal, LeaderboardAt100ColumnsAlignsWideNames) {
  const std::string text = reporter("terminal").write(board(), {.width = 100});
  EXPECT_EQ(
      text,
      "autumn                                                                    200 items \u00b7 "
      "95 % intervals\n"
      "\n"
      "rank   model                           score  95 % interval  items  cut off  failed\n"
      "1\u20132    qwen                             80.0   73.9 to 85.0    200        0       0\n"
      "1\u20132    \u6df1\u5ea6\u6c42\u7d22-R1                      75.0   68.6 to 80.5    200     "
      "  30       0\n"
      "\u2013      a<U+001B>[2J|<U+000A><U+202E>     5.0    2.7 to  9.0    200        0       0\n"
      "\n"
      "suite            model                          score  95 % interval    n  cut off  failed\n"
      "house/ledger/zh  qwen                            80.0   73.9 to 85.0  200        0       0\n"
      "                 \u6df1\u5ea6\u6c42\u7d22-R1                     75.0   68.6 to 80.5  200   "
      "     0       0\n"
      "                 a<U+001B>[2J|<U+000A><U+202E>    5.0    2.7 to  9.0  200        0       0\n"
      "\n"
      "Not ranked: a<U+001B>[2J|<U+000A><U+202E> (3 failed (1.5 %))\n"
      "3 requests to qwen failed (1.5 %) and are in no score.\n");
}

TEST(Terminal, At60ColumnsInAsciiColumnsGoBeforeLetters) {
  EXPECT_EQ(reporter("terminal").write(board(), {.width = 60, .ascii = true}),
            "autumn                            200 items | 95 % intervals\n"
            "\n"
            "rank   model                           score  95 % interval\n"
            "1-2    qwen                             80.0   73.9 to 85.0\n"
            "1-2    \u6df1\u5ea6\u6c42\u7d22-R1                      75.0   68.6 to 80.5\n"
            "-      a<U+001B>[2J|<U+000A><U+202E>     5.0    2.7 to  9.0\n"
            "\n"
            "suite            model             score  95 % interval    n\n"
            "house/ledger/zh  qwen               80.0   73.9 to 85.0  200\n"
            "                 \u6df1\u5ea6\u6c42\u7d22-R1        75.0   68.6 to 80.5  200\n"
            "                 a<U+001..U+202E>    5.0    2.7 to  9.0  200\n"
            "\n"
            "Not ranked: a<U+001B>[2J|<U+000A><U+202E> (3 failed (1.5 %))\n"
            "3 requests to qwen failed (1.5 %) and are in no score.\n");
}

TEST(Terminal, NoLineIsWiderThanTheTerminalAndNoEscapeWithoutColour) {
  for (int width = 40; width <= 180; ++width) {
    for (const bool ascii : {false, true}) {
      for (const bool wide : {false, true}) {
        const std::string text =
            reporter("terminal")
                .write(board(), {.width = width, .ascii = ascii, .ambiguous_wide = wide});
        EXPECT_EQ(text.find('\x1b'), std::string::npos);
        for (const std::string_view line : split(text, '\n'))
          EXPECT_LE(cell_width(line, wide), width) << line;
      }
    }
  }
}

TEST(Terminal, ColourOnlyRepeats) {
  const std::string painted = reporter("terminal").write(board(), {.width = 120, .color = true});
  std::string bare;
  for (std::size_t i = 0; i < painted.size(); ++i) {
    if (painted[i] == '\x1b') {
      i = painted.find('m', i);
    } else {
      bare += painted[i];
    }
  }
  EXPECT_NE(painted, bare);
  EXPECT_EQ(bare, reporter("terminal").write(board(), {.width = 120}));
}

TEST(Terminal, DrawsIntervalsToScale) {
  Leaderboard two = board();
  two.rows.pop_back();
  const std::string text = reporter("terminal").write(two, {.width = 120, .ascii = true});
  EXPECT_NE(text.find("  70 "), std::string::npos);
  EXPECT_NE(text.find("--o--"), std::string::npos);
}

TEST(Markdown, EscapesNamesAndHoldsEveryTable) {
  const std::string text = reporter("markdown").write(board(), {});
  EXPECT_NE(
      text.find(
          "| rank | model | score | 95 % interval | n | cut off | refused | no answer | failed |"),
      std::string::npos);
  EXPECT_NE(
      text.find("| qwen | 80.0 | 73.9 to 85.0 | 200 | 0 | 0 | 0 | 0 | 1,412 | 14,200 | 25.3 s |"),
      std::string::npos);
  EXPECT_NE(text.find("a&lt;U+001B>\\[2J\\|&lt;U+000A>&lt;U+202E>"), std::string::npos);
  EXPECT_NE(text.find("- Not ranked: "), std::string::npos);
  EXPECT_NE(text.find("## By suite"), std::string::npos);
  EXPECT_NE(text.find("numeric@1"), std::string::npos);
  for (const std::string_view line : split(text, '\n')) {
    EXPECT_TRUE(!line.starts_with("| ") || line.ends_with(" |")) << line;
  }
}

TEST(Csv, OneRowEachModelAndSuiteInFullPrecision) {
  Leaderboard one = board();
  one.rows[0].model = "a,\"b\"";
  one.rows[0].suites["house/ledger/zh"].mean = 1.0 / 3;
  const std::string text = reporter("csv").write(one, {});
  EXPECT_EQ(split(text, '\n').size(), 1 + 3 + 1 + 1u)
      << "header, rows, a line feed inside a name, the end";
  EXPECT_NE(text.find("\nautumn,\"a,\"\"b\"\"\",house/ledger/"
                      "zh,1,numeric@1,1,2,200,200,200,160,0.3333333333333333,0.739,0.85,0,0,0,0,0,"
                      "1412,14200,25300,,,\r\n"),
            std::string::npos)
      << text;
}

TEST(Reporters, ShowATableByProgrammingLanguageWhereThereAreSeveral) {
  Leaderboard one = board();
  one.tags = {"code=cpp", "level=1", "level=2"};
  for (LeaderboardRow& row : one.rows)
    row.tags = {
        {"code=cpp", cell(64, 16, {0.16, 0.37})}, {"level=1", row.all}, {"level=2", row.all}};
  for (const char* format : {"terminal", "markdown", "csv"}) {
    const std::string text = reporter(format).write(one, {.width = 100});
    EXPECT_EQ(text.find("cpp"), std::string::npos) << format << ": a single one is the whole";
  }
  one.tags.insert(one.tags.begin() + 1, "code=python");
  for (LeaderboardRow& row : one.rows) row.tags["code=python"] = cell(64, 32, {0.38, 0.62});
  const std::string drawn = reporter("terminal").write(one, {.width = 100, .ascii = true});
  EXPECT_NE(drawn.find("\nprograms in  model "), std::string::npos) << drawn;
  EXPECT_NE(drawn.find("\ncpp          qwen                            25.0   16.0 to 37.0  64"),
            std::string::npos)
      << drawn;
  const std::string text = reporter("markdown").write(one, {});
  EXPECT_NE(text.find("## By programming language\n\n| programs in | model | score |"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("| python | qwen | 50.0 | 38.0 to 62.0 | 64 |"), std::string::npos);
  EXPECT_NE(text.find("| level=1 |"), std::string::npos);
  EXPECT_EQ(text.find("| code="), std::string::npos) << "not once more by tag";
  const std::string rows = reporter("csv").write(one, {});
  EXPECT_NE(rows.find("\nautumn,qwen,code=cpp,,,1,2,64,64,64,16,0.25,0.16,0.37,"),
            std::string::npos)
      << rows;
  const auto json = nlohmann::json::parse(reporter("json").write(one, {}));
  EXPECT_EQ(json["code_languages"], nlohmann::json({"cpp", "python"}));
  EXPECT_EQ(json["models"][0]["code_languages"]["cpp"]["interval"], nlohmann::json({0.16, 0.37}));
}

TEST(Prices, EveryFormatSaysAsOfWhenAndFromWhere) {
  Leaderboard one = board();
  one.rows[0].all.cost = {{"CNY", 3}, {"USD", 0.5}};
  one.rows[0].suites["house/ledger/zh"].cost = one.rows[0].all.cost;
  one.prices = {{one.rows[0].model, "CNY", "2026-09-10", "https://example.org/prices"}};
  for (const char* format : {"terminal", "markdown", "csv", "json"}) {
    const std::string text = reporter(format).write(one, {.width = 200});
    EXPECT_NE(text.find("2026-09-10"), std::string::npos) << format << text;
    EXPECT_NE(text.find("https://example.org/prices"), std::string::npos) << format;
    EXPECT_EQ(text.find("Prices as of"), text.rfind("Prices as of")) << format << ": said once";
  }
  EXPECT_NE(reporter("csv").write(one, {}).find("3 CNY; 0.5 USD"), std::string::npos);
  one.prices.push_back({one.rows[1].model, "USD", "2026-08", "https://example.org/others"});
  EXPECT_NE(prices_text(one.prices).find("2026-08 (" + one.rows[1].model), std::string::npos)
      << prices_text(one.prices);
  EXPECT_EQ(prices_text({}), "");
}

TEST(TwinGaps, StandInATableWithWordsOfCaution) {
  Leaderboard with = board();
  TwinGap one;
  one.suite = "gsm8k";
  one.model = "qwen";
  one.n = 1319;
  one.published = 0.912;
  one.twins = 0.861;
  one.interval = Interval{0.031, 0.071};
  one.p = 0.0001;
  with.twin_gaps = {one};
  for (const char* name : {"terminal", "markdown"}) {
    const std::string text = reporter(name).write(with, {.width = 120});
    for (const char* part :
         {"published", "91.2", "86.1", "+5.1", "+3.1 to +7.1", "0.001", "1,319", "no proof"})
      EXPECT_NE(text.find(part), std::string::npos) << name << ": " << part << "\n" << text;
    EXPECT_EQ(text.find("beyond"), std::string::npos);
    EXPECT_EQ(reporter(name).write(board(), {.width = 120}).find("twins"), std::string::npos);
  }
  const auto json = nlohmann::json::parse(reporter("json").write(with, {}));
  EXPECT_NEAR(json.at("twin_gaps").at(0).at("gap").get<double>(), 0.051, 1e-12);
  with.twin_gaps[0].beyond_others = 0.04;
  EXPECT_NE(reporter("terminal").write(with, {.width = 140}).find("beyond others"),
            std::string::npos);
}

TEST(Json, HoldsTheWholeLeaderboard) {
  const auto json = nlohmann::json::parse(reporter("json").write(board(), {}));
  EXPECT_EQ(json["schema"], "leitai.summary/1");
  EXPECT_EQ(json["models"].size(), 3u);
  EXPECT_EQ(json["models"][0]["rank"], nlohmann::json({1, 2}));
  EXPECT_TRUE(json["models"][2]["rank"].is_null());
  EXPECT_EQ(json["models"][0]["suites"]["house/ledger/zh"]["mean"], 0.8);
  EXPECT_EQ(json["models"][0]["languages"]["zh"]["interval"], nlohmann::json({0.739, 0.85}));
  EXPECT_EQ(json["suites"][0]["scorer"], "numeric@1");
  EXPECT_EQ(json["cautions"].size(), 1u);
}

TEST(LmEval, KeysAndStandardErrorAsTheOtherHarnessWritesThem) {
  const auto json = nlohmann::json::parse(lm_eval_results(board(), "qwen"));
  const auto& task = json["results"]["house/ledger/zh"];
  EXPECT_EQ(task["exact_match,none"], 0.8);
  EXPECT_NEAR(task["exact_match_stderr,none"].get<double>(), std::sqrt(0.8 * 0.2 / 199), 1e-12);
  EXPECT_EQ(json["n-samples"]["house/ledger/zh"]["effective"], 200);
  EXPECT_EQ(json["leitai"]["row"]["model"], "qwen");
  EXPECT_THROW(lm_eval_results(board(), "nobody"), Error);
}

TEST(Table, CellsAreCountedNotBytes) {
  const Style style;
  const std::string family =
      "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7";
  Table table;
  table.columns = {{.head = "m", .side = Column::Side::Left, .is_name = true}, {.head = "n"}};
  for (const std::string& name :
       {std::string("\xE6\x93\x82\xE5\x8F\xB0"), std::string("\xEF\xBC\xA4"),
        std::string("e\xCC\x81"), family,
        std::string("\xE0\xB8\x97\xE0\xB8\xB5\xE0\xB9\x88\xE0\xB8\x99\xE0\xB8\xB5\xE0\xB9\x88")}) {
    table.rows.push_back({name, "1"});
  }
  const std::string text = render(table, style);
  for (const std::string_view line : split(text, '\n')) {
    EXPECT_EQ(cell_width(line), line.empty() ? 0 : 7) << line;
  }
}

TEST(Table, NumbersAreNeverShortened) {
  Table table;
  table.columns = {{.head = "model", .side = Column::Side::Left, .is_name = true},
                   {.head = "a", .drop = 2},
                   {.head = "b", .drop = 1},
                   {.head = "c"}};
  table.rows = {{"Qwen3-235B-A22B thinking", "11,111", "22,222", "33,333"}};
  EXPECT_EQ(render(table, {.width = 45, .ascii = true}),
            "model                          a       c\nQwen3-235B-A22B thinking  11,111  33,333\n");
  EXPECT_EQ(render(table, {.width = 25, .ascii = true}),
            "model                   c\nQwen3-23..hinking  33,333\n");
}

TEST(Wrapped, HangsLaterLines) {
  EXPECT_EQ(wrapped("one two three", 2, {.width = 8}), "one two\n  three\n");
}

}  // namespace
}  // namespace leitai
