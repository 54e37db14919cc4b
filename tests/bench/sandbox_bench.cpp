// Python programs a second, each in fresh namespaces with its checks, beside the same programs run
// without a sandbox.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <vector>

#include "suites/sandbox/judge.h"
#include "tests/support/support.h"

extern char** environ;

namespace {

using namespace leitai;

const std::string kProgram = "def add(x, y):\n    return x + y\n";
const std::string kTests = "def check(candidate):\n    assert candidate(1, 2) == 3\n";

template <typename Work>
double rate(int n, int n_threads, Work work) {
  const auto begin = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < n_threads; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < n / n_threads; ++i) work();
      });
  }
  return n / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  const int n = argc > 1 ? std::atoi(argv[1]) : 200;
  // As many at a time as the runner grades.
  const int n_threads =
      argc > 2 ? std::atoi(argv[2]) : 2 * static_cast<int>(std::thread::hardware_concurrency());
  if (!box_trouble().empty()) {
    fmt::print("{}\n", box_trouble());
    return 1;
  }
  const test::TempDir folder;
  const std::string path = (folder / "program.py").string();
  std::ofstream(path) << kProgram << kTests << "check(add)\nprint('nonce')\n";
  const auto boxed = [] {
    CodeCheck check;
    check.language = "python";
    check.program = kProgram;
    check.tests = kTests;
    check.entry_point = "add";
    const CodeVerdict verdict = judge(check);
    if (verdict.status != ScoreStatus::Correct) {
      fmt::print("a program failed: {}\n", verdict.why);
      std::exit(1);
    }
  };
  const auto plain = [&] {
    std::string python = "/usr/bin/python3", file = path;
    char* arguments[] = {python.data(), file.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
    pid_t child = 0;
    posix_spawn(&child, arguments[0], &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    waitpid(child, &status, 0);
  };
  boxed();
  for (int round = 0; round < 3; ++round) {
    const double without = rate(n, n_threads, plain), with = rate(n, n_threads, boxed);
    fmt::print("unsandboxed {:.1f}/s, sandboxed {:.1f}/s ({:.0f} %)\n", without, with,
               100 * with / without);
  }
}
