#include "suites/sandbox/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/core/error.h"
#include "suites/sandbox/seccomp.h"

namespace leitai {

namespace {

namespace fs = std::filesystem;

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
       "--size", "1048576", "--tmpfs", "/dev/shm",  // for semaphores of multiprocessing
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

/// Fills the limits of an order.
void set_limits(keeper::Order& order, const BoxLimits& limits) {
  const auto set = [&](int resource, std::uint64_t soft, std::uint64_t hard) {
    order.limits[order.n_limits++] = {resource, soft, hard};
  };
  const auto seconds = static_cast<std::uint64_t>(limits.cpu.count());
  set(RLIMIT_CPU, seconds, seconds + 1);
  set(RLIMIT_FSIZE, limits.disk_bytes, limits.disk_bytes);
  set(RLIMIT_NOFILE, 512, 512);
  set(RLIMIT_STACK, std::uint64_t{64} << 20, RLIM_INFINITY);  // programs raise it themselves
  for (const int none : {RLIMIT_CORE, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE}) set(none, 0, 0);
  if (limits.bound_addresses) set(RLIMIT_AS, limits.memory_bytes, limits.memory_bytes);
}

void make_nonblocking(const Descriptor& file) { ::fcntl(file.get(), F_SETFL, O_NONBLOCK); }

}  // namespace

const std::string& bubblewrap_path() {
  static const std::string kPath = [] {
    for (const char* path : {"/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"}) {
      if (::access(path, X_OK) == 0) return std::string(path);
    }
    return std::string();
  }();
  return kPath;
}

Launched launch(const BoxJob& job, BoxUser user, const BoxGroup* group) {
  LEITAI_CHECK(job.files.size() < 50, std::to_string(job.files.size()));
  Pipe in = make_pipe(), to_job = make_pipe(), out = make_pipe(), err = make_pipe(),
       report = make_pipe(), status = make_pipe();
  const Descriptor filter = in_memory("filter", seccomp_program());
  std::vector<Descriptor> files;
  for (const BoxFile& file : job.files) files.push_back(in_memory("file", file.bytes));
  keeper::Order order;
  std::vector<int> given;
  const auto give = [&](const Descriptor& file, int target) {
    order.targets[given.size()] = target;
    given.push_back(file.get());
  };
  give(in.read, 0);
  give(out.write, 1);
  give(err.write, 2);
  give(to_job.read, kJob);
  give(report.write, kReport);
  give(filter, kFilter);
  give(status.write, kStatus);
  for (std::size_t i = 0; i < files.size(); ++i) give(files[i], kFirstFile + static_cast<int>(i));
  set_limits(order, job.limits);
  order.as_nobody = user == BoxUser::Nobody && !job.as_owner ? 1 : 0;
  Launched launched;
  launched.kept = Keeper::instance().start(order, given, group ? &group->members() : nullptr,
                                           arguments_of(job), variables_of(job));
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
