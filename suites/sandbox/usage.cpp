#include "suites/sandbox/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/core/text.h"

namespace leitai {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostProcesses = 1024;

std::string read_small(const std::string& path) {
  std::string out;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return out;
  char buffer[4096];
  for (ssize_t n; (n = ::read(file, buffer, sizeof buffer)) > 0 && out.size() < 65536;)
    out.append(buffer, static_cast<std::size_t>(n));
  ::close(file);
  return out;
}

/// Private and shared memory of one process; its fair share where that can be read.
std::uint64_t memory_of(pid_t process) {
  const std::string rollup = read_small(fmt::format("/proc/{}/smaps_rollup", process));
  if (const std::size_t at = rollup.find("\nPss:"); at != std::string::npos)
    return std::strtoull(rollup.c_str() + at + 5, nullptr, 10) * 1024;
  const std::string pages = read_small(fmt::format("/proc/{}/statm", process));
  const auto parts = split(pages, ' ');
  if (parts.size() < 3) return 0;
  const std::int64_t resident = parse_int(parts[1]).value_or(0),
                     shared = parse_int(parts[2]).value_or(0);
  return static_cast<std::uint64_t>(resident - shared) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// Folders in /proc of all threads of a process.
std::vector<std::string> tasks_of(pid_t process) {
  std::vector<std::string> out;
  const std::string folder = fmt::format("/proc/{}/task", process);
  DIR* tasks = ::opendir(folder.c_str());
  if (!tasks) return out;
  while (const dirent* task = ::readdir(tasks)) {
    if (task->d_name[0] != '.') out.push_back(folder + "/" + task->d_name);
  }
  ::closedir(tasks);
  return out;
}

std::vector<pid_t> descendants_of(pid_t root) {
  std::vector<pid_t> all = children_of(root);
  for (std::size_t i = 0; i < all.size() && i < kMostProcesses; ++i) {
    const std::vector<pid_t> more = children_of(all[i]);
    all.insert(all.end(), more.begin(), more.end());
  }
  if (all.size() > kMostProcesses) all.resize(kMostProcesses);
  return all;
}

/// Processor time of a process and of its children that ended.
milliseconds used_by(pid_t process) {
  const std::int64_t ticks = ::sysconf(_SC_CLK_TCK);
  // Fields 14 to 17, behind the name in brackets: user and system, its own and that of its
  // children.
  const std::string stat = read_small(fmt::format("/proc/{}/stat", process));
  const auto fields = split(std::string_view(stat).substr(stat.rfind(')') + 1), ' ');
  milliseconds out(0);
  for (std::size_t i = 12; i < 16 && i < fields.size(); ++i)
    out += milliseconds(parse_int(fields[i]).value_or(0) * 1000 / ticks);
  return out;
}

/// How long its thread that waited longest was ready to run and did not.
milliseconds waited_by(pid_t process) {
  milliseconds out(0);
  for (const std::string& task : tasks_of(process)) {
    const std::string schedule = read_small(task + "/schedstat");  // ran, waited, in nanoseconds
    const auto times = split(schedule, ' ');
    if (times.size() < 2) continue;
    const std::chrono::nanoseconds waited(parse_int(times[1]).value_or(0));
    out = std::max(out, std::chrono::duration_cast<milliseconds>(waited));
  }
  return out;
}

}  // namespace

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> out;
  for (const std::string& task : tasks_of(process)) {
    const std::string list = read_small(task + "/children");
    for (const std::string_view one : split(list, ' ')) {
      if (const auto number = parse_int(trim(one))) out.push_back(static_cast<pid_t>(*number));
    }
  }
  return out;
}

std::uint64_t memory_of_tree(pid_t root) {
  std::uint64_t bytes = 0;
  for (const pid_t one : descendants_of(root)) bytes += memory_of(one);
  return bytes;
}

ProcessorUse processor_use_of_tree(pid_t root) {
  struct Member {
    pid_t process;
    milliseconds waited;  // by its forebears, up to the root: they went before it
  };
  ProcessorUse out;
  std::vector<Member> all{{root, milliseconds(0)}};
  for (std::size_t i = 0; i < all.size() && i < kMostProcesses; ++i) {
    const Member member = all[i];
    out.used += used_by(member.process);
    const milliseconds waited = member.waited + waited_by(member.process);
    out.waited = std::max(out.waited, waited);
    for (const pid_t child : children_of(member.process)) all.push_back({child, waited});
  }
  return out;
}

std::uint64_t kills_for_memory() {
  const std::string counts = read_small("/proc/vmstat");
  const std::size_t at = counts.find("\noom_kill ");
  return at == std::string::npos ? 0 : std::strtoull(counts.c_str() + at + 10, nullptr, 10);
}

}  // namespace leitai
