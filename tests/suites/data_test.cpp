// Rows of every form, and suites whose data are not here, by made-up files of the documented form.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/core/error.h"
#include "harness/io/compression.h"
#include "harness/io/parquet.h"
#include "suites/datasets/rows.h"
#include "suites/grade.h"
#include "suites/loader.h"
#include "suites/question_options.h"
#include "tests/support/fakes.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::answered;

namespace fs = std::filesystem;
using Json = nlohmann::json;
using test::message_of;
using test::TempDir;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  test::write_text(path, text);
}

TEST(Rows, FormsOfFiles) {
  TempDir dir;
  test::write_text(dir / "bare.csv", "\"a,\n\"\"x\"\"\",1\r\nb,2\n");
  const auto bare = open_rows(dir / "bare.csv", {"", false});
  ASSERT_EQ(bare->size(), 2);
  EXPECT_EQ(bare->row(0), (Json{"a,\n\"x\"", "1"}));
  EXPECT_EQ(bare->line(1), 3);
  test::write_text(dir / "inside.json", R"({"canary":"c","examples":[{"a":1},{"a":2}]})");
  EXPECT_EQ(open_rows(dir / "inside.json", {"examples", true})->row(1)["a"], 2);
  EXPECT_TRUE(has(message_of([&] {
                    open_rows(dir / "inside.json", {"rows", true});
                  }),
                  "no member \"rows\""));
  test::write_text(dir / "lines.txt", "one\n\ntwo\n");
  EXPECT_EQ(open_rows(dir / "lines.txt")->row(1), "two");
  test::write_text(dir / "packed.csv.zst", Zstd().compress("h\nv\n"));
  EXPECT_EQ(open_rows(dir / "packed.csv.zst")->row(0)["h"], "v");
  EXPECT_TRUE(has(message_of([&] { open_rows(dir / "x.xml"); }), ".parquet file is wanted"));
}

TEST(Rows, DeepNestingIsRefused) {
  TempDir dir;
  const std::string deep(200000, '[');
  test::write_text(dir / "deep.jsonl", "{\"a\":1}\n{\"a\":" + deep + "\n");
  const auto rows = open_rows(dir / "deep.jsonl");
  EXPECT_EQ(rows->row(0)["a"], 1);
  EXPECT_TRUE(has(message_of([&] { rows->row(1); }), "deep.jsonl:2: JSON nested more than 1000"));
  test::write_text(dir / "deep.json", deep);
  EXPECT_TRUE(has(message_of([&] { open_rows(dir / "deep.json"); }), "nested more than 1000"));
}

TEST(Rows, TenGigabytesWithoutALineEndAreRefusedEarly) {
  TempDir dir;
  test::write_text(dir / "long.jsonl", "x");
  fs::resize_file(dir / "long.jsonl", std::uintmax_t{10} << 30);  // a hole: no disk is used
  EXPECT_TRUE(has(message_of([&] { open_rows(dir / "long.jsonl"); }), "is too long"));
  test::write_text(dir / "long.json", "[");
  fs::resize_file(dir / "long.json", std::uintmax_t{10} << 30);
  EXPECT_TRUE(has(message_of([&] { open_rows(dir / "long.json"); }), "too long for one JSON"));
}

TEST(Rows, DamageIsNamedWithItsLine) {
  TempDir dir;
  test::write_text(dir / "open.csv", "q,a\nx,1\n\"y,2\nz,3\n");
  EXPECT_TRUE(has(message_of([&] { open_rows(dir / "open.csv"); }),
                  "open.csv:3: a quotation mark opens here"));
  test::write_text(dir / "zero.csv", std::string("q,a\nx\0,1\n", 9));
  const auto rows = open_rows(dir / "zero.csv");
  EXPECT_TRUE(has(message_of([&] { rows->row(0); }), "zero.csv:2: a zero byte"));
  test::write_text(dir / "twice.jsonl",
                   "{\"a\":{\"b\":1},\"c\":{\"b\":1}}\n{\"a\":[{\"b\":1,\"b\":2}]}\n");
  const auto twice = open_rows(dir / "twice.jsonl");
  EXPECT_EQ(twice->row(0)["c"]["b"], 1);
  EXPECT_TRUE(
      has(message_of([&] { twice->row(1); }), "twice.jsonl:2: the key \"b\" is there twice"));
  test::write_text(dir / "twice.json", "[{\"a\":1,\"a\":1}]");
  EXPECT_TRUE(has(message_of([&] { open_rows(dir / "twice.json"); }), "key \"a\" is there twice"));
  test::write_text(dir / "head.csv", "q,\xFF\nx,1\n");
  EXPECT_TRUE(has(message_of([&] { open_rows(dir / "head.csv"); }), "head.csv:1: not UTF-8"));
}

TEST(Rows, TwoItemsOfOneIdAreRefused) {
  TempDir dir;
  write(dir / "chinese-simpleqa/chinese_simpleqa.jsonl",
        "{\"id\":\"7\",\"primary_category\":\"c\",\"question\":\"q\",\"answer\":\"a\"}\n"
        "{\"id\":\"7\",\"primary_category\":\"c\",\"question\":\"r\",\"answer\":\"b\"}\n");
  LoaderPaths paths;
  paths.data_dirs.push_back(dir.path());
  EXPECT_TRUE(has(message_of([&] {
                    open_suites({"chinese-simpleqa", {}, "-s"}, paths);
                  }),
                  "simpleqa.jsonl:2: the id \"7\" is that of line 1 too"));
}

TEST(Options, MarksAreTakenOffAndListsAreFound) {
  const Options given =
      label_options({"(A)first", " B\uFF0Esecond", "C. third", "D\u3001 fourth", "Fifth."});
  EXPECT_EQ(given[0].second, "first");
  EXPECT_EQ(given[1].second, "second");
  EXPECT_EQ(given[2].second, "third");
  EXPECT_EQ(given[3].second, "fourth");
  EXPECT_EQ(given[4].second, "Fifth.");
  EXPECT_EQ(label_options({"A. B. Smith", "B. Jones"})[0].second, "B. Smith");
  const Options within = options_within("Pick one ( ) A\uFF0Ex B\uFF0E y, z\nC\uFF0Ew D\uFF0E v\n");
  ASSERT_EQ(within.size(), 4u);
  EXPECT_EQ(within[1].second, "y, z");
  EXPECT_EQ(within[3].second, "v");
  EXPECT_EQ(options_within("Options:\n(A) one\n(B) two\n(C) three").size(), 3u);
  EXPECT_EQ(options_within("A. x B. y D. z")[3], (std::pair<std::string, std::string>{"D", ""}))
      << "a letter is missing: labels without texts";
}

Item first_item(const std::string& name, const fs::path& data, SuiteOptions options = {}) {
  LoaderPaths paths;
  paths.data_dirs.push_back(data);
  if (!options.few_shot && name.find("/") != std::string::npos && !name.starts_with("mmmlu") &&
      !name.starts_with("aime") && !name.starts_with("include"))
    options.few_shot = 0;
  const auto suites = open_suites({name, options, "-s"}, paths);
  EXPECT_EQ(suites.size(), 1u);
  return suites[0]->item(0);
}

TEST(Pinned, GpqaShowsTheRightOptionInADrawnPlace) {
  TempDir dir;
  write(dir / "gpqa-diamond/gpqa_diamond.csv",
        "Record ID,Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer "
        "3,High-level domain\nrec1,\"What,\nwhy?\",right,w1,w2,w3,Physics\n");
  const Item item = first_item("gpqa-diamond", dir.path());
  EXPECT_EQ(item.id, "rec1");
  EXPECT_EQ(item.tags, std::vector<std::string>{"domain=Physics"});
  const Json options = Json::parse(item.grading.fields_json)["options"];
  EXPECT_EQ(options[item.grading.gold[0]], "right");
  EXPECT_EQ(first_item("gpqa-diamond", dir.path()).grading.gold, item.grading.gold);
  EXPECT_EQ(grade(item, answered("Answer: " + item.grading.gold[0]))->status, ScoreStatus::Correct);
}

TEST(Pinned, RowsOfTheDocumentedForms) {
  TempDir dir;
  const std::string head = ",Question,A,B,C,D,Answer,Subject\n";
  write(dir / "mmmlu/mmlu_ZH-CN.csv", head + "0,q?,w,x,y,z,C,anatomy\n");
  const Item mmmlu = first_item("mmmlu/ZH-CN", dir.path());
  EXPECT_EQ(mmmlu.language, "zh");
  EXPECT_EQ(mmmlu.pair_key, "mmmlu/0");
  EXPECT_EQ(mmmlu.grading.gold, std::vector<std::string>{"C"});
  write(dir / "cmmlu/test/agronomy.csv", ",Question,A,B,C,D,Answer\n0,q?,w,x,y,z,B\n");
  EXPECT_EQ(first_item("cmmlu/agronomy", dir.path()).grading.gold, std::vector<std::string>{"B"});
  write(dir / "aime/test.jsonl", R"({"problem":"1+1?","answer":"2","id":"0"})");
  const Item aime = first_item("aime/2025", dir.path());
  EXPECT_EQ(grade(aime, answered("\\boxed{002}"))->status, ScoreStatus::Correct);
  write(dir / "simpleqa/simple_qa_test_set.csv", "metadata,problem,answer\n{},Who?,Me\n");
  const Item simple = first_item("simpleqa", dir.path());
  EXPECT_EQ(simple.grading.gold, std::vector<std::string>{"Me"});
  EXPECT_FALSE(grade(simple, answered("Me"))) << "a judge is to come";
  write(dir / "chinese-simpleqa/chinese_simpleqa.jsonl",
        R"({"id":"7","primary_category":"c","question":"q?","answer":"a","urls":[]})");
  EXPECT_EQ(first_item("chinese-simpleqa", dir.path()).id, "7");
}

TEST(Pinned, MmluProReadsParquet) {
  if (parquet_library().empty()) {
    test::count_skipped("Parquet files", 1, "no libduckdb.so (third_party/setup.sh --parquet)");
    GTEST_SKIP() << "no libduckdb.so";
  }
  TempDir dir;
  fs::create_directories(dir / "mmlu-pro");
  for (const char* name : {"test", "validation"})
    fs::copy_file(test::source_dir() / "tests/golden/suites/options.parquet",
                  dir / "mmlu-pro" / fmt::format("{}-00000-of-00001.parquet", name));
  LoaderPaths paths;
  paths.data_dirs.push_back(dir.path());
  SuiteOptions options;
  options.few_shot = 1;
  const auto suites = open_suites({"mmlu-pro/math", options, "-s"}, paths);
  ASSERT_EQ(suites[0]->info().size, 1);
  EXPECT_TRUE(has(suites[0]->info().version, "1+")) << "other data than the pinned";
  const Item item = suites[0]->item(0);
  EXPECT_EQ(item.id, "72");
  ASSERT_EQ(item.prompt.messages.size(), 3u);
  EXPECT_TRUE(item.prompt.messages[1].text().starts_with("Let's think step by step."));
  EXPECT_TRUE(has(item.prompt.messages[2].text(), "J. 12"));
  EXPECT_EQ(grade(item, answered("The answer is (B)."))->status, ScoreStatus::Correct);
}

TEST(SuiteFile, CarriesFieldsToTheScorerAndNamesMistakesByLine) {
  TempDir dir;
  const std::string head =
      "name: own\nversion: \"1\"\nscorer: json_schema\ndata: {file: r.jsonl}\n";
  write(dir / "own/suite.yaml", head + "fields: {question: q, carry: [schema]}\n");
  write(dir / "own/r.jsonl", R"({"q":"An object?","schema":{"type":"object"}})"
                             "\n");
  const Item item = open_suites({(dir / "own").string(), {}, "-s"}, {})[0]->item(0);
  EXPECT_EQ(Json::parse(item.grading.fields_json)["schema"]["type"], "object");
  EXPECT_TRUE(item.grading.gold.empty());
  EXPECT_EQ(grade(item, answered("{}"))->status, ScoreStatus::Correct);
  const auto mistake = [&](const std::string& more) {
    write(dir / "own/suite.yaml", head + more);
    return message_of([&] { open_suites({(dir / "own").string(), {}, "-s"}, {}); });
  };
  EXPECT_TRUE(has(mistake("fields: {question: q}\n"), "answer: the field of the gold answer"));
  EXPECT_TRUE(has(mistake("fields: {question: q, answer: a, option: b}\n"),
                  "suite.yaml:5: unknown key \"option\"; did you mean \"options\"?"));
  EXPECT_TRUE(has(mistake("fields: {question: q, answer: a, answer_is: letter}\n"),
                  "label, text, index or first"));
  EXPECT_TRUE(has(mistake("fields: {question: q, answer: a}\nfew_shot: {file: f, draw: last}\n"),
                  "draw: seed, first or others"));
  EXPECT_TRUE(has(mistake("fields: {question: q, answer: a}\nfew_shot: {file: ../../x}\n"),
                  "suite.yaml:6: file: the name of a data file"));
  EXPECT_TRUE(has(mistake("fields: {question: q, answer: a}\nbeside: {file: /etc/passwd}\n"),
                  "the name of a data file"));
  EXPECT_TRUE(has(mistake("fields: {question: q, carry: [schemas]}\n"), "no field \"schemas\""));
}

TEST(SuiteData, FilesSourcesAndTheirPlaces) {
  TempDir dir;
  LoaderPaths paths;
  paths.data_dirs.push_back(dir.path());
  const auto data = suite_data({"cmmlu/agronomy", {}, "pull"}, paths);
  ASSERT_EQ(data.size(), 1u);
  EXPECT_EQ(data[0].licence, "CC-BY-NC-SA-4.0");
  ASSERT_EQ(data[0].files.size(), 2u) << "items and examples";
  EXPECT_EQ(data[0].files[1].target, dir / "cmmlu/dev/agronomy.csv");
  EXPECT_EQ(data[0].files[1].sources[1].member, "dev/agronomy.csv");
  EXPECT_EQ(suite_data({"bbh", {}, "pull"}, paths)[0].files.size(), 54u);
  EXPECT_TRUE(suite_data({"house/ledger", {}, "pull"}, paths).empty());
  for (const SuiteSummary& suite : known_suites(paths)) {
    if (suite.name.starts_with("house/")) continue;
    for (const SuiteData& one : suite_data({suite.name, {}, "pull"}, paths)) {
      EXPECT_FALSE(one.licence.empty()) << suite.name;
      for (const WantedFile& file : one.files)
        EXPECT_FALSE(file.sources.empty()) << file.shown << ": nowhere to get it";
    }
  }
}

TEST(SuiteData, IsAskedForWhereItLiesNowhere) {
  TempDir dir;
  LoaderPaths paths;
  paths.data_dirs.push_back(dir.path());
  std::string asked;
  paths.obtain = [&](const SuiteData& data) {
    asked = data.files[0].shown;
    write(data.files[0].target, "q\t7\n");
  };
  const auto suites = open_suites({"mgsm/en", {}, "-s"}, paths);
  EXPECT_EQ(asked, "mgsm/mgsm_en.tsv");
  EXPECT_EQ(suites[0]->info().size, 1);
  paths.obtain = [](const SuiteData&) { throw Error("no network"); };
  const std::string message = message_of([&] { open_suites({"mgsm/de", {}, "-s"}, paths); });
  EXPECT_TRUE(has(message, "mgsm/mgsm_de.tsv is missing")) << message;
  EXPECT_TRUE(has(message, "no network")) << message;
}

}  // namespace
}  // namespace leitai
