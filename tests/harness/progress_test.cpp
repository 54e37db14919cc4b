#include "harness/progress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "harness/core/text.h"

namespace leitai {
namespace {

ProgressSnapshot snapshot() {
  ProgressSnapshot out;
  out.title = "autumn.yaml";
  out.suites = 11;
  out.elapsed_s = 3600;
  const auto add = [&](const char* id, std::int64_t answered, std::int64_t flying, double tok_s,
                       std::int64_t cut, std::int64_t refused, std::int64_t failed,
                       std::int64_t retries, double yuan) {
    out.models.push_back({.id = id,
                          .resumed = 6868,
                          .answered = answered,
                          .total = 32294,
                          .in_flight = flying,
                          .tok_s = tok_s,
                          .cut_off = cut,
                          .refused = refused,
                          .failed = failed,
                          .retries = retries,
                          .spent = {{"CNY", yuan}}});
  };
  add("Qwen3-235B-A22B think", 25190, 64, 3902, 311, 19, 4, 88, 4512);
  add("DeepSeek-R1", 18408, 48, 1633, 139, 24, 37, 902, 714);
  add("Kimi-K2-Instruct", 32294, 0, 0, 0, 31, 0, 12, 386);
  add("Doubao-1.5-pro", 11626, 5, 242, 0, 12, 0, 415, 88);
  out.models[2].is_done = true;
  out.models[3].waiting = "waiting 21 s (429)";
  out.budget = {{"CNY", 10000}};
  out.log = "outputs/x/run.log";
  return out;
}

std::string block(const ProgressSnapshot& at, const Style& style, int rows = 0) {
  return fmt::format("{}\n", fmt::join(progress_block(at, style, rows), "\n"));
}

TEST(ProgressBlock, At120ColumnsInAscii) {
  EXPECT_EQ(
      block(snapshot(), {.width = 120, .ascii = true}),
      "leitai run autumn.yaml   4 models | 11 suites | 129,176 requests | 27,472 already answered\n"
      "\n"
      "model                   answered              now    tok/s  cut off  refused  failed   "
      "retry      spent\n"
      "Qwen3-235B-A22B think   ==========----  78 %   64    3,902      311       19       4      "
      "88  CNY 4,512\n"
      "DeepSeek-R1             =======-------  57 %   48    1,633      139       24      37     "
      "902    CNY 714\n"
      "Kimi-K2-Instruct        ============== done     0        _        0       31       0      "
      "12    CNY 386\n"
      "Doubao-1.5-pro          =====---------  36 %    5      242        0       12       0     "
      "415     CNY 88\n"
      "                        waiting 21 s (429)\n"
      " 87,518 of 129,176   CNY 5,700 of CNY 10,000 budget   about 4 h 21 min left, Doubao-1.5-pro "
      "last\n");
}

TEST(ProgressBlock, At80ColumnsTheReasonHasItsOwnLine) {
  EXPECT_EQ(block(snapshot(), {.width = 80}),
            "leitai run autumn.yaml   4 models \u00b7 11 suites \u00b7 129,176 requests\n"
            "\n"
            "model                   answered              now  cut off  failed    spent\n"
            "Qwen3-235B-A22B think   "
            "\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2500\u2500\u2500\u2500  "
            "78 %   64      311       4   \u00a54,512\n"
            "DeepSeek-R1             "
            "\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2500\u2500\u2500\u2500\u2500\u2500\u2500  "
            "57 %   48      139      37     \u00a5714\n"
            "Kimi-K2-Instruct        "
            "\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501\u2501 "
            "done     0        0       0     \u00a5386\n"
            "Doubao-1.5-pro          "
            "\u2501\u2501\u2501\u2501\u2501\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500\u2500  "
            "36 %    5        0       0      \u00a588\n"
            "                        waiting 21 s (429)\n"
            " 87,518 of 129,176   \u00a55,700 of \u00a510,000   about 4 h 21 min left\n");
}

TEST(ProgressBlock, At60Columns) {
  EXPECT_EQ(block(snapshot(), {.width = 60, .ascii = true}),
            "leitai run autumn.yaml   4 models\n"
            "\n"
            "model                        now  cut off  failed      spent\n"
            "Qwen3-..think  ====--  78 %   64      311       4  CNY 4,512\n"
            "DeepSeek-R1    ===---  57 %   48      139      37    CNY 714\n"
            "Kimi-K..truct  ====== done     0        0       0    CNY 386\n"
            "Doubao..5-pro  ==----  36 %    5        0       0     CNY 88\n"
            "               waiting 21 s (429)\n"
            " 87,518 of 129,176   about 4 h 21 min left\n");
}

TEST(ProgressBlock, ColourOnlyRepeats) {
  Style style{.width = 100, .color = true};
  std::string bare;
  const std::string painted = block(snapshot(), style);
  for (std::size_t i = 0; i < painted.size(); ++i) {
    if (painted[i] == '\x1b') {
      i = painted.find('m', i);
    } else {
      bare += painted[i];
    }
  }
  EXPECT_NE(bare, painted);
  style.color = false;
  EXPECT_EQ(bare, block(snapshot(), style));
}

TEST(ProgressBlock, HostileNamesCannotMoveTheCursor) {
  ProgressSnapshot at = snapshot();
  at.models[0].id = "a\x1b[2J";
  at.models[1].id = "b\n\u202e";
  at.models[3].waiting = "\x1b]0;x\x07";
  const std::string text = block(at, {.width = 120});
  EXPECT_NE(text.find("a<U+001B>[2J"), std::string::npos);
  EXPECT_NE(text.find("b<U+000A><U+202E>"), std::string::npos);
  EXPECT_NE(text.find("<U+001B>]0;x<U+00"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(ProgressBlock, ModelsThatAShortWindowCannotHoldShareALine) {
  ProgressSnapshot at = snapshot();
  at.models[3].waiting = "";
  for (int i = 0; i < 1000; ++i) at.models.push_back(at.models[1]);
  const auto lines = progress_block(at, {.width = 120, .ascii = true}, 24);
  EXPECT_EQ(lines.size(), 23u);
  EXPECT_EQ(lines[20], ".. 987 more models: 1 done, 0 waiting");
}

TEST(ProgressTimeLeft, IsTheSlowestModelsAfterTwoMinutes) {
  ProgressSnapshot at = snapshot();
  ASSERT_TRUE(time_left(at));
  EXPECT_EQ(time_left(at)->slowest, "Doubao-1.5-pro");
  EXPECT_NEAR(time_left(at)->seconds, 3600.0 * (32294 - 11626) / (11626 - 6868), 1e-6);
  at.elapsed_s = 119;
  EXPECT_FALSE(time_left(at));
  EXPECT_NE(block(at, {.width = 120}).find("time left: measuring"), std::string::npos);
}

TEST(ProgressBlock, SaysWhenTheBudgetEndsAndWhenItStops) {
  ProgressSnapshot at = snapshot();
  at.budget = {{"CNY", 6000}};
  EXPECT_NE(block(at, {.width = 120}).find("stops in about 4 min"), std::string::npos);
  EXPECT_NE(block(at, {.width = 120, .color = true}).find("\x1b[1m 87,518 of"), std::string::npos);
  at.stopping = "stopping, 117 answers still arriving";
  EXPECT_NE(block(at, {.width = 120}).find("   stopping, 117 answers still arriving"),
            std::string::npos);
}

TEST(ProgressLine, KeysAreStable) {
  const std::chrono::system_clock::time_point at{std::chrono::seconds(1795267920)};
  EXPECT_EQ(progress_line(snapshot(), at),
            "2026-11-21T13:32:00Z run 87518/129176 67.7% in_flight=117 tok_s=5777 cut_off=450 "
            "refused=86 failed=41 retries=1417 "
            "spent=CNY5700.00/10000 eta=4h21m");
  EXPECT_EQ(progress_event_line("model a\rb", at), "2026-11-21T13:32:00Z model a<U+000D>b");
}

struct Screen {
  std::string written;
  std::chrono::steady_clock::time_point now{};
  int width = 80;
  int writes = 0;
  ProgressPorts ports() {
    ProgressPorts out;
    out.write = [this](std::string_view text) { written += text, ++writes; };
    out.now = [this] { return now; };
    out.wall = [] { return std::chrono::system_clock::time_point{}; };
    out.size = [this] { return std::pair(width, 50); };
    return out;
  }
};

TEST(LiveProgress, DrawsAtMostFiveTimesASecondAndGivesTheCursorBack) {
  Screen screen;
  {
    const auto progress = live_progress({}, screen.ports());
    for (int ms = 0; ms < 1000; ms += 10) {
      progress->update(snapshot());
      screen.now += std::chrono::milliseconds(10);
    }
    EXPECT_EQ(screen.writes, 5);
    EXPECT_NE(screen.written.find("\r\x1b[9A"), std::string::npos)
        << "moves up by the height of the block";
    EXPECT_EQ(screen.written.find("\x1b[?25h"), std::string::npos);
    screen.written.clear();
    screen.width = 40;  // of the 9 old lines 8 now take two rows
    screen.now += std::chrono::seconds(1);
    progress->update(snapshot());
    EXPECT_NE(screen.written.find("\x1b[17A\x1b[J"), std::string::npos)
        << "resize clears what has wrapped";
    screen.written.clear();
    progress->event("model x slowed");
    EXPECT_LT(screen.written.find("model x slowed\n"), screen.written.find("leitai run"));
  }
  EXPECT_TRUE(screen.written.ends_with("\x1b[?25h"));
}

TEST(PlainProgress, WritesALineEverySoOftenAtEventsAndAtTheEnd) {
  Screen screen;
  const auto progress = plain_progress(30, screen.ports());
  for (int s = 0; s < 100; ++s) {
    progress->update(snapshot());
    screen.now += std::chrono::seconds(1);
  }
  EXPECT_EQ(screen.writes, 3);
  progress->event("served-model changed");
  progress->finish();
  progress->finish();
  EXPECT_EQ(screen.writes, 5);
  EXPECT_EQ(screen.written.find_first_of("\r\x1b"), std::string::npos);
}

TEST(ProgressBlock, NoLineIsWiderThanTheStyleAndTheHeightIsFixed) {
  ProgressSnapshot at = snapshot();
  at.models[1].id =
      "\xE9\x80\x9A\xE4\xB9\x89\xE5\x8D\x83\xE9\x97\xAE"
      "3-235B \xE6\x80\x9D\xE8\x80\x83 with a very long name";
  at.models[0].waiting =
      "circuit open, next try 14:02 because the service answers nothing at all any more";
  for (int width = 20; width <= 200; ++width) {
    for (const bool ascii : {false, true}) {
      for (const bool wide : {false, true}) {
        const auto lines =
            progress_block(at, {.width = width, .ascii = ascii, .ambiguous_wide = wide});
        EXPECT_EQ(lines.size(), at.models.size() + 5);
        for (const std::string& line : lines) {
          EXPECT_LE(cell_width(line, wide), width) << line;
          EXPECT_EQ(line.find('\x1b'), std::string::npos);
        }
      }
    }
  }
}

}  // namespace
}  // namespace leitai
