// Files of recorded answers read as a run: whatever they are packed in, without keeping their
// texts.
#include "backends/replay/recorded_run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/core/error.h"
#include "harness/io/compression.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::message_of;
using test::TempDir;

std::string lines_text() {
  std::string out;
  for (const char* item : {"10", "9", "1", "9"})
    out += fmt::format(
        R"({{"suite":"s","item":"{}","model":"m","text":"a long text","usage":{{"completion_tokens":7}},)"
        R"("score":{{"scorer":"numeric@1","status":"CORRECT","score":1.0}}}})"
        "\n",
        item);
  return out + "\n" + R"({"suite":"r","prompt":"Why?","model":"m","text":"no grade"})";
}

std::string told(const RecordedRun& run) {
  std::string out;
  run.each(Detail::Facts, [&](const Record& record) {
    out += fmt::format("{} {} {} {} {}; ", record.request.suite, record.request.item,
                       record.response.usage.completion_tokens.value_or(0),
                       record.score.has_value(), record.response.text.size());
    return true;
  });
  return out;
}

TEST(RecordedRun, SortedOnceEachAndTheSameHoweverItIsPacked) {
  TempDir dir;
  test::write_text(dir / "plain.jsonl", lines_text());
  RecordedRun plain;
  plain.add((dir / "plain.jsonl").string(), "");
  const std::string all = told(plain);
  EXPECT_NE(all.find("s 1 7 true 0; s 10 7 true 0; s 9 7 true 0; "), std::string::npos) << all;
  EXPECT_EQ(all.find("r prompt-"), 0u) << all;
  EXPECT_EQ(plain.scorer("s"), "numeric@1");
  EXPECT_EQ(plain.scorer("r"), "");
  EXPECT_EQ(plain.scorer("other"), "");
  ASSERT_EQ(plain.remarks().size(), 1u);
  EXPECT_NE(plain.remarks()[0].find("1 lines answer an item"), std::string::npos);
  std::vector<std::string> items;
  plain.each_summary([&](const ItemSummary& item) {
    items.push_back(fmt::format("{}/{}/{}", item.suite, item.id.substr(0, 6), item.is_graded));
  });
  EXPECT_EQ(items,
            (std::vector<std::string>{"r/prompt/false", "s/1/true", "s/10/true", "s/9/true"}));

  test::write_text(dir / "marked.jsonl", "\xEF\xBB\xBF" + lines_text());
  test::write_text(dir / "packed.jsonl.zst", Zstd().compress(lines_text()));
  test::write_text(dir / "unnamed", Zstd().compress(lines_text()));
  for (const char* name : {"marked.jsonl", "packed.jsonl.zst", "unnamed"}) {
    RecordedRun run;
    run.add((dir / name).string(), "");
    EXPECT_EQ(told(run), all) << name;
  }
}

TEST(RecordedRun, MistakesAreToldTogetherByLine) {
  TempDir dir;
  test::write_text(dir / "bad.jsonl", "{\"suite\":\"s\"}\n\nnonsense\n");
  RecordedRun run;
  const std::string message = message_of([&] { run.add((dir / "bad.jsonl").string(), ""); });
  EXPECT_NE(message.find("bad.jsonl:1:"), std::string::npos) << message;
  EXPECT_NE(message.find("bad.jsonl:3: not a line of JSON"), std::string::npos) << message;
}

}  // namespace
}  // namespace leitai
