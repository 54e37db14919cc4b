#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "harness/core/codec.h"
#include "suites/extractors/code.h"
#include "suites/extractors/python_outline.h"
#include "suites/sandbox/group.h"
#include "suites/sandbox/judge.h"
#include "suites/sandbox/keeper.h"
#include "suites/sandbox/languages.h"
#include "suites/sandbox/seccomp.h"
#include "tests/support/program.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

#define LEITAI_NEEDS_SANDBOX()                                            \
  do {                                                                    \
    if (!box_trouble().empty()) {                                         \
      test::count_skipped("sandbox", 1, "namespaces are forbidden here"); \
      GTEST_SKIP() << box_trouble();                                      \
    }                                                                     \
  } while (false)

CodeVerdict python(const std::string& program, const std::string& body = "") {
  CodeCheck check;
  check.language = "python";
  check.program = program;
  check.entry_point = "add";
  check.tests =
      "def check(candidate):\n    assert candidate(0, 1) == 1\n    assert candidate(2, 3) == 5\n" +
      body;
  check.wall = std::chrono::seconds(3);
  check.memory_bytes = std::uint64_t{512} << 20;
  return judge(check);
}

TEST(Sandbox, VerdictsOfPython) {
  LEITAI_NEEDS_SANDBOX();
  const std::vector<std::pair<std::string, ScoreStatus>> cases = {
      {"def add(x, y):\n    return x + y\n", ScoreStatus::Correct},
      {"add = lambda x, y: x + y\n", ScoreStatus::Correct},
      {"def add(x, y):\n    return x - y\n", ScoreStatus::WrongOutput},
      {"def add(x, y):\n    return (x\n", ScoreStatus::CompileError},
      {"def other(x, y):\n    return x + y\n", ScoreStatus::RuntimeError},
      {"def add(x, y):\n    raise ValueError('no')\n", ScoreStatus::RuntimeError},
      {"import os\ndef add(x, y):\n    os._exit(0)\n", ScoreStatus::RuntimeError},
      {"def add(x, y):\n    return bytearray(1 << 30)\n", ScoreStatus::MemoryLimit},
      {"print('x' * (1 << 22))\ndef add(x, y):\n    return x + y\n", ScoreStatus::SandboxViolation},
      {"import ctypes\nctypes.CDLL(None).unshare(0x10000000)\ndef add(x, y):\n    return x + y\n",
       ScoreStatus::SandboxViolation},
  };
  for (const auto& [program, status] : cases)
    EXPECT_EQ(to_text(python(program).status), to_text(status)) << program;
}

TEST(Sandbox, FewerProcessesThanUsualAreEnoughAndAKillIsNoLackOfMemory) {
  LEITAI_NEEDS_SANDBOX();
  const CodeVerdict killed = python("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n");
  EXPECT_EQ(to_text(killed.status), "RUNTIME_ERROR") << killed.why;
  const CodeVerdict itself = python("import os\ndef add(x, y):\n    os.kill(os.getpid(), 9)\n");
  EXPECT_EQ(to_text(itself.status), "RUNTIME_ERROR") << itself.why;
  // What a program writes of a trouble that is none does not make it one of the sandbox.
  CodeCheck check;
  check.language = "python";
  check.program = "import sys\nsys.exit('prlimit: failed to set the NPROC resource limit')\n";
  check.cases.push_back({"", "1\n"});
  EXPECT_EQ(to_text(judge(check).status), "RUNTIME_ERROR");
  const pid_t child = ::fork();
  if (child == 0) {  // a limit that cannot be raised again
    const rlimit few{40, 40};
    ::setrlimit(RLIMIT_NPROC, &few);
    const std::vector<std::string> argv = limited_argv({"x"});
    ::_exit(argv[1] == "--nproc=40:40" ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Sandbox, WhatTheProgramRedefinesTakesNoPart) {
  LEITAI_NEEDS_SANDBOX();
  const std::vector<std::string> forgeries = {
      "class A:\n    def __eq__(self, o):\n        return True\ndef add(x, y):\n    return A()\n",
      "class L(list):\n    def __eq__(self, o):\n        return True\ndef add(x, y):\n    return "
      "L()\n",
      "from unittest.mock import ANY\ndef add(x, y):\n    return ANY\n",
      "import builtins\nbuiltins.AssertionError = KeyError\ndef add(x, y):\n    return 0\n",
      "import sys\nsys.exit = lambda *a: None\ndef check(f):\n    pass\ndef add(x, y):\n    return "
      "0\n",
      "import gc\ndef add(x, y):\n    for o in gc.get_objects():\n        if type(o) is dict and "
      "'check' in o:\n            o['check'] = lambda f: None\n    return 0\n",
      "import os\nfor n in range(3, 64):\n    try:\n        os.write(n, b'pass\\n' * 3)\n    "
      "except "
      "OSError:\n        pass\ndef add(x, y):\n    return 0\n",
  };
  for (const std::string& program : forgeries) {
    const CodeVerdict verdict = python(program);
    EXPECT_NE(to_text(verdict.status), "CORRECT") << program;
    EXPECT_NE(to_text(verdict.status), "INFRA_ERROR") << program << verdict.why;
  }
}

TEST(Sandbox, ArgumentsAreChangedInPlaceAndObjectsOfTheProgramWork) {
  LEITAI_NEEDS_SANDBOX();
  CodeCheck check;
  check.language = "python";
  check.program =
      "class Node:\n    def __init__(self, v):\n        self.v, self.next = v, None\n"
      "def length(n):\n    return 0 if n is None else 1 + length(n.next)\n"
      "def turn(items):\n    items.reverse()\n"
      "def count():\n    yield from (1, 2, 3)\n"
      "def apply(f, x):\n    return f(f(x))\n"
      "def point():\n    import collections\n    return collections.namedtuple('P', 'x y')(1, 2)\n";
  check.tests =
      "root = Node(1)\nroot.next = Node(2)\nassert length(root) == 2\n"
      "items = [1, 2, 3]\nturn(items)\nassert items == [3, 2, 1]\n"
      "assert list(count()) == [1, 2, 3]\nassert apply(lambda x: x * 3, 2) == 18\n"
      "assert point() == (1, 2)\n";
  const CodeVerdict verdict = judge(check);
  EXPECT_EQ(to_text(verdict.status), "CORRECT") << verdict.why << verdict.err;
}

TEST(Sandbox, OtherLanguages) {
  LEITAI_NEEDS_SANDBOX();
  struct Case {
    std::string language, program, tests;
    ScoreStatus status;
  };
  const std::string js = "console.assert(add(2, 3) === 5)\n";
  const std::string c = "#include <assert.h>\nint main(void) { assert(add(2, 3) == 5); }\n";
  const std::vector<Case> cases = {
      {"js", "const add = (x, y) => x + y;\n", js, ScoreStatus::Correct},
      {"js", "console.assert = () => {};\nconst add = () => 0;\n", js, ScoreStatus::WrongOutput},
      {"js", "const console = { assert() {} };\nconst add = () => 0;\n", js,
       ScoreStatus::WrongOutput},
      {"cpp", "int add(int x, int y) { return x + y; }\n", c, ScoreStatus::Correct},
      {"cpp",
       "#define assert(x)\nextern \"C\" void __assert_fail(...) {}\nint add(int, int) { return 0; "
       "}\n",
       c, ScoreStatus::WrongOutput},
      {"c", "#include <stdlib.h>\nint add(int x, int y) { exit(0); }\n", c,
       ScoreStatus::RuntimeError},
  };
  for (const Case& one : cases) {
    const Language* language = find_language(one.language);
    ASSERT_NE(language, nullptr);
    if (language_version(*language).empty()) {
      test::count_skipped("programs in " + one.language, 1, "its tools are not installed");
      continue;
    }
    CodeCheck check;
    check.language = one.language;
    check.program = one.program;
    check.tests = one.tests;
    check.entry_point = "add";
    const CodeVerdict verdict = judge(check);
    EXPECT_EQ(to_text(verdict.status), to_text(one.status))
        << one.language << ": " << one.program << verdict.why << verdict.err;
  }
}

TEST(Sandbox, WholeProgramsAreComparedByTheirOutput) {
  LEITAI_NEEDS_SANDBOX();
  CodeCheck check;
  check.language = "python";
  check.program = "print(sum(map(int, input().split())))\n";
  check.cases = {{"1 2\n", "3"}, {"4 5 6\n", "15.0\n"}};
  EXPECT_EQ(to_text(judge(check).status), "CORRECT");
  check.cases.push_back({"1\n", "2"});
  EXPECT_EQ(to_text(judge(check).status), "WRONG_OUTPUT");
}

TEST(Sandbox, ThreadsMayJudgeAtTheSameTime) {
  LEITAI_NEEDS_SANDBOX();
  int passed[4] = {};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&passed, i] {
        for (int k = 0; k < 3; ++k)
          passed[i] += python("def add(x, y):\n    return x + y\n").status == ScoreStatus::Correct;
      });
    }
  }
  for (const int n : passed) EXPECT_EQ(n, 3);
}

TEST(Sandbox, WhereTheKeeperIsKilledItsBoxesEndAndTheNextProgramRuns) {
  LEITAI_NEEDS_SANDBOX();
  const std::string good = "def add(x, y):\n    return x + y\n";
  ASSERT_EQ(to_text(python(good).status), "CORRECT");
  const std::string marker = fmt::format("901.{}", ::getpid());
  CodeVerdict lost;
  {
    const std::jthread thread([&] {
      CodeCheck check;
      check.language = "python";
      check.program =
          "import os\nif os.fork() == 0:\n    os.setsid()\nos.execv('/bin/sleep', "
          "['sleep', '" +
          marker + "'])\n";
      check.cases = {{"", ""}};
      check.wall = std::chrono::seconds(60);
      lost = judge(check);
    });
    for (int wait = 0; wait < 1000 && test::running(marker) == 0; ++wait)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_GT(test::running(marker), 0);
    const pid_t before = Keeper::instance().process();
    ASSERT_GT(before, 0);
    ::kill(before, SIGKILL);
  }
  EXPECT_EQ(to_text(lost.status), "INFRA_ERROR") << lost.why;
  EXPECT_EQ(test::running(marker), 0);
  EXPECT_EQ(to_text(python(good).status), "CORRECT");
}

TEST(Sandbox, WhatAProgramLeftIsGoneWhenItsVerdictComes) {
  LEITAI_NEEDS_SANDBOX();
  const std::string marker = fmt::format("902.{}", ::getpid());
  const CodeVerdict verdict = python(
      "import os\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n        if "
      "os.fork(): os._exit(0)\n        os.execv('/bin/sleep', ['sleep', '" +
      marker +
      "'])\n"
      "def add(x, y):\n    return x + y\n");
  EXPECT_EQ(to_text(verdict.status), "CORRECT") << verdict.why;
  EXPECT_EQ(test::running(marker), 0);
}

/// A box whose processes hold memory together, or which only has many of them.
BoxResult boxed_python(const std::string& program, std::uint64_t memory_bytes) {
  BoxJob job;
  job.argv = {tool_path("python3"), "-I", "-c", program};
  job.limits.memory_bytes = memory_bytes;
  job.limits.disk_bytes = std::uint64_t{16} << 20;
  job.limits.wall = std::chrono::seconds(60);
  job.limits.cpu = std::chrono::seconds(60);
  return run_boxed(job);
}

TEST(Sandbox, ControlGroupsBoundAllProcessesTogether) {
  LEITAI_NEEDS_SANDBOX();
  if (!group_trouble().empty()) {
    test::count_skipped("control groups", 3, group_trouble());
    GTEST_SKIP() << group_trouble();
  }
  const std::uint64_t most = std::uint64_t{128} << 20;
  // Four processes of 48 MiB; each alone is far from the limit.
  const BoxResult together = boxed_python(
      "import os, time\nfor _ in range(3): os.fork() or time.sleep(0)\n"
      "data = bytearray(os.urandom(1 << 20) * 48)\ntime.sleep(5)\n",
      most);
  EXPECT_EQ(together.end, BoxEnd::Memory);
  EXPECT_LT(together.took, std::chrono::seconds(30));
  const BoxResult small = boxed_python("data = bytearray(48 << 20)\n", most);
  EXPECT_EQ(small.end, BoxEnd::Exited) << small.trouble << small.err;
  EXPECT_EQ(small.code, 0);
  const BoxResult many = boxed_python(
      "import os, time\nn = 0\ntry:\n    while n < 1000:\n        if os.fork() == 0:\n            "
      "time.sleep(60)\n        n += 1\nexcept OSError:\n    print(n < 200)\n",
      std::uint64_t{1} << 30);
  EXPECT_EQ(many.out, "True\n") << many.trouble << many.err;
}

/// Processes that compute for nothing, each in a session of its own.
class Hogs {
 public:
  explicit Hogs(int n) {
    for (int i = 0; i < n; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::setsid();
        for (volatile unsigned spin = 0;;) spin = spin + 1;
      }
      pids_.push_back(pid);
    }
  }
  ~Hogs() {
    for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
  }
  Hogs(const Hogs&) = delete;

 private:
  std::vector<pid_t> pids_;
};

TEST(Sandbox, OthersAtWorkMakeNoTimeouts) {
  LEITAI_NEEDS_SANDBOX();
  const bool is_full = std::getenv("LEITAI_FULL") != nullptr;
  BoxJob job;
  job.limits.wall = std::chrono::milliseconds(500);
  job.limits.stretch = 60;  // whatever else goes on where this test runs
  const auto run = [&](const std::string& program) {
    job.argv = {tool_path("python3"), "-I", "-S", "-c", "import time\n" + program};
    return run_boxed(job);
  };
  const Hogs hogs(8);
  int late = 0;
  for (int i = 0; i < (is_full ? 20 : 3); ++i) {
    const BoxResult done = run("while time.process_time() < 0.3: pass\n");
    EXPECT_EQ(done.end, BoxEnd::Exited) << done.took.count() << " ms";
    late += done.took > job.limits.wall;
  }
  // Who sleeps did not wait for a processor, and who has its time used up is through.
  const BoxResult asleep = run("time.sleep(120)\n"), busy = run("while True: pass\n");
  EXPECT_EQ(asleep.end, BoxEnd::WallClock);
  EXPECT_EQ(busy.end, BoxEnd::WallClock);
  EXPECT_LT(asleep.took, std::chrono::seconds(30));
  fmt::print("{} programs took longer than their wall clock and were waited for\n", late);
  if (!is_full) return;
  CodeCheck check;  // with its own limits: 3 of 5 seconds of the processor
  check.language = "python";
  check.program = "import time\ndef f():\n    while time.process_time() < 3: pass\n    return 1\n";
  check.tests = "assert f() == 1\n";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(to_text(judge(check).status), "CORRECT");
}

TEST(Sandbox, OutputsAreEqualAsDecimals) {
  // Vectors of the grading specification, A8.1.
  EXPECT_TRUE(same_output("1 2 \n", "1 2"));
  EXPECT_TRUE(same_output("1.0", "1"));
  EXPECT_TRUE(same_output("1e3", "1000"));
  EXPECT_TRUE(same_output("3\n\n", "3"));
  EXPECT_FALSE(same_output("0.1000001", "0.1"));
  EXPECT_FALSE(same_output("YES", "Yes"));
  EXPECT_FALSE(same_output("1 2\n3", "1\n2 3"));
  EXPECT_FALSE(same_output("1\n\n2", "1\n2"));
  EXPECT_FALSE(same_output("50000000000000001", "50000000000000000"));
}

TEST(CodeExtraction, VectorsOfTheSpecification) {
  const CodeTarget f{"python", "f", "", ""};
  const auto program = [&](const std::string& text) {
    return extract_code(text, f).program.value_or("(none)");
  };
  const std::string good = "def f(x):\n    return x\n";
  EXPECT_EQ(program("```python\ndef f(x):\n    pass\n```\n```python\n" + good +
                    "```\n```bash\npython f.py\n```"),
            good);
  EXPECT_EQ(program("```\n" + good + "```"), good);
  EXPECT_EQ(program("```Python\r\ndef f(x):\r\n    return x\r\n```\r\n"), good);
  EXPECT_TRUE(extract_code("```python\ndef f(x):\n    ret", f).is_cut);
  EXPECT_EQ(program("So:\n\n" + good + "\nThat is all there is to it.\n"), good);
  EXPECT_EQ(program("~~~python\n" + good + "~~~"), good);
  EXPECT_EQ(program("```python\ndef g(x):\n    return x\n```\nthen\n```python\ndef f(x):\n    "
                    "return g(x)\n```"),
            "def g(x):\n    return x\ndef f(x):\n    return g(x)\n");
  EXPECT_EQ(program("1. so\n  ```python\n  def f(x):\n      return x\n  ```\n"), good);
  EXPECT_EQ(program("````python\n" + good + "M = '''```'''\n````"), good + "M = '''```'''\n");
  EXPECT_EQ(program("```text\nno code\n```"), "(none)");
  EXPECT_EQ(extract_code("```c++\nint f(int x) { return x; }\n```", {"cpp", "f", "", ""}).program,
            "int f(int x) { return x; }\n");
  const CodeTarget prompted{"python", "f", "import math\n\ndef f(x):\n    \"\"\"Doc.\"\"\"\n", ""};
  EXPECT_EQ(extract_code("    return math.pi\n\nThis is it.", prompted).program,
            prompted.prompt + "    return math.pi\n");
  EXPECT_EQ(extract_code("```python\n" + good + "```", prompted).program, "import math\n\n" + good);
}

TEST(CodeExtraction, GoldenPrograms) {
  LEITAI_NEEDS_SHARED("golden/grading/code.jsonl");
  // Those that need no prompt of a data set.
  std::int64_t compared = 0;
  for (const auto& row : test::read_jsonl(test::shared_dir() / "golden/grading/code.jsonl")) {
    if (row["suite"] != "mbpp" || row["expected_program"].is_null()) continue;
    const std::string wanted = row["expected_program"];
    const std::size_t at = wanted.find("def ") + 4;
    const CodeTarget target{"python", wanted.substr(at, wanted.find('(') - at), "", ""};
    std::string got = extract_code(row["response"].get<std::string>(), target).program.value_or("");
    while (got.ends_with('\n')) got.pop_back();
    std::string trimmed = wanted;
    while (trimmed.ends_with('\n')) trimmed.pop_back();
    EXPECT_EQ(got, trimmed) << row["id"];
    ++compared;
  }
  EXPECT_GT(compared, 0);
  test::count_compared("programs taken out of answers", compared);
}

}  // namespace
}  // namespace leitai
