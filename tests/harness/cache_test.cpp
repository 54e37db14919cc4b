#include <gtest/gtest.h>

#include "harness/core/error.h"
#include "harness/store_cache.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

Response answered(const std::string& text) {
  Response out;
  out.outcome = Outcome::Answered;
  out.text = text;
  out.usage.completion_tokens = 7;
  out.timing.total_ms = 12;
  out.timing.queued_ms = 3;
  out.price = Price{0.5, "CNY"};
  return out;
}

TEST(AnswerCache, KeepsWhatCameToItsEndAndNothingElse) {
  test::TempDir dir;
  const Digest one = sha256("one"), two = sha256("two");
  {
    AnswerCache cache(dir / "home" / "answers.sqlite");
    EXPECT_FALSE(cache.find(one));
    cache.put(one, "m", answered("first"));
    cache.put(one, "m", answered("second"));
    Response cut = answered("cut");
    cut.outcome = Outcome::Truncated;
    cache.put(two, "m", cut);
  }
  AnswerCache again(dir / "home" / "answers.sqlite"), beside(dir / "home" / "answers.sqlite");
  const auto found = again.find(one);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "first");
  EXPECT_EQ(found->usage.completion_tokens, 7);
  EXPECT_EQ(found->timing.total_ms, 12);
  EXPECT_FALSE(found->price) << "it is paid once";
  EXPECT_FALSE(beside.find(two)) << "a larger budget must be able to ask again";
  ASSERT_EQ(beside.lines().size(), 1u);
  EXPECT_EQ(beside.lines()[0].answers, 1);
  EXPECT_EQ(beside.prune(1), 0);
  EXPECT_EQ(beside.prune(0), 1);
  EXPECT_FALSE(again.find(one));
}

TEST(AnswerCache, LeavesForeignFilesAlone) {
  test::TempDir dir;
  test::write_text(dir / "x.sqlite",
                   "this is no database at all, but long enough to look like one");
  EXPECT_THROW(AnswerCache(dir / "x.sqlite"), Error);
}

}  // namespace
}  // namespace leitai
