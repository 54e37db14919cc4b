// Answers of generated items held against what shares nothing with the generators: the calendar of
// the C++ library, and the real interpreters.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/core/text.h"
#include "suites/house/calendar.h"
#include "suites/house/trace.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using house::Sentence;
namespace chrono = std::chrono;

chrono::sys_days day_of(const std::string& iso) {
  return chrono::year_month_day(chrono::year(std::stoi(iso.substr(0, 4))),
                                chrono::month(static_cast<unsigned>(std::stoi(iso.substr(5, 2)))),
                                chrono::day(static_cast<unsigned>(std::stoi(iso.substr(8, 2)))));
}
int day_of_month(chrono::sys_days day) {
  return static_cast<int>(static_cast<unsigned>(chrono::year_month_day(day).day()));
}
int iso_weekday(chrono::sys_days day) {
  return static_cast<int>(chrono::weekday(day).iso_encoding());
}
int minutes_of(const std::string& clock) {
  return std::stoi(clock.substr(0, 2)) * 60 + std::stoi(clock.substr(3));
}

/// The answer, from the sentences alone; -1 where a sentence says something untrue.
long solve(const std::vector<Sentence>& sentences) {
  chrono::sys_days today{};
  std::string born;
  for (const Sentence& s : sentences) {
    if (s.key == "today") today = day_of(s.from);
    if (s.key == "was_before_yesterday") today = day_of(s.from) + chrono::days(2);
    if (s.key == "was_yesterday") today = day_of(s.from) + chrono::days(1);
    if (s.key == "is_tomorrow") today = day_of(s.from) - chrono::days(1);
    if (s.key == "is_after_tomorrow") today = day_of(s.from) - chrono::days(2);
    if (s.key == "is_weekday") {
      today = day_of(s.from);
      if (iso_weekday(today) != s.weekday + 1) return -1;
    }
    if (s.key == "born") born = s.from;
  }
  const Sentence& asked = sentences.back();
  const std::string& key = asked.key;
  if (key == "ask_before_yesterday") return day_of_month(today - chrono::days(2));
  if (key == "ask_yesterday") return day_of_month(today - chrono::days(1));
  if (key == "ask_tomorrow") return day_of_month(today + chrono::days(1));
  if (key == "ask_after_tomorrow") return day_of_month(today + chrono::days(2));
  if (key == "ask_journey") return minutes_of(asked.to) - minutes_of(asked.from);
  if (key == "ask_journey_night") return 1440 - minutes_of(asked.from) + minutes_of(asked.to);
  if (key == "ask_day_later") return day_of_month(today + chrono::days(asked.n));
  if (key == "ask_weekday_later") return iso_weekday(today + chrono::days(asked.n));
  if (key == "ask_weekday_is")
    return day_of(asked.from) > today ? iso_weekday(day_of(asked.from)) : -1;
  if (key == "ask_weekday_was")
    return day_of(asked.from) < today ? iso_weekday(day_of(asked.from)) : -1;
  if (key == "ask_days_until") return (day_of(asked.from) - today).count();
  if (key == "ask_last_third") {
    const chrono::year_month_day month(day_of(asked.from));
    const chrono::year_month_day last(
        chrono::sys_days(month.year() / month.month() / chrono::last));
    return asked.n * (static_cast<int>(static_cast<unsigned>(last.day())) - 20);
  }
  if (key == "ask_age") {
    int years = std::stoi(asked.from.substr(0, 4)) - std::stoi(born.substr(0, 4));
    if (asked.from.substr(5) < born.substr(5)) --years;
    return years;
  }
  if (key == "ask_nth") {
    const chrono::year_month_day month(day_of(asked.from));
    const chrono::weekday weekday(static_cast<unsigned>(asked.weekday + 1) % 7);
    return day_of_month(
        chrono::sys_days(month.year() / month.month() / weekday[static_cast<unsigned>(asked.n)]));
  }
  long found = 0;
  for (auto day = day_of(asked.from); day <= day_of(asked.to); day += chrono::days(1)) {
    if (key == "ask_count_weekday") found += iso_weekday(day) == asked.weekday + 1;
    if (key == "ask_work_days") found += iso_weekday(day) < 6;
  }
  return key == "ask_count_weekday" || key == "ask_work_days" ? found : -1;
}

TEST(Calendar, AnswersAreThoseOfTheLibrarysCalendar) {
  std::map<std::string, int> kinds;
  for (int level = 1; level <= 5; ++level) {
    for (std::int64_t i = 0; i < 1500; ++i) {
      const house::CalendarItem item = house::make_calendar(7, i, level);
      ASSERT_EQ(std::to_string(solve(item.sentences)), item.answer)
          << "level " << level << " item " << i << " " << item.sentences.back().key;
      ++kinds[item.sentences.back().key];
    }
  }
  EXPECT_EQ(kinds.size(), 16u);
  for (const auto& [kind, n] : kinds) EXPECT_GT(n, 50) << kind;
}

/// Lines that a command prints; empty where it is missing.
std::vector<std::string> output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
  if (pclose(pipe) != 0) return {};
  std::vector<std::string> out;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) out.emplace_back(line);
  }
  return out;
}

/// Programs of all levels in one language.
struct Sample {
  std::vector<std::string> texts;
  std::vector<std::string> answers;
};
Sample sample(house::Tongue tongue, int of_each_level) {
  Sample out;
  for (int level = 1; level <= 5; ++level) {
    for (std::int64_t i = 0; i < of_each_level; ++i) {
      const house::TraceItem item = house::make_trace(11, 3 * i + static_cast<int>(tongue), level);
      EXPECT_EQ(item.tongue, tongue);
      out.texts.push_back(house::text_of(item.program, tongue));
      out.answers.push_back(item.answer);
    }
  }
  return out;
}

void expect_same(const Sample& sample, const std::vector<std::string>& printed, const char* tool) {
  if (printed.empty()) {
    test::count_skipped("programs of house/trace", 1, std::string(tool) + " is not there");
    GTEST_SKIP() << tool << " is not there";
  }
  ASSERT_EQ(printed.size(), sample.answers.size()) << tool;
  for (std::size_t i = 0; i < printed.size(); ++i)
    ASSERT_EQ(printed[i], sample.answers[i]) << tool << "\n" << sample.texts[i];
  test::count_compared("programs of house/trace", static_cast<std::int64_t>(sample.answers.size()));
}

TEST(Trace, PythonPrintsTheAnswer) {
  const Sample programs = sample(house::Tongue::Python, 60);
  test::TempDir dir;
  std::string all = "import sys\n";
  for (const std::string& text : programs.texts)
    all += "exec(" + nlohmann::json(text).dump() + ", {})\n";
  test::write_text(dir / "all.py", all);
  expect_same(programs, output_of(fmt::format("python3 {} 2>&1", (dir / "all.py").string())),
              "python3");
}

TEST(Trace, NodePrintsTheAnswer) {
  const Sample programs = sample(house::Tongue::JavaScript, 60);
  test::TempDir dir;
  std::string all;
  for (const std::string& text : programs.texts) all += "{\n" + text + "}\n";
  test::write_text(dir / "all.js", all);
  expect_same(programs, output_of(fmt::format("node {} 2>/dev/null", (dir / "all.js").string())),
              "node");
}

TEST(Trace, CPrintsTheAnswer) {
  const Sample programs = sample(house::Tongue::C, 60);
  test::TempDir dir;
  std::string all, calls;
  for (std::size_t i = 0; i < programs.texts.size(); ++i) {
    all += fmt::format("#define main main_{0}\n#define f f_{0}\n{1}#undef main\n#undef f\n", i,
                       programs.texts[i]);
    calls += fmt::format("  main_{}();\n", i);
  }
  test::write_text(dir / "all.c", all + "int main(void) {\n" + calls + "  return 0;\n}\n");
  expect_same(programs,
              output_of(fmt::format("gcc -w -O0 -o {0}/all {0}/all.c 2>&1 && {0}/all",
                                    dir.path().string())),
              "gcc");
}

TEST(Trace, AnswersAreNeitherFewNorOften) {
  for (int level = 1; level <= 5; ++level) {
    std::map<std::string, int> answers;
    for (std::int64_t i = 0; i < 400; ++i) ++answers[house::make_trace(3, i, level).answer];
    int most = 0;
    for (const auto& [answer, n] : answers) most = std::max(most, n);
    EXPECT_LT(most, 40) << "level " << level;
  }
}

}  // namespace
}  // namespace leitai
