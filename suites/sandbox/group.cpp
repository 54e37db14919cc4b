#include "suites/sandbox/group.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>
#include <utility>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "leitai-";

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// One write call, as the kernel wants it.
bool put(const std::string& path, const std::string& text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.is_open() &&
         ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

bool has_word(const std::string& text, std::string_view word) {
  std::istringstream words(text);
  for (std::string one; words >> one;) {
    if (one == word) return true;
  }
  return false;
}

/// Folder of the group that this process is in, "" without one of version 2.
std::string own_folder() {
  std::string path;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::")) path = line.substr(3);
  }
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    if (path.empty() || line.find(" - cgroup2 ") == std::string::npos) continue;
    const auto fields = split(line, ' ');
    std::string root(fields[3]);
    if (root == "/") root.clear();
    if (path.starts_with(root)) return std::string(fields[4]) + path.substr(root.size());
  }
  return {};
}

/// Groups of processes that are no more.
void sweep(const std::string& own) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(own, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const auto number = parse_int(name.substr(std::strlen(kPrefix)));
    if (!number || ::kill(static_cast<pid_t>(*number), 0) == 0 || errno != ESRCH) continue;
    for (const auto& below : fs::directory_iterator(entry.path(), ignored)) {
      if (below.is_directory(ignored)) ::rmdir(below.path().c_str());
    }
    ::rmdir(entry.path().c_str());
  }
}

bool hands_down(const std::string& folder) {
  const std::string now = text_of(folder + "/cgroup.subtree_control");
  return has_word(now, "memory") && has_word(now, "pids");
}

/// Controllers for the groups below `folder`.
bool hand_down(const std::string& folder) {
  return hands_down(folder) || put(folder + "/cgroup.subtree_control", "+memory +pids");
}

/// Where the groups of boxes are made, for the life of this process.
class Base {
 public:
  Base();
  ~Base() { take_down(); }
  Base(const Base&) = delete;

  const std::string& folder() const { return folder_; }
  const std::string& trouble() const { return trouble_; }

 private:
  void take_down();

  std::string own_, folder_;  // our group, and the one below it
  std::string trouble_;
};

Base::Base() : own_(own_folder()) {
  if (own_.empty()) {
    trouble_ = "there are no control groups of version 2";
    return;
  }
  if (::access(own_.c_str(), W_OK) != 0 || ::access((own_ + "/cgroup.procs").c_str(), W_OK) != 0) {
    trouble_ = "its control group is not delegated to it";
    return;
  }
  const std::string controllers = text_of(own_ + "/cgroup.controllers");
  for (const char* wanted : {"memory", "pids"}) {
    if (has_word(controllers, wanted)) continue;
    trouble_ = fmt::format("its control group has no controller \"{}\"", wanted);
    return;
  }
  // A group with processes hands nothing down; the root of all groups is the exception, and what it
  // hands down is not for us to change.
  const bool is_root = ::access((own_ + "/cgroup.type").c_str(), F_OK) != 0;
  if (is_root && !hands_down(own_)) {
    trouble_ = "the root of the control groups hands down no memory and pids";
    return;
  }
  sweep(own_);
  const std::string folder = fmt::format("{}/{}{}", own_, kPrefix, ::getpid());
  if (::mkdir(folder.c_str(), 0755) != 0) {
    trouble_ = fmt::format("no group can be made: {}", std::strerror(errno));
    return;
  }
  folder_ = folder;
  const std::string self = folder_ + "/harness";
  if ((is_root || (::mkdir(self.c_str(), 0755) == 0 &&
                   put(self + "/cgroup.procs", std::to_string(::getpid())))) &&
      hand_down(own_) && hand_down(folder_))
    return;
  trouble_ = errno == EBUSY ? "other processes are in its control group"
                            : fmt::format("its control group: {}", std::strerror(errno));
  take_down();
}

/// Leaves all as it was found.
void Base::take_down() {
  if (folder_.empty()) return;
  put(folder_ + "/cgroup.subtree_control", "-memory -pids");
  const std::string self = folder_ + "/harness";
  if (::access(self.c_str(), F_OK) == 0) {
    put(own_ + "/cgroup.subtree_control", "-memory -pids");
    put(own_ + "/cgroup.procs", std::to_string(::getpid()));
    ::rmdir(self.c_str());
  }
  ::rmdir(folder_.c_str());
  folder_.clear();
}

const Base& base() {
  static const Base kBase;
  return kBase;
}

}  // namespace

const std::string& group_trouble() { return base().trouble(); }

std::optional<BoxGroup> BoxGroup::make(const BoxLimits& limits) {
  if (!base().trouble().empty()) return std::nullopt;
  static std::atomic<unsigned> count{0};
  BoxGroup out(fmt::format("{}/box-{}", base().folder(), count++));
  // What lies in /tmp of the box is memory, too. Every process of the box goes when one must.
  const bool is_bound =
      put(out.folder_ + "/memory.max", std::to_string(limits.memory_bytes + limits.disk_bytes)) &&
      put(out.folder_ + "/memory.oom.group", "1") &&
      put(out.folder_ + "/pids.max", std::to_string(2 * limits.processes + 8));
  put(out.folder_ + "/memory.swap.max", "0");  // not there where the kernel has no swap
  if (!is_bound)
    throw Error(fmt::format("sandbox: {}: no limits: {}", out.folder_, std::strerror(errno)));
  return out;
}

BoxGroup::BoxGroup(std::string folder) : folder_(std::move(folder)) {
  if (::mkdir(folder_.c_str(), 0755) == 0)
    members_.reset(::open((folder_ + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!members_.is_open())
    throw Error(fmt::format("sandbox: {}: no group: {}", folder_, std::strerror(errno)));
}

BoxGroup::BoxGroup(BoxGroup&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), members_(std::move(other.members_)) {}

BoxGroup::~BoxGroup() {
  if (folder_.empty()) return;
  members_.reset();
  for (int round = 0; round < 200 && ::rmdir(folder_.c_str()) != 0 && errno == EBUSY; ++round) {
    if (round == 0) put(folder_ + "/cgroup.kill", "1");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

bool BoxGroup::was_out_of_memory() const {
  std::istringstream events(text_of(folder_ + "/memory.events"));
  std::string name;
  for (long n = 0; events >> name >> n;) {
    if (name == "oom_kill" && n > 0) return true;
  }
  return false;
}

}  // namespace leitai
