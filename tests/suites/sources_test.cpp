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
