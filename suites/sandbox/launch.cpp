#include "suites/sandbox/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/core/error.h"
#include "suites/sandbox/seccomp.h"

namespace leitai {

namespace {

namespace fs = std::filesystem;

constexpr int kNobody = 65534;
constexpr int kJob = 3, kReport = 4, kFilter = 5, kStatus = 6, kFirstFile = 7;

struct Pipe {
  Descriptor read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw Error(fmt::format("sandbox: no pipe: {}", std::strerror(errno)));
  ::fchmod(ends[0], 0666);  // opened again by name, from inside and as another user
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Descriptor in_memory(const char* name, const std::string& bytes) {
  Descriptor out(::memfd_create(name, MFD_CLOEXEC));
  std::size_t done = 0;
  while (out.is_open() && done < bytes.size()) {
    const ssize_t n = ::write(out.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  if (!out.is_open() || done < bytes.size() || ::lseek(out.get(), 0, SEEK_SET) != 0)
    throw Error(fmt::format("sandbox: no memory for a file: {}", std::strerror(errno)));
  return out;
}

/// Folders of the system that programs and compilers read, as far as they are here.
struct HostFolders {
  std::vector<std::string> arguments;
};

const HostFolders& host_folders() {
  static const HostFolders kFolders = [] {
    HostFolders out;
    auto& args = out.arguments;
    std::error_code ignored;
    const auto show = [&](const char* path) {
      if (fs::exists(path, ignored)) args.insert(args.end(), {"--ro-bind", path, path});
    };
    show("/usr");
    for (const char* path : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
      const fs::path target = fs::read_symlink(path, ignored);
      if (!target.empty())
        args.insert(args.end(), {"--symlink", target.string(), path});
      else
        show(path);
    }
    show("/etc/alternatives");
    show("/etc/ld.so.cache");
    for (const auto& entry : fs::directory_iterator("/etc", ignored)) {
      if (entry.path().filename().string().starts_with("java")) show(entry.path().c_str());
    }
    return out;
  }();
  return kFolders;
}

std::vector<std::string> arguments_of(const BoxJob& job) {
  std::vector<std::string> out{bubblewrap_path(),
                               "--unshare-user",
                               "--unshare-pid",
                               "--unshare-net",
                               "--unshare-ipc",
                               "--unshare-uts",
                               "--unshare-cgroup-try",
                               "--uid",
                               "1000",
                               "--gid",
                               "1000",
                               "--hostname",
                               "box",
                               "--die-with-parent",
                               "--new-session",
                               "--cap-drop",
                               "ALL",
                               "--seccomp",
                               std::to_string(kFilter),
                               "--json-status-fd",
                               std::to_string(kStatus)};
  const auto add = [&](std::initializer_list<std::string> more) {
    out.insert(out.end(), more.begin(), more.end());
  };
  const auto& folders = host_folders().arguments;
  out.insert(out.end(), folders.begin(), folders.end());
  for (const fs::path& folder : job.shown) add({"--ro-bind", folder.string(), folder.string()});
  add({"--proc", "/proc", "--size", "65536", "--tmpfs", "/dev"});
  for (const char* device : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"})
    add({"--dev-bind", device, device});
  add({"--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/proc/self/fd/0", "/dev/stdin",
       "--symlink", "/proc/self/fd/1", "/dev/stdout", "--symlink", "/proc/self/fd/2", "/dev/stderr",
       "--remount-ro", "/dev"});
  add({"--size", std::to_string(job.limits.disk_bytes), "--tmpfs", "/tmp"});
  for (std::size_t i = 0; i < job.files.size(); ++i) {
    add({"--perms", job.files[i].is_executable ? "0755" : "0644", "--file",
         std::to_string(kFirstFile + static_cast<int>(i)), job.files[i].path});
  }
  add({"--remount-ro", "/", "--chdir", "/tmp", "--"});
  out.insert(out.end(), job.argv.begin(), job.argv.end());
  return out;
}

std::vector<std::string> variables_of(const BoxJob& job) {
  std::vector<std::string> out{"PATH=/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8", "TZ=UTC",
                               "PYTHONHASHSEED=0"};
  for (const auto& [name, value] : job.variables) out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

struct Limit {
  __rlimit_resource_t resource;
  rlimit value;
};

std::vector<Limit> limits_of(const BoxLimits& limits) {
  const auto both = [](rlim_t value) { return rlimit{value, value}; };
  const auto seconds = static_cast<rlim_t>(limits.cpu.count());
  std::vector<Limit> out{{RLIMIT_CPU, {seconds, seconds + 1}},
                         {RLIMIT_CORE, both(0)},
                         {RLIMIT_FSIZE, both(limits.disk_bytes)},
                         {RLIMIT_NOFILE, both(512)},
                         {RLIMIT_MEMLOCK, both(0)},
                         {RLIMIT_MSGQUEUE, both(0)},
                         {RLIMIT_STACK, {rlim_t{64} << 20, rlim_t{64} << 20}}};
  if (limits.bound_addresses) out.push_back({RLIMIT_AS, both(limits.memory_bytes)});
  return out;
}

/// All that the child needs, made before the fork: between fork and exec only system calls are
/// safe.
struct Plan {
  std::vector<std::pair<int, int>> moves;  // ours -> the number inside
  std::vector<Limit> limits;
  std::vector<char*> argv, envp;
  BoxUser user;
  pid_t parent;
};

[[noreturn]] void become(const Plan& plan) {
  // All copies above every target first, so that no target is overwritten while it is a source.
  int copies[64];
  const std::size_t n = plan.moves.size();
  for (std::size_t i = 0; i < n; ++i) {
    copies[i] = ::fcntl(plan.moves[i].first, F_DUPFD, 100);
    if (copies[i] < 0) ::_exit(120);
  }
  int last = 2;
  for (std::size_t i = 0; i < n; ++i) {
    if (::dup2(copies[i], plan.moves[i].second) < 0) ::_exit(121);
    if (plan.moves[i].second > last) last = plan.moves[i].second;
  }
  ::syscall(SYS_close_range, static_cast<unsigned>(last + 1), ~0u, 0u);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number = 1; number < 32; ++number) ::signal(number, SIG_DFL);
  if (plan.user == BoxUser::Nobody) {
    // Raw calls: the library's own would speak to threads that are not here.
    if (::syscall(SYS_setgroups, 0, nullptr) != 0 ||
        ::syscall(SYS_setresgid, kNobody, kNobody, kNobody) != 0 ||
        ::syscall(SYS_setresuid, kNobody, kNobody, kNobody) != 0)
      ::_exit(122);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent) ::_exit(123);
  for (const Limit& limit : plan.limits) ::setrlimit(limit.resource, &limit.value);
  if (::chdir("/") != 0) ::_exit(124);
  ::execve(plan.argv[0], plan.argv.data(), plan.envp.data());
  ::_exit(125);
}

void make_nonblocking(const Descriptor& file) { ::fcntl(file.get(), F_SETFL, O_NONBLOCK); }

}  // namespace

void Descriptor::reset(int file) {
  if (file_ >= 0) ::close(file_);
  file_ = file;
}

const std::string& bubblewrap_path() {
  static const std::string kPath = [] {
    for (const char* path : {"/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"}) {
      if (::access(path, X_OK) == 0) return std::string(path);
    }
    return std::string();
  }();
  return kPath;
}

Launched launch(const BoxJob& job, BoxUser user) {
  LEITAI_CHECK(job.files.size() < 50, std::to_string(job.files.size()));
  Pipe in = make_pipe(), to_job = make_pipe(), out = make_pipe(), err = make_pipe(),
       report = make_pipe(), status = make_pipe();
  const Descriptor filter = in_memory("filter", seccomp_program());
  std::vector<Descriptor> files;
  for (const BoxFile& file : job.files) files.push_back(in_memory("file", file.bytes));
  std::vector<std::string> arguments = arguments_of(job), variables = variables_of(job);
  Plan plan;
  plan.moves = {
      {in.read.get(), 0},           {out.write.get(), 1},          {err.write.get(), 2},
      {to_job.read.get(), kJob},    {report.write.get(), kReport}, {filter.get(), kFilter},
      {status.write.get(), kStatus}};
  for (std::size_t i = 0; i < files.size(); ++i)
    plan.moves.emplace_back(files[i].get(), kFirstFile + static_cast<int>(i));
  plan.limits = limits_of(job.limits);
  plan.argv = pointers(arguments);
  plan.envp = pointers(variables);
  plan.user = job.as_owner ? BoxUser::Same : user;
  plan.parent = ::getpid();
  // Signals wait until the child has its own handlers.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t process = ::fork();
  if (process == 0) become(plan);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (process < 0) throw Error(fmt::format("sandbox: no process: {}", std::strerror(error)));
  Launched launched;
  launched.process = process;
  launched.exit = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  launched.in = std::move(in.write);
  launched.job = std::move(to_job.write);
  launched.out = std::move(out.read);
  launched.err = std::move(err.read);
  launched.report = std::move(report.read);
  launched.status = std::move(status.read);
  for (const Descriptor* file : {&launched.in, &launched.job, &launched.out, &launched.err,
                                 &launched.report, &launched.status})
    make_nonblocking(*file);
  return launched;
}

}  // namespace leitai
