// How much a hostile program in the sandbox slows a process beside it.
//
// The neighbour is a process of its own session that does a fixed piece of work in one thread: it
// computes, copies memory that no cache holds, or writes files (to the page cache). It works by
// turns alone, beside one box with a harmless program that computes in one thread, and beside one
// box with the hostile program, so that what else goes on here meets all three. Its fair share of
// the processors is what it has beside the harmless one (on an idle machine with two processors or
// more: a whole processor, as alone). Shown: time beside the hostile program over time beside the
// harmless one (beyond the fair share; the aim is 1.20 at most), and the latter over the time
// alone.
//
//   bench_neighbour [WORD|all]   only programs whose file name contains it; "bomb" if not given
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>
#include <vector>

#include "harness/core/codec.h"
#include "suites/sandbox/judge.h"
#include "suites/sandbox/languages.h"
#include "tests/support/support.h"

namespace {

using namespace leitai;
using Clock = std::chrono::steady_clock;

constexpr const char* kKinds[] = {"compute", "memory", "files"};
constexpr int kTurns = 4, kUnits = 2;  // units of each kind a turn
constexpr int kRounds = 4;
constexpr double kMost = 1.2;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double compute() {
  const auto begin = Clock::now();
  [[maybe_unused]] volatile std::uint64_t sink = 0;
  std::uint64_t x = 88172645463325252ULL;
  for (int i = 0; i < 12'000'000; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  sink = x;
  return seconds_since(begin);
}

double copy_memory() {
  static std::vector<char> from(std::size_t{64} << 20, 'a'), to(from.size(), 'b');
  const auto begin = Clock::now();
  for (int i = 0; i < 3; ++i) {
    std::memcpy(to.data(), from.data(), from.size());
    from[static_cast<std::size_t>(i)] = to[static_cast<std::size_t>(i) + 1];
  }
  return seconds_since(begin);
}

double write_files(const std::string& folder) {
  static const std::vector<char> kBytes(std::size_t{64} << 10, 'x');
  const auto begin = Clock::now();
  for (int i = 0; i < 400; ++i) {
    const std::string path = fmt::format("{}/{}", folder, i % 16);
    ::unlink(path.c_str());
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (::write(file, kBytes.data(), kBytes.size()) < 0) std::abort();
    ::close(file);
  }
  return seconds_since(begin);
}

/// Does the work it is asked for until its socket is closed.
[[noreturn]] void be_neighbour(int socket, const std::string& folder) {
  ::setsid();
  for (char kind; ::read(socket, &kind, 1) == 1;) {
    const double took = kind == 0 ? compute() : kind == 1 ? copy_memory() : write_files(folder);
    if (::write(socket, &took, sizeof took) != sizeof took) break;
  }
  ::_exit(0);
}

struct Measured {
  std::vector<double> seconds[3];
};

void measure(int neighbour, Measured& into) {
  for (char kind = 0; kind < 3; ++kind) {
    for (int i = 0; i < kUnits; ++i) {
      double took = 0;
      if (::write(neighbour, &kind, 1) != 1 || ::read(neighbour, &took, sizeof took) <= 0)
        std::abort();
      into.seconds[static_cast<int>(kind)].push_back(took);
    }
  }
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

struct Case {
  std::string name;
  CodeCheck check;
};

std::vector<Case> cases(const std::string& word) {
  std::vector<Case> out;
  const auto add = [&](const std::string& name, const std::string& language,
                       const std::string& program, const nlohmann::json& task) {
    CodeCheck check;
    check.language = language;
    check.program = program;
    check.tests = task["test"];
    check.entry_point = task["entry_point"];
    check.wall = std::chrono::milliseconds(1500);
    check.memory_bytes = std::uint64_t{512} << 20;
    if (!language_version(*find_language(language)).empty()) out.push_back({name, check});
  };
  const nlohmann::json python = {{"test", "def check(f):\n    f()\n"}, {"entry_point", "f"}};
  add("harmless", "python", "def f():\n    while True: pass\n", python);
  const auto folder = test::shared_dir() / "golden/grading/hostile";
  if (!std::filesystem::exists(folder)) return out;
  const auto tasks = nlohmann::json::parse(test::read_text(folder / "task.json"));
  for (const auto& row : test::read_jsonl(folder / "manifest.jsonl")) {
    const std::string file = row["file"], language = row["language"];
    if (word == "all" || file.find(word) != std::string::npos)
      add(file, language, test::read_text(folder / file), tasks[language]);
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const test::TempDir folder;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 1;
  const pid_t process = ::fork();
  if (process == 0) {
    ::close(ends[0]);
    be_neighbour(ends[1], folder.path().string());
  }
  ::close(ends[1]);
  if (!box_trouble().empty()) {
    fmt::print("{}\n", box_trouble());
    return 1;
  }
  fmt::print("{:<28}{:>9}{:>9}{:>9}   {:<18} fair share: time over that alone\n",
             "slowed beyond its share by", kKinds[0], kKinds[1], kKinds[2], "verdict");
  const auto measure_beside = [&](const CodeCheck& check, Measured& into) {
    std::atomic<bool> goes_on{true};
    CodeVerdict verdict;
    std::jthread thread([&] {
      while (goes_on) verdict = judge(check);  // again, where it ends soon
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    measure(ends[0], into);
    goes_on = false;
    thread.join();
    return verdict;
  };
  const std::vector<Case> all = cases(argc > 1 ? argv[1] : "bomb");
  double worst[3] = {};
  std::string worst_name[3];
  for (std::size_t i = 1; i < all.size(); ++i) {
    Measured alone, harmless, hostile;
    CodeVerdict verdict;
    double slower[3], share[3];
    for (int round = 0; round < kRounds; ++round) {
      for (int turn = 0; turn < kTurns; ++turn) {
        measure(ends[0], alone);
        measure_beside(all[0].check, harmless);
        verdict = measure_beside(all[i].check, hostile);
      }
      for (int kind = 0; kind < 3; ++kind) {
        share[kind] = median(harmless.seconds[kind]) / median(alone.seconds[kind]);
        slower[kind] = median(hostile.seconds[kind]) / median(harmless.seconds[kind]);
      }
      if (*std::max_element(slower, slower + 3) <= kMost) break;
    }
    for (int kind = 0; kind < 3; ++kind) {
      if (slower[kind] <= worst[kind]) continue;
      worst[kind] = slower[kind];
      worst_name[kind] = all[i].name;
    }
    fmt::print("{:<28}{:>9.2f}{:>9.2f}{:>9.2f}   {:<18} {:.2f} {:.2f} {:.2f}\n", all[i].name,
               slower[0], slower[1], slower[2], to_text(verdict.status), share[0], share[1],
               share[2]);
    std::fflush(stdout);
  }
  for (int kind = 0; kind < 3; ++kind)
    fmt::print("worst, {}: {:.2f} ({})\n", kKinds[kind], worst[kind], worst_name[kind]);
  ::close(ends[0]);
  ::waitpid(process, nullptr, 0);
}
