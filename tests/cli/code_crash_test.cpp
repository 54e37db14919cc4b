// Programs in the sandbox while leitai is killed: nothing of them stays, and the run goes on.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <thread>

#include "harness/core/random.h"
#include "harness/core/text.h"
#include "suites/sandbox/box.h"
#include "suites/sandbox/languages.h"
#include "suites/sandbox/usage.h"
#include "tests/support/program.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using std::chrono::milliseconds;
using test::answers;
using test::call;
using test::proc_text;
using test::running;

/// Whether it ended and waits for a parent to ask.
bool is_zombie(pid_t process) {
  const std::string stat = proc_text(process, "stat");
  return stat.find(") Z ") != std::string::npos;
}

/// Whether the process lives in the process namespace `wanted` or in one below it.
bool lives_in(pid_t process, ino_t wanted) {
  int file = ::open(fmt::format("/proc/{}/ns/pid", process).c_str(), O_RDONLY | O_CLOEXEC);
  bool is_found = false;
  while (file >= 0 && !is_found) {
    struct stat about {};
    is_found = ::fstat(file, &about) == 0 && about.st_ino == wanted;
    const int parent = is_found ? -1 : ::ioctl(file, NS_GET_PARENT);
    ::close(file);
    file = parent;
  }
  if (file >= 0) ::close(file);
  return is_found;
}

/// What one leitai has started: found by its keeper's process namespace, whatever a program did to
/// its session, its parents or its name.
class Brood {
 public:
  explicit Brood(pid_t harness) : harness_(harness) {}

  /// Notes the keeper, once there is one.
  bool look() {
    if (space_ != 0) return true;
    for (const pid_t child : children_of(harness_)) {
      struct stat about {};
      if (trim(proc_text(child, "comm")) == "leitai-keeper" &&
          ::stat(fmt::format("/proc/{}/ns/pid", child).c_str(), &about) == 0)
        space_ = about.st_ino;
    }
    return space_ != 0;
  }

  int alive() const {
    int out = 0;
    if (space_ == 0) return 0;
    for (const pid_t one : test::all_processes()) out += !is_zombie(one) && lives_in(one, space_);
    return out;
  }

 private:
  pid_t harness_;
  ino_t space_ = 0;
};

/// Waits for `time` and watches for the keeper. The exit code if leitai came to its end meanwhile.
std::optional<int> watch(pid_t harness, Brood& brood, milliseconds time) {
  for (const auto until = std::chrono::steady_clock::now() + time;;) {
    if (const auto code = test::wait_for(harness, milliseconds(5))) return code;
    brood.look();
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
  }
}

template <typename Gone>
bool soon(Gone gone) {
  for (int wait = 0; wait < 100; ++wait) {
    if (gone()) return true;
    std::this_thread::sleep_for(milliseconds(20));
  }
  return false;
}

/// A program that leaves a process for a quarter of an hour: every other one as a daemon, in a
/// session of its own and with nobody for a parent.
std::string leaver(const std::string& language, const std::string& marker, bool is_daemon) {
  if (language == "python")
    return fmt::format(
        "import os, time\nif os.fork() == 0:\n    {}os.execv('/bin/sleep', ['sleep', '{}'])\n"
        "time.sleep(0.25)\ndef solve(v):\n    return 0\n",
        is_daemon ? "os.setsid()\n    if os.fork(): os._exit(0)\n    " : "", marker);
  if (language == "js")
    return "const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);"
           "\nwait(250);\nfunction solve(v) { return 0; }\n";
  return fmt::format(
      "#include <unistd.h>\n#include <string>\n#include <vector>\n"
      "static int leave = [] {{\n  if (fork() == 0) {{\n    {}"
      "execl(\"/bin/sleep\", \"sleep\", \"{}\", nullptr);\n    _exit(1);\n  }}\n"
      "  usleep(250000);\n  return 0;\n}}();\n"
      "long long solve(std::vector<long long>) {{ return 0; }}\n"
      "std::string solve(std::string) {{ return \"\"; }}\n",
      is_daemon ? "setsid();\n    if (fork()) _exit(0);\n    " : "", marker);
}

constexpr const char* kTongues[] = {
    "python", "js",     "python", "python", "python", "python", "python", "cpp",    "python", "js",
    "python", "python", "python", "js",     "python", "python", "python", "python", "python", "js"};

/// 100 programs (1,000 with LEITAI_FULL) in Python, JavaScript and C++, and a kill every second or
/// two until they are through. A third of them leaves a process behind.
TEST(CodeCrash, NothingOfAProgramOutlivesTheHarness) {
  if (!box_trouble().empty()) GTEST_SKIP() << box_trouble();
  for (const char* language : {"js", "cpp"}) {
    if (language_version(*find_language(language)).empty())
      GTEST_SKIP() << language << ": its tools are not installed";
  }
  const bool is_full = std::getenv("LEITAI_FULL") != nullptr;
  const int n = is_full ? 1000 : 100;
  const test::TempDir folder;
  const std::string marker = fmt::format("900.{}", ::getpid() + 100000);
  std::string recorded;
  for (int i = 0; i < n; ++i) {
    const std::string language = kTongues[static_cast<std::size_t>(i) % std::size(kTongues)];
    std::string program = leaver(language, marker, i % 2 == 0);
    if (i % 3 != 0 && language == "python") program = "def solve(v):\n    return 0\n";
    if (i % 3 != 0 && language == "js") program = "function solve(v) { return 0; }\n";
    recorded += nlohmann::json{{"suite", "house/build/en"},
                               {"item", std::to_string(i)},
                               {"finish_reason", "stop"},
                               {"text", "```" + language + "\n" + program + "```\n"}}
                    .dump() +
                "\n";
  }
  test::write_text(folder / "answers.jsonl", recorded);
  std::string subsets;
  for (const char* one : kTongues) subsets += (subsets.empty() ? "" : ", ") + std::string(one);
  test::write_text(folder / "eval.yaml",
                   fmt::format("models:\n  - ghost: {{model: 'replay:answers.jsonl'}}\n"
                               "suites:\n  - house/build: {{items: {}, subsets: [{}]}}\n",
                               n, subsets));
  const test::CallOptions here{.folder = folder.path(), .input = {}, .environment = {}};
  const auto with_name = [](const std::string& name) {
    return std::vector<std::string>{"run", "eval.yaml", "--name", name};
  };
  ASSERT_EQ(call(with_name("calm"), here).code, 0);
  EXPECT_TRUE(soon([&] { return running(marker) == 0; }));
  const std::set<std::string> truth = answers(folder.path(), "calm");
  ASSERT_EQ(truth.size(), static_cast<std::size_t>(n));

  SplitMix64 dice(5);
  int killed = 0, met = 0, boxes = 0;
  bool is_through = false;
  while (!is_through && killed < n) {
    const pid_t pid = test::start(with_name("storm"), here);
    Brood brood(pid);
    const auto code = watch(pid, brood, milliseconds(100 + dice.below(is_full ? 4000 : 2500)));
    if (code) {
      EXPECT_EQ(*code, 0);
      is_through = true;
      break;
    }
    met += running(marker) > 0;
    boxes += brood.alive() > 1;
    kill(pid, SIGKILL);  // the harness alone: what it started must notice by itself
    test::wait_for(pid, std::chrono::seconds(10));
    ++killed;
    EXPECT_TRUE(soon([&] { return brood.alive() == 0 && running(marker) == 0; }))
        << brood.alive() << " processes left after kill " << killed << ", " << running(marker)
        << " of them sleepers";
  }
  EXPECT_TRUE(is_through);
  EXPECT_GE(killed, is_full ? 25 : 3);
  EXPECT_GT(met, 0) << "no sleeper was running at any kill";
  EXPECT_GT(boxes, killed / 2);
  EXPECT_EQ(answers(folder.path(), "storm"), truth);
  fmt::print("{} kills, {} of them with boxes, {} with sleepers\n", killed, boxes, met);
  test::count_compared(fmt::format("graded programs after {} kills", killed), n);
}

/// Programs that never end, in every language whose tools are here, compilers included; killed
/// while boxes are built, while they compile and while they run.
TEST(CodeCrash, NothingStaysInAnyLanguage) {
  if (!box_trouble().empty()) GTEST_SKIP() << box_trouble();
  const std::vector<std::pair<std::string, std::string>> programs = {
      {"python", "import time\ntime.sleep(900)\n"},
      {"js", "for (;;) {}\n"},
      {"c", "#include <unistd.h>\nvoid f(void) { fork(); setsid(); fork(); sleep(900); }\n"},
      {"cpp", "#include <unistd.h>\nstatic int stay = [] { fork(); return sleep(900); }();\n"},
      {"java", "class Solution { static { for (;;) {} } }\n"},
      {"go", "func init() { select {} }\n"},
      {"rust", "fn f() { loop {} }\n"}};
  const bool is_full = std::getenv("LEITAI_FULL") != nullptr;
  SplitMix64 dice(7);
  int killed = 0, boxes = 0;
  for (const auto& [language, program] : programs) {
    if (language_version(*find_language(language)).empty()) {
      test::count_skipped("programs in " + language, 1, "its tools are not installed");
      continue;
    }
    std::string tests = "f();";
    if (language == "c") tests = "int main(void) { f(); }\n";
    if (language == "cpp") tests = "int main() {}\n";
    if (language == "java")
      tests = "public class Main { public static void main(String[] a) { new Solution(); } }\n";
    if (language == "go") tests = "func TestF(t *testing.T) {}\n";
    if (language == "rust") tests = "fn main() { f(); }\n";
    const test::TempDir folder;
    const nlohmann::json row = {{"language", language},
                                {"program", program},
                                {"entry_point", "f"},
                                {"tests", tests},
                                {"limits", {{"wall_s", 600}}}};
    test::write_text(folder / "rows.jsonl", row.dump() + "\n" + row.dump() + "\n");
    for (int round = 0; round < (is_full ? 20 : 1); ++round) {
      const pid_t pid = test::start({"grade", "code", "--in", "rows.jsonl"},
                                    {.folder = folder.path(), .input = {}, .environment = {}});
      Brood brood(pid);
      watch(pid, brood, milliseconds(30 + dice.below(1500)));
      boxes += brood.alive() > 1;
      kill(pid, SIGKILL);
      test::wait_for(pid, std::chrono::seconds(10));
      ++killed;
      EXPECT_TRUE(soon([&] { return brood.alive() == 0; }))
          << brood.alive() << " processes left of " << language;
    }
  }
  EXPECT_GT(boxes, killed / 3);
  fmt::print("{} kills, {} of them with boxes\n", killed, boxes);
  test::count_compared("kills after which nothing was left", killed);
}

}  // namespace
}  // namespace leitai
