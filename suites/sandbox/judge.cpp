#include "suites/sandbox/judge.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/random.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/sandbox/languages.h"

namespace leitai {

namespace {

using std::chrono::milliseconds;

constexpr int kStretch = 8;          // of the wall clock, for a program that gets no processor
constexpr std::size_t kKept = 8192;  // bytes of output in a verdict

std::string make_nonce() {
  unsigned char bytes[16];
  if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) throw Error("sandbox: no random bytes");
  std::string out;
  for (const unsigned char byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

/// Many programs at a time, as many as there are processors; or one alone.
class Gate {
 public:
  static Gate& instance() {
    static Gate gate;
    return gate;
  }
  void enter(bool alone) {
    std::unique_lock lock(mutex_);
    if (alone) {
      ++waiting_alone_;
      changed_.wait(lock, [&] { return inside_ == 0 && !is_alone_; });
      --waiting_alone_;
      is_alone_ = true;
    } else {
      changed_.wait(lock, [&] { return !is_alone_ && waiting_alone_ == 0 && inside_ < most_; });
    }
    ++inside_;
  }
  void leave() {
    {
      std::lock_guard lock(mutex_);
      --inside_;
      is_alone_ = false;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  // Half as many again as there are processors: while the kernel takes one box down, which is
  // mostly waiting, another is being built.
  const unsigned most_ = std::max(2u, 3 * std::thread::hardware_concurrency() / 2);
  unsigned inside_ = 0, waiting_alone_ = 0;
  bool is_alone_ = false;
};

class Inside {
 public:
  explicit Inside(bool alone) { Gate::instance().enter(alone); }
  ~Inside() { Gate::instance().leave(); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};

/// How much longer things take here than on an idle machine, from 1 to 4: tasks that want to run
/// over the processors there are.
double load_factor() {
  std::ifstream file("/proc/loadavg");
  double one = 0, five = 0, fifteen = 0;
  std::string running;
  file >> one >> five >> fifteen >> running;
  const double now = parse_double(running.substr(0, running.find('/'))).value_or(1);
  const double cores = std::max(1u, std::thread::hardware_concurrency());
  return std::clamp(std::max(now, one) / cores, 1.0, 4.0);
}

std::string cut(std::string text) {
  if (text.size() > kKept) text = text.substr(0, kKept) + "\n...";
  return repair_utf8(text);
}

std::string first_line(std::string_view text) {
  const std::string_view all = trim(text);
  return repair_utf8(all.substr(0, std::min<std::size_t>(all.find('\n'), 300)));
}

/// What the end of a process says where the checks did not speak. Absent: it ended by itself.
bool is_ended(const BoxResult& result, CodeVerdict& out) {
  const auto decided = [&](ScoreStatus status, std::string why) {
    out.status = status;
    out.why = std::move(why);
    return true;
  };
  switch (result.end) {
    case BoxEnd::Setup:
      return decided(ScoreStatus::InfraError, result.trouble);
    case BoxEnd::WallClock:
      return decided(
          ScoreStatus::Timeout,
          fmt::format("stopped after {:.1f} s", static_cast<double>(result.took.count()) / 1000));
    case BoxEnd::CpuClock:
      return decided(ScoreStatus::Timeout, "its time of the processor is used up");
    case BoxEnd::Memory:
      return decided(ScoreStatus::MemoryLimit, "it used more memory than it may");
    case BoxEnd::Output:
      out.flags.emplace_back("output_limit");
      return decided(ScoreStatus::SandboxViolation, "it wrote more than may be kept");
    case BoxEnd::Signalled:
      if (result.code == SIGSYS)
        return decided(ScoreStatus::SandboxViolation, "it made a system call that is forbidden");
      if (result.code == SIGKILL) {
        if (result.was_memory_short)
          return decided(ScoreStatus::MemoryLimit, "the kernel killed it for want of memory");
        return decided(ScoreStatus::RuntimeError, "it was killed, though memory was not short");
      }
      return decided(ScoreStatus::RuntimeError, fmt::format("it died of signal {}", result.code));
    case BoxEnd::Exited:
      break;
  }
  return false;
}

void judge_report(const BoxResult& result, const std::string& nonce, CodeVerdict& out) {
  const std::size_t at = result.report.find(nonce + "\n");
  const bool was_cut = result.end == BoxEnd::WallClock || result.end == BoxEnd::Output ||
                       result.end == BoxEnd::Setup || result.end == BoxEnd::Memory;
  if (at == std::string::npos || was_cut) {
    if (is_ended(result, out)) return;
    out.status = ScoreStatus::RuntimeError;
    const bool is_panic =
        result.code == 101 && result.out.find("test result: FAILED") != std::string::npos;
    if (is_panic) out.status = ScoreStatus::WrongOutput;
    out.why = is_panic
                  ? "a check failed"
                  : fmt::format("it ended (exit status {}) before the checks did", result.code);
    return;
  }
  const std::string told = result.report.substr(at + nonce.size() + 1);
  const std::string status = told.substr(0, told.find('\n'));
  const std::string text =
      told.size() > status.size() ? repair_utf8(told.substr(status.size() + 1)) : "";
  out.why = first_line(text);
  if (status == "pass" && result.end == BoxEnd::Exited && result.code == 0) {
    out.status = ScoreStatus::Correct;
    out.why = "all checks passed";
  } else if (status == "assertion") {
    out.status = ScoreStatus::WrongOutput;
    out.why = "a check failed: " + out.why;
  } else if (status == "compile") {
    out.status = ScoreStatus::CompileError;
  } else if (status == "killed" && !result.was_memory_short) {
    out.status = ScoreStatus::RuntimeError;
    out.why = "it was killed, though memory was not short";
  } else if (status == "memory" || status == "killed") {
    out.status = ScoreStatus::MemoryLimit;
    out.why = "it used more memory than it may";
  } else if (status == "cpu") {
    out.status = ScoreStatus::Timeout;
    out.why = "its time of the processor is used up";
  } else if (status == "forged") {
    out.status = ScoreStatus::SandboxViolation;
  } else if (status == "violation") {
    out.status = ScoreStatus::SandboxViolation;
    out.why = "it made a system call that is forbidden";
  } else if (status == "trouble") {
    out.status = ScoreStatus::InfraError;
  } else {
    out.status = ScoreStatus::RuntimeError;
  }
}

/// Whether the end of a box looks as if what starts programs had failed. A program can write so
/// too.
bool looks_like_trouble(const BoxResult& result) {
  if (result.end != BoxEnd::Exited || result.code == 0) return false;
  for (const char* word :
       {"prlimit: ", "Cannot fork", "esource temporarily unavailable", "Too many open files",
        "Cannot allocate memory", "annot create worker GC thread", "unable to create native thread",
        "failed to create new OS thread"}) {
    if (result.err.find(word) != std::string::npos) return true;
  }
  return false;
}

/// Runs a box, and again where it may not have been the program that failed. Whether boxes work is
/// asked of one without the program; its trouble is then that of the sandbox.
BoxResult run_twice(const BoxJob& job) {
  BoxResult result = run_boxed(job);
  if (!looks_like_trouble(result)) return result;
  const auto in_box = [&] {
    BoxResult out;
    out.trouble = probe_boxes();
    return out;
  };
  if (BoxResult probe = in_box(); !probe.trouble.empty()) return probe;
  result = run_boxed(job);
  if (!looks_like_trouble(result)) return result;
  if (BoxResult probe = in_box(); !probe.trouble.empty()) return probe;
  return result;
}

CodeVerdict compile(const BoxJob& job, std::string& binary) {
  CodeVerdict out;
  const BoxResult result = run_twice(job);
  out.out = cut(result.out);
  out.err = cut(result.err);
  if (result.end == BoxEnd::Exited && result.code == 0) {
    binary = result.report;
    out.status = ScoreStatus::Correct;
    return out;
  }
  out.status = ScoreStatus::CompileError;
  if (result.end == BoxEnd::Setup) {
    is_ended(result, out);
  } else if (result.end == BoxEnd::Exited) {
    out.why = "it does not compile: " + first_line(result.err);
  } else if (result.end == BoxEnd::Output) {
    out.why = "the compiled program is too large";
  } else {
    out.why = "the compiler was stopped: too much time or memory";
  }
  return out;
}

bool is_wall_timeout(const CodeVerdict& verdict, const BoxResult& result) {
  return verdict.status == ScoreStatus::Timeout && result.end == BoxEnd::WallClock;
}

class Judged {
 public:
  Judged(const CodeCheck& check, const Language& language)
      : check_(check), nonce_(make_nonce()), plan_(language.plan(check, nonce_)) {}

  CodeVerdict run() {
    CodeVerdict out;
    if (plan_.compile) {
      const Inside inside(false);
      std::string binary;
      out = compile(*plan_.compile, binary);
      if (out.status != ScoreStatus::Correct) return out;
      plan_.run.files.push_back({plan_.binary, std::move(binary), true});
    }
    if (check_.cases.empty()) return once_and_again(plan_.run, nullptr);
    for (const InputOutput& one : check_.cases) {
      BoxJob job = plan_.run;
      job.input = one.input;
      job.job.clear();
      out = once_and_again(job, &one);
      if (out.status != ScoreStatus::Correct) break;  // the first failure decides
    }
    return out;
  }

 private:
  /// A timeout by the wall clock is tried once more with nothing beside it.
  CodeVerdict once_and_again(BoxJob job, const InputOutput* io) {
    if (!check_.wall) {
      job.limits.wall = milliseconds(
          static_cast<std::int64_t>(static_cast<double>(job.limits.wall.count()) * load_factor()));
      job.limits.stretch = kStretch;
    }
    BoxResult result;
    CodeVerdict out = once(job, io, false, result);
    if (check_.wall || !is_wall_timeout(out, result)) return out;
    CodeVerdict again = once(job, io, true, result);
    again.flags.emplace_back("timeout_repeated");
    if (again.status != ScoreStatus::Timeout) again.flags.emplace_back("flaky_exec");
    return again;
  }

  CodeVerdict once(const BoxJob& job, const InputOutput* io, bool alone, BoxResult& result) {
    const Inside inside(alone);
    CodeVerdict out;
    result = run_twice(job);
    out.out = cut(result.out);
    out.err = cut(result.err);
    if (!io) {
      judge_report(result, nonce_, out);
    } else if (!is_ended(result, out)) {
      const bool is_same = result.code == 0 && same_output(result.out, io->output);
      out.status = is_same            ? ScoreStatus::Correct
                   : result.code == 0 ? ScoreStatus::WrongOutput
                                      : ScoreStatus::RuntimeError;
      out.why = is_same ? "all outputs are right"
                : result.code == 0
                    ? "its output is not what is wanted"
                    : fmt::format("it ended with {}: {}", result.code, first_line(result.err));
    }
    return out;
  }

  const CodeCheck& check_;
  std::string nonce_;
  LanguageRun plan_;
};

/// A decimal without needless zeros: sign, digits, exponent of ten. Absent for other text.
struct Decimal {
  bool is_negative = false;
  std::string digits;  // "" for zero
  long exponent = 0;
  bool operator==(const Decimal&) const = default;
};

bool read_decimal(std::string_view text, Decimal& out) {
  std::size_t i = 0;
  bool has_digit = false, has_point = false;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) out.is_negative = text[i++] == '-';
  for (; i < text.size(); ++i) {
    if (text[i] >= '0' && text[i] <= '9') {
      out.digits += text[i];
      out.exponent -= has_point ? 1 : 0;
      has_digit = true;
    } else if (text[i] == '.' && !has_point) {
      has_point = true;
    } else {
      break;
    }
  }
  if (!has_digit) return false;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return false;
    std::string_view rest = text.substr(i + 1);
    if (!rest.empty() && rest[0] == '+') rest.remove_prefix(1);
    const auto power = parse_int(rest);
    if (!power || *power > 100000 || *power < -100000) return false;
    out.exponent += static_cast<long>(*power);
  }
  out.digits.erase(0, out.digits.find_first_not_of('0'));
  while (!out.digits.empty() && out.digits.back() == '0') {
    out.digits.pop_back();
    ++out.exponent;
  }
  if (out.digits.empty()) out = {};
  return true;
}

bool same_line(std::string_view a, std::string_view b) {
  a = trim(a);
  b = trim(b);
  if (a == b) return true;
  const auto tokens = [](std::string_view line) {
    std::vector<std::string_view> out;
    for (const std::string_view one : split(line, ' ')) {
      if (!trim(one).empty()) out.push_back(trim(one));
    }
    return out;
  };
  const auto left = tokens(a), right = tokens(b);
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    Decimal one, other;
    if (!read_decimal(left[i], one) || !read_decimal(right[i], other) || one != other) return false;
  }
  return true;
}

}  // namespace

bool same_output(std::string_view output, std::string_view wanted) {
  const auto a = split(trim(output), '\n'), b = split(trim(wanted), '\n');
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_line);
}

CodeVerdict judge(const CodeCheck& check) {
  CodeVerdict out;
  const Language* language = find_language(check.language);
  if (!language) {
    out.why = fmt::format("no programs in \"{}\" can be run", check.language);
    return out;
  }
  if (!box_trouble().empty()) {
    out.why = box_trouble();
    return out;
  }
  const std::string version = language_version(*language);
  if (version.empty()) {
    out.why = fmt::format("{} is not installed here: apt-get install {}", check.language,
                          language->package);
    return out;
  }
  if (std::string objection = language->objection(check); !objection.empty()) {
    out.status = ScoreStatus::SandboxViolation;
    out.why = std::move(objection);
  } else {
    try {
      out = Judged(check, *language).run();
    } catch (const Error& error) {
      out = {};
      out.why = error.what();
    }
  }
  out.tool = version;
  return out;
}

}  // namespace leitai
