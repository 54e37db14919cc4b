// Where the data of suites come from: pinned, and the same bytes everywhere.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/files.h"
#include "harness/io/package.h"
#include "suites/loader.h"
#include "suites/sandbox/box.h"
#include "suites/suite_file.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;
using test::message_of;

/// Every file of every suite that is not generated.
std::vector<WantedFile> all_files(const LoaderPaths& paths) {
  std::vector<WantedFile> out;
  for (const SuiteSummary& suite : known_suites(paths)) {
    if (suite.name.starts_with("house/")) continue;
    for (SuiteData& data : suite_data({suite.name, {}, "pull"}, paths))
      std::move(data.files.begin(), data.files.end(), std::back_inserter(out));
  }
  return out;
}

bool is_commit(std::string_view text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

TEST(Sources, EachIsACommitOrBytesWithADigest) {
  std::set<std::string> by_commit_alone;
  for (const WantedFile& file : all_files({})) {
    ASSERT_FALSE(file.sources.empty()) << file.shown;
    for (const DataSource& source : file.sources) {
      if (source.kind != HubKind::Direct) {
        EXPECT_TRUE(is_commit(source.revision)) << file.shown << ": " << source.in_words();
        continue;
      }
      bool has_commit = false;
      for (const std::string_view part : split(source.url, '/')) {
        EXPECT_TRUE(part != "main" && part != "master" && part != "HEAD") << source.url;
        has_commit = has_commit || is_commit(part);
      }
      EXPECT_TRUE(has_commit || !file.sha256.empty()) << source.url;
    }
    if (file.sha256.empty()) by_commit_alone.insert(file.shown.substr(0, file.shown.find('/')));
  }
  // Their bytes have not been seen; the cards say which checks hold instead.
  EXPECT_EQ(by_commit_alone, (std::set<std::string>{"include", "mmmlu"}));
}

TEST(Sources, DigestsAreThoseOfThePublishedFiles) {
  LEITAI_NEEDS_SHARED("datasets/INDEX.md");
  const fs::path datasets = test::shared_dir() / "datasets";
  std::map<std::string, std::string> index;
  std::ifstream lines(datasets / "INDEX.md");
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > 66 && line[64] == ' ' && line[65] == ' ')
      index[line.substr(66)] = line.substr(0, 64);
  }
  std::int64_t n = 0;
  for (const WantedFile& file : all_files({})) {
    const auto found = index.find(file.shown);
    if (found == index.end()) continue;
    ++n;
    EXPECT_EQ(file.sha256, found->second) << file.shown;
    EXPECT_EQ(file_sha256(datasets / file.shown), file.sha256) << file.shown;
  }
  EXPECT_GT(n, 240);
  test::count_compared("SHA-256 of data files in suite.yaml", n);
}

TEST(Sources, CountsAreThoseOfTheIndex) {
  LEITAI_NEEDS_SHARED("datasets/INDEX.md");
  struct Known {
    const char* suite;
    const char* folder;
    std::int64_t items;
    std::vector<std::string> words;  // of the folder's row in the index that say so
  };
  const std::vector<Known> all{
      {"gsm8k", "gsm8k", 1319, {"test 1,319"}},
      {"math500", "math500", 500, {"| 500 |"}},
      {"mgsm", "mgsm", 2750, {"= 2,750"}},
      {"cmath", "cmath", 600 + 360, {"dev 600", "distractor 360 rows"}},
      {"tal-scq5k", "tal-scq5k", 4000, {"CN test 2,000", "EN test 2,000"}},
      {"bbh", "bbh", 6511, {"6,511 items"}},
      {"mmlu", "mmlu", 14042, {"test 14,042"}},
      {"agieval", "agieval", 4967, {"4,967 rows"}},
      {"gaokao-bench", "gaokao-bench", 1781, {"1,781 questions"}},
      {"xcopa", "xcopa", 11 * 500, {"11 languages", "(500 test"}},
      {"ifeval", "ifeval", 541, {"541 prompts"}},
      {"m-ifeval", "m-ifeval", 541 + 115 + 235 + 172, {"en 541", "es 115", "fr 235", "ja 172"}},
      {"humaneval", "humaneval", 164, {"| 164 |"}},
      {"humaneval-plus", "humaneval-plus", 164, {"| 164 "}},
      {"mbpp", "mbpp", 974, {"full 974"}},
      {"mbpp-sanitized", "mbpp", 427, {"sanitized 427"}},
      {"mbpp-plus", "mbpp-plus", 378, {"| 378 "}},
      {"humaneval-x", "humaneval-x", 984, {"164 = 984"}},
      {"cruxeval-input", "cruxeval", 800, {"| 800 |"}},
      {"cruxeval-output", "cruxeval", 800, {"| 800 |"}},
      {"arena-hard", "arena-hard", 500 + 750, {"500 prompts", "v2.0: 750"}},
      {"mt-bench", "mt-bench", 80, {"80 two-turn questions"}},
  };
  const std::string index = test::read_text(test::shared_dir() / "datasets/INDEX.md");
  LoaderPaths paths;
  paths.data_dirs.push_back(test::shared_dir() / "datasets");
  std::set<std::string> folders;
  for (const Known& one : all) {
    folders.insert(one.folder);
    const std::size_t at = index.find(fmt::format("| [{}](", one.folder));
    ASSERT_NE(at, std::string::npos) << one.folder;
    const std::string row = index.substr(at, index.find('\n', at) - at);
    for (const std::string& words : one.words)
      EXPECT_NE(row.find(words), std::string::npos) << words << " in " << row;
    const bool is_code = std::string_view(one.suite).starts_with("humaneval") ||
                         std::string_view(one.suite).starts_with("mbpp") ||
                         std::string_view(one.suite).starts_with("cruxeval");
    if (is_code && !box_trouble().empty()) {
      test::count_skipped(one.suite, 1, box_trouble());
      continue;
    }
    std::int64_t items = 0;
    for (const auto& suite : open_suites({one.suite, {}, "-s"}, paths)) {
      items += suite->info().whole;
      EXPECT_EQ(suite->info().version.find('+'), std::string::npos)
          << suite->info().name << " " << suite->info().version << ": other bytes or rows";
    }
    EXPECT_EQ(items, one.items) << one.suite;
    test::count_compared("counts of suites", 1);
  }
  EXPECT_EQ(folders.size(), 20u);
}

TEST(Sources, ExamplesOfOtherBytesAreAnotherVersion) {
  test::TempDir dir;
  fs::create_directories(dir / "gsm8k");
  const std::string row = R"({"question":"1+1?","answer":"so\n#### 2"})";
  for (const char* name : {"test", "train"})
    test::write_text(dir / fmt::format("gsm8k/{}.jsonl", name), row + "\n");
  LoaderPaths paths;
  paths.data_dirs.push_back(dir.path());
  SuiteOptions options;
  const auto version = [&](int shots) {
    options.few_shot = shots;
    return open_suites({"gsm8k", options, "-s"}, paths)[0]->info().version;
  };
  const std::string plain = version(0), with = version(1);
  const std::string own = file_sha256(dir / "gsm8k/train.jsonl").substr(0, 8);
  EXPECT_EQ(plain.find("+" + own), plain.rfind("+" + own)) << plain;
  EXPECT_NE(with.find("+" + own), with.rfind("+" + own)) << with;
}

TEST(Sources, MistakesOfASuiteFile) {
  const std::string base =
      "name: x\nversion: '1'\nfields: {question: q, answer: a}\n"
      "data: {file: a.csv, sources: {github: 'https://example.com/a.csv'}}\n";
  EXPECT_NE(message_of([&] { read_suite_file(base, "s", {}); }).find("a URL of GitHub is wanted"),
            std::string::npos);
  EXPECT_NE(message_of([&] {
              read_suite_file(
                  "name: x\nversion: '1'\nfields: {question: q, answer: a}\n"
                  "data: {file: a.csv}\nchecksums: {b.csv: abc}\n",
                  "s", {});
            }).find("checksums: b.csv: 64 hexadecimal digits"),
            std::string::npos);
}

}  // namespace
}  // namespace leitai
