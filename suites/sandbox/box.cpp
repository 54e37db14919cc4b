#include "suites/sandbox/box.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/sandbox/group.h"
#include "suites/sandbox/launch.h"
#include "suites/sandbox/usage.h"

namespace leitai {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kLook{30};     // between looks at the memory
constexpr milliseconds kGrace{5000};  // for the kernel to end what was killed
constexpr std::size_t kStatusBytes = 4096;
constexpr rlim_t kFewFiles = 256;  // the keeper moves descriptors out of each other's way

/// What arrives on a pipe, up to a limit.
struct Stream {
  Descriptor* file;
  std::string* into;
  std::uint64_t most;
  bool is_full = false;

  void drain() {
    char buffer[65536];
    while (file->is_open()) {
      const ssize_t n = ::read(file->get(), buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return;
      if (n == 0) {
        file->reset();
        return;
      }
      const std::uint64_t room = most - into->size();
      is_full = is_full || static_cast<std::uint64_t>(n) > room;
      into->append(buffer, std::min(static_cast<std::uint64_t>(n), room));
      if (is_full) return;
    }
  }
};

/// What is sent to a pipe.
struct Feed {
  Descriptor* file;
  std::string_view left;

  void push() {
    while (file->is_open() && !left.empty()) {
      const ssize_t n = ::write(file->get(), left.data(), left.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0)
        left = {};  // nobody reads it any more
      else
        left.remove_prefix(static_cast<std::size_t>(n));
    }
    file->reset();
  }
};

class Run {
 public:
  Run(const BoxJob& job, BoxUser user)
      : job_(job),
        group_(BoxGroup::make(job.limits)),
        launched_(launch(job, user, group_ ? &*group_ : nullptr)) {}

  BoxResult finish() {
    const Clock::time_point begin = Clock::now();
    Clock::time_point deadline = begin + job_.limits.wall;
    Clock::time_point next_look = begin + 4 * kLook;
    bool has_ended = false;
    while (!has_ended) {
      const Clock::time_point now = Clock::now();
      if (now >= next_look && !group_) {
        next_look = now + kLook;
        if (memory_of_tree(launched_.kept.process) > job_.limits.memory_bytes) {
          stop(BoxEnd::Memory);
          break;
        }
      }
      if (now < deadline) {
        has_ended = wait((group_ ? deadline : std::min(deadline, next_look)) - now);
      } else {
        has_ended = wait(Clock::duration(0));  // this thread may be the one that came late
        deadline = begin + job_.limits.wall + time_given_back();
        if (!has_ended && now >= deadline) {
          stop(BoxEnd::WallClock);
          break;
        }
      }
      if (out_.is_full || err_.is_full || report_.is_full) {
        stop(BoxEnd::Output);
        break;
      }
    }
    end_process();
    drain_rest();
    result_.took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
    result_.was_memory_short = kills_for_memory() != kills_before_;
    if (group_ && group_->was_out_of_memory())
      result_.end = BoxEnd::Memory;
    else if (!was_stopped_)
      judge_exit();
    return std::move(result_);
  }

 private:
  /// What the program waited for a processor, and a quarter more: the kernel counts a wait when it
  /// is over, and caches are cold after it. Within bounds. Nothing for one that used as much of the
  /// processors as its wall clock has: many of its own processes wait for each other.
  milliseconds time_given_back() const {
    const milliseconds wall = job_.limits.wall;
    if (job_.limits.stretch <= 1) return milliseconds(0);
    const ProcessorUse use = processor_use_of_tree(launched_.kept.process);
    return use.used >= wall
               ? milliseconds(0)
               : std::min(use.waited + use.waited / 4, wall * (job_.limits.stretch - 1));
  }

  /// Moves bytes until the time is over or the process has ended; true for the latter.
  bool wait(Clock::duration time) {
    pollfd files[7];
    nfds_t n = 0;
    const auto want = [&](const Descriptor& file, short events) {
      if (file.is_open()) files[n++] = {file.get(), events, 0};
    };
    want(launched_.kept.line, POLLIN);
    for (const Stream* stream : {&out_, &err_, &report_, &status_}) want(*stream->file, POLLIN);
    for (const Feed* feed : {&in_, &to_job_}) want(*feed->file, POLLOUT);
    const auto ms = std::chrono::ceil<milliseconds>(time).count();
    ::poll(files, n, static_cast<int>(std::clamp<std::int64_t>(ms, 0, 1000)));
    in_.push();
    to_job_.push();
    for (Stream* stream : {&out_, &err_, &report_, &status_}) stream->drain();
    return look();
  }

  /// Whether nothing of the box is left.
  bool look() {
    if (!news_.is_over) news_ = news_of(launched_.kept);
    return news_.is_over;
  }

  void stop(BoxEnd end) {
    was_stopped_ = true;
    result_.end = end;
  }

  /// The keeper kills the outermost process, and the kernel ends all others with it.
  void end_process() {
    if (news_.is_over) return;
    ::shutdown(launched_.kept.line.get(), SHUT_WR);
    const Clock::time_point until = Clock::now() + kGrace;
    while (!look() && Clock::now() < until) {
      pollfd line{launched_.kept.line.get(), POLLIN, 0};
      ::poll(&line, 1, 20);
      for (Stream* stream : {&out_, &err_, &report_, &status_}) stream->drain();
    }
  }

  /// Until every process that held a pipe is gone, which the ends of the pipes tell.
  void drain_rest() {
    launched_.in.reset();
    launched_.job.reset();
    const Clock::time_point until = Clock::now() + kGrace;
    while (Clock::now() < until) {
      pollfd files[4];
      nfds_t n = 0;
      for (Stream* stream : {&out_, &err_, &report_, &status_}) {
        stream->drain();
        if (stream->is_full) stream->file->reset();
        if (stream->file->is_open()) files[n++] = {stream->file->get(), POLLIN, 0};
      }
      if (n == 0) return;
      ::poll(files, n, 50);
    }
  }

  void judge_exit() {
    if (!news_.status) {
      result_.end = BoxEnd::Setup;
      result_.trouble = "the process that keeps the boxes was killed, and this box with it";
      return;
    }
    const int exit = *news_.status;
    // bwrap tells the exit code only of what it could start.
    if (status_text_.find("\"exit-code\"") == std::string::npos) {
      result_.end = BoxEnd::Setup;
      result_.trouble = std::string(trim(result_.err));
      if (result_.trouble.empty())
        result_.trouble = WIFSIGNALED(exit)
                              ? fmt::format("bwrap was killed by signal {}", WTERMSIG(exit))
                              : fmt::format("bwrap ended with {}", WEXITSTATUS(exit));
      return;
    }
    const int code = WIFEXITED(exit) ? WEXITSTATUS(exit) : 128 + SIGKILL;
    result_.end = code > 128 && code < 128 + 65 ? BoxEnd::Signalled : BoxEnd::Exited;
    result_.code = result_.end == BoxEnd::Signalled ? code - 128 : code;
    if (result_.end == BoxEnd::Signalled && result_.code == SIGXCPU) result_.end = BoxEnd::CpuClock;
  }

  const BoxJob& job_;
  const std::uint64_t kills_before_ = kills_for_memory();
  std::optional<BoxGroup> group_;
  Launched launched_;
  BoxResult result_;
  std::string status_text_;
  Stream out_{&launched_.out, &result_.out, job_.limits.output_bytes};
  Stream err_{&launched_.err, &result_.err, job_.limits.output_bytes};
  Stream report_{&launched_.report, &result_.report, job_.limits.report_bytes};
  Stream status_{&launched_.status, &status_text_, kStatusBytes};
  Feed in_{&launched_.in, job_.input};
  Feed to_job_{&launched_.job, job_.job};
  BoxNews news_;
  bool was_stopped_ = false;
};

BoxResult run_as(const BoxJob& job, BoxUser user) {
  try {
    return Run(job, user).finish();
  } catch (const Error& error) {
    BoxResult out;
    out.trouble = error.what();
    return out;
  }
}

std::string one_line_of(const char* path) {
  std::ifstream file(path);
  std::string out;
  std::getline(file, out);
  return out;
}

/// Why a box could not be built, with what to do.
std::string advice(const std::string& trouble) {
  std::string out = fmt::format("the sandbox does not work here: {}", trouble);
  if (one_line_of("/proc/sys/kernel/unprivileged_userns_clone") == "0")
    return out + "\n        enable user namespaces: sysctl kernel.unprivileged_userns_clone=1";
  if (one_line_of("/proc/sys/user/max_user_namespaces") == "0")
    return out + "\n        enable user namespaces: sysctl user.max_user_namespaces=10000";
  rlimit files{};
  const bool is_few = ::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < kFewFiles;
  if (is_few || trouble.find(std::strerror(EMFILE)) != std::string::npos)
    return out + "\n        it needs more open files than it may have: ulimit -n 1024";
  if (one_line_of("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1")
    return out +
           "\n        AppArmor forbids user namespaces: sysctl "
           "kernel.apparmor_restrict_unprivileged_userns=0, or give leitai and bwrap profiles";
  return out +
         "\n        the kernel must allow user, pid, net, ipc, uts and mount namespaces; in a "
         "container, start it with user namespaces allowed (podman, or docker with "
         "--security-opt seccomp=unconfined --security-opt systempaths=unconfined)";
}

/// What programs are started with, and a shell that starts some processes.
BoxResult run_probe(BoxUser user) {
  BoxJob probe;
  probe.argv = limited_argv(
      {"/bin/sh", "-c",
       "for i in 1 2 3 4; do /bin/sleep 0.01 & p=\"$p $!\"; done; for i in $p; do wait $i || exit "
       "1; done"});
  return run_as(probe, user);
}

std::string trouble_of(const BoxResult& result) {
  if (result.end == BoxEnd::Exited && result.code == 0) return {};
  if (!result.trouble.empty()) return result.trouble;
  return fmt::format("a probe ended with {}: {}", result.code, trim(result.err));
}

struct Found {
  BoxUser user = BoxUser::Same;
  std::string trouble;
};

const Found& found() {
  static const Found kFound = [] {
    Found out;
    if (bubblewrap_path().empty()) {
      out.trouble =
          "the sandbox needs bubblewrap, which is not installed\n        apt-get install "
          "bubblewrap";
      return out;
    }
    ::signal(SIGPIPE, SIG_IGN);  // a program that does not read its input is no reason to end
    std::string trouble;
    std::vector<BoxUser> users{BoxUser::Same};
    if (::geteuid() == 0) users.insert(users.begin(), BoxUser::Nobody);
    for (const BoxUser user : users) {
      const std::string here = trouble_of(run_probe(user));
      if (here.empty()) {
        out.user = user;
        return out;
      }
      if (trouble.empty()) trouble = here;
    }
    out.trouble = advice(trouble);
    return out;
  }();
  return kFound;
}

}  // namespace

BoxResult run_boxed(const BoxJob& job) {
  const Found& here = found();
  if (!here.trouble.empty()) {
    BoxResult out;
    out.trouble = here.trouble;
    return out;
  }
  return run_as(job, here.user);
}

void abandon_boxes() { Keeper::instance().abandon(); }

std::vector<std::string> limited_argv(std::vector<std::string> argv, int processes) {
  rlimit own{};
  if (::getrlimit(RLIMIT_NPROC, &own) == 0 && own.rlim_max != RLIM_INFINITY)
    processes = static_cast<int>(std::min<rlim_t>(own.rlim_max, static_cast<rlim_t>(processes)));
  argv.insert(argv.begin(), {"/usr/bin/prlimit", fmt::format("--nproc={0}:{0}", processes), "--"});
  return argv;
}

std::string probe_boxes() {
  return box_trouble().empty() ? trouble_of(run_probe(found().user)) : box_trouble();
}

const std::string& box_trouble() { return found().trouble; }

std::string box_description() {
  return fmt::format(
      "bubblewrap in fresh namespaces{}, system calls by allow-list, memory and processes bounded "
      "{}",
      found().user == BoxUser::Nobody ? " as nobody" : "",
      group_trouble().empty() ? std::string("by control groups")
                              : fmt::format("by rlimits and a watcher ({})", group_trouble()));
}

}  // namespace leitai
