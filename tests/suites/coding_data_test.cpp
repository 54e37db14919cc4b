// The reference solutions of the coding data sets pass, answers without a program do not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "harness/core/codec.h"
#include "suites/datasets/rows.h"
#include "suites/grade.h"
#include "suites/loader.h"
#include "suites/sandbox/box.h"
#include "suites/sandbox/languages.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

struct Data {
  std::string suite, file, language;
  int rows;
  int every;                      // without LEITAI_FULL: one of so many
  std::set<std::string> defects;  // known, by item
};

/// What a flawless model would say.
std::string reference(const Data& data, const Json& row) {
  const auto text = [&](const char* name) { return row.at(name).get<std::string>(); };
  if (data.suite == "cruxeval-output") return "[ANSWER]" + text("output") + "[/ANSWER]";
  if (data.suite == "cruxeval-input") return "[ANSWER]f(" + text("input") + ")[/ANSWER]";
  // The prompt ends with the declaration, in Rust alone it does not.
  const std::string code =
      row.contains("canonical_solution")
          ? text(data.language == "rust" ? "declaration" : "prompt") + text("canonical_solution")
          : text("code");
  return "Here it is:\n\n```" + data.language + "\n" + code + "\n```\n";
}

void hold(const Data& data) {
  LoaderPaths paths;
  paths.data_dirs.push_back(test::shared_dir() / "datasets");
  const auto suite = std::move(open_suites({data.suite, {}, "-s"}, paths).at(0));
  const auto rows = open_rows(test::shared_dir() / "datasets" / data.file);
  ASSERT_EQ(suite->info().whole, data.rows) << data.suite;
  ASSERT_EQ(rows->size(), data.rows) << data.suite;
  const std::int64_t step = std::getenv("LEITAI_FULL") ? 1 : data.every;
  std::atomic<std::int64_t> next{0}, n{0};
  std::mutex mutex;  // guards `failed`
  std::map<std::string, std::string> failed;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        for (std::int64_t i; (i = next.fetch_add(step)) < data.rows;) {
          const Item item = suite->item(i);
          Response response;
          response.outcome = Outcome::Answered;
          response.finish_reason = FinishReason::Stop;
          response.text = reference(data, rows->row(i));
          const auto score = grade(item, response);
          response.text = "```" + data.language + "\n\n```\n";
          const auto empty = grade(item, response);
          ++n;
          std::lock_guard guard(mutex);
          if (score->status != ScoreStatus::Correct) failed[item.id] = score->why;
          EXPECT_EQ(empty->score, 0.0) << item.id << ": an answer without a program";
        }
      });
    }
  }
  for (const auto& [id, why] : failed)
    EXPECT_TRUE(data.defects.count(id) > 0) << data.suite << " " << id << ": " << why;
  test::count_compared("reference solutions of " + data.suite, n);
}

TEST(CodingData, ReferenceSolutionsPassAndEmptyAnswersDoNot) {
  LEITAI_NEEDS_SHARED("datasets/humaneval-x");
  if (!box_trouble().empty()) {
    test::count_skipped("sandbox", 1, "namespaces are forbidden here");
    GTEST_SKIP() << box_trouble();
  }
  const std::vector<Data> all{
      {"humaneval", "humaneval/HumanEval.jsonl.gz", "python", 164, 12, {}},
      {"humaneval-plus",
       "humaneval-plus/HumanEvalPlus-OriginFmt.jsonl.gz",
       "python",
       164,
       30,
       {"HumanEval/32"}},  // its checks call a function that this layout lacks
      {"mbpp", "mbpp/mbpp.jsonl", "python", 974, 60, {}},
      {"mbpp-sanitized", "mbpp/sanitized-mbpp.json", "python", 427, 25, {}},
      {"mbpp-plus", "mbpp-plus/MbppPlus-OriginFmt.jsonl.gz", "python", 378, 60, {}},
      {"cruxeval-output", "cruxeval/cruxeval.jsonl", "python", 800, 60, {}},
      {"cruxeval-input", "cruxeval/cruxeval.jsonl", "python", 800, 60, {}},
      {"humaneval-x/python", "humaneval-x/humaneval_python.jsonl.gz", "python", 164, 30, {}},
      {"humaneval-x/js",
       "humaneval-x/humaneval_js.jsonl.gz",
       "js",
       164,
       30,
       {"JavaScript/112", "JavaScript/155", "JavaScript/162"}},  // two wrong, one needs js-md5
      {"humaneval-x/cpp", "humaneval-x/humaneval_cpp.jsonl.gz", "cpp", 164, 80, {}},
      {"humaneval-x/java", "humaneval-x/humaneval_java.jsonl.gz", "java", 164, 80, {}},
      {"humaneval-x/rust",
       "humaneval-x/humaneval_rust.jsonl.gz",
       "rust",
       164,
       80,
       {"Rust/38", "Rust/50", "Rust/53", "Rust/91", "Rust/162"}},  // crates: rand, regex, md5
      {"humaneval-x/go", "humaneval-x/humaneval_go.jsonl.gz", "go", 164, 80, {}}};
  for (const Data& data : all) {
    if (language_version(*find_language(data.language)).empty()) {
      test::count_skipped("programs in " + data.language, 1, "its tools are not installed");
      continue;
    }
    hold(data);
  }
}

}  // namespace
}  // namespace leitai
