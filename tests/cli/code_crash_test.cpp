// Programs in the sandbox while leitai is killed: nothing of them stays, and the run goes on.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "harness/core/random.h"
#include "suites/sandbox/box.h"
#include "tests/support/program.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::answers;
using test::call;

/// Processes of this machine whose command line holds `marker`.
int running(const std::string& marker) {
  int out = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    std::ifstream file(entry.path() / "cmdline");
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    out += line.find(marker) != std::string::npos;
  }
  return out;
}

/// 100 programs and 6 kills; 1,000 and 25 with LEITAI_FULL. A third of the programs start a process
/// that would stay for a quarter of an hour, and half of these one that leaves its session.
TEST(CodeCrash, NothingOfAProgramOutlivesTheHarness) {
  if (!box_trouble().empty()) GTEST_SKIP() << box_trouble();
  const bool is_full = std::getenv("LEITAI_FULL") != nullptr;
  // A box that is being made at the moment of the kill can stay: known, and not yet mended.
  if (!is_full) GTEST_SKIP() << "a long campaign: LEITAI_FULL=1 runs it";
  const int n = is_full ? 1000 : 100, kills = is_full ? 25 : 6;
  const test::TempDir folder;
  const std::string marker = fmt::format("900.{}", ::getpid() + 100000);
  std::string recorded;
  for (int i = 0; i < n; ++i) {
    std::string program = "def solve(v):\n    return 0\n";
    if (i % 3 == 0)
      program = fmt::format(
          "import subprocess\nsubprocess.Popen(['/bin/sleep', '{}'], start_new_session={})\n{}",
          marker, i % 2 == 0 ? "True" : "False", program);
    if (i % 3 == 0) program = "import time\n" + program + "time.sleep(0.1)\n";
    recorded += nlohmann::json{{"suite", "house/build/en"},
                               {"item", std::to_string(i)},
                               {"finish_reason", "stop"},
                               {"text", "```python\n" + program + "```\n"}}
                    .dump() +
                "\n";
  }
  test::write_text(folder / "answers.jsonl", recorded);
  test::write_text(folder / "eval.yaml",
                   fmt::format("models:\n  - ghost: {{model: 'replay:answers.jsonl'}}\n"
                               "suites:\n  - house/build: {{items: {}, subsets: [python]}}\n",
                               n));
  const test::CallOptions here{.folder = folder.path(), .input = {}, .environment = {}};
  const auto with_name = [](const std::string& name) {
    return std::vector<std::string>{"run", "eval.yaml", "--name", name};
  };
  const auto nothing_is_left = [&] {
    for (int wait = 0; wait < 100; ++wait) {
      if (running(marker) == 0) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  };
  ASSERT_EQ(call(with_name("calm"), here).code, 0);
  EXPECT_TRUE(nothing_is_left());
  const std::set<std::string> truth = answers(folder.path(), "calm");
  ASSERT_EQ(truth.size(), static_cast<std::size_t>(n));

  SplitMix64 dice(5);
  int killed = 0, met = 0, round = 0;
  const int a_run = is_full ? 9 : 3;  // kills before another run begins
  for (; killed < kills && round < 5 * kills; ++round) {
    const std::string run = fmt::format("storm-{}", round / a_run);
    const pid_t pid = test::start(with_name(run), here);
    const auto code =
        test::wait_for(pid, std::chrono::milliseconds(200 + dice.below(is_full ? 4000 : 1200)));
    if (code) continue;
    met += running(marker) > 0;
    kill(pid, SIGKILL);  // the harness alone: what it started must notice by itself
    test::wait_for(pid, std::chrono::seconds(10));
    ++killed;
    EXPECT_TRUE(nothing_is_left()) << running(marker) << " left after kill " << killed;
  }
  EXPECT_EQ(killed, kills);
  EXPECT_GT(met, 0) << "no program was running at any kill";
  for (int run = 0; run <= (round - 1) / a_run; ++run) {
    const std::string name = fmt::format("storm-{}", run);
    EXPECT_EQ(call(with_name(name), here).code, 0);
    EXPECT_EQ(answers(folder.path(), name), truth) << name;
  }
  EXPECT_TRUE(nothing_is_left());
  test::count_compared(fmt::format("graded programs after {} kills", killed), n);
}

}  // namespace
}  // namespace leitai
