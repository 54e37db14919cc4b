#include "suites/sandbox/keeper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>
#include <thread>

#include "harness/core/embedded.h"
#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {

std::span<const EmbeddedFile> keeper_program();  // generated

namespace {

constexpr int kProgram = keeper::kHarness + 1;

/// All that the child needs between clone and exec.
struct Birth {
  int socket, harness, program;
  bool maps_user;
  const char* uid_map;
  const char* gid_map;
};

/// System calls only: other threads may hold any lock of a library.
bool write_whole(const char* path, const char* text) {
  long size = 0;
  while (text[size] != 0) ++size;
  const long file = ::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
  return file >= 0 && ::syscall(SYS_write, file, text, size) == size;
}

[[noreturn]] void be_born(const Birth& birth) {
  if (birth.maps_user && (!write_whole("/proc/self/setgroups", "deny") ||
                          !write_whole("/proc/self/uid_map", birth.uid_map) ||
                          !write_whole("/proc/self/gid_map", birth.gid_map)))
    ::syscall(SYS_exit_group, 121);
  const int sources[] = {birth.socket, birth.harness, birth.program};
  long copies[3];
  for (int i = 0; i < 3; ++i) copies[i] = ::syscall(SYS_fcntl, sources[i], F_DUPFD, 100);
  for (int i = 0; i < 3; ++i) {
    const int flags = keeper::kSocket + i == kProgram ? O_CLOEXEC : 0;
    if (::syscall(SYS_dup3, copies[i], keeper::kSocket + i, flags) < 0)
      ::syscall(SYS_exit_group, 122);
  }
  ::syscall(SYS_close_range, kProgram + 1, ~0u, 0u);
  char name[] = "leitai-keeper";
  char* argv[] = {name, nullptr};
  char* envp[] = {nullptr};
  ::syscall(SYS_execveat, kProgram, "", argv, envp, AT_EMPTY_PATH);
  for (;;) ::syscall(SYS_exit_group, errno == ETXTBSY ? 124 : 123);
}

/// The keeper's program as a file that can be executed: in memory, and open for reading only.
Descriptor program_file() {
  const Descriptor written = in_memory("leitai-keeper", std::string(keeper_program()[0].bytes));
  Descriptor out(
      ::open(fmt::format("/proc/self/fd/{}", written.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!out.is_open()) throw Error(fmt::format("sandbox: no keeper: {}", std::strerror(errno)));
  return out;
}

std::string map_of(unsigned id) { return fmt::format("0 {} 1\n", id); }

/// Starts the keeper in namespaces of its own; -1 and errno if the kernel refuses them.
pid_t be_parent(const Birth& birth, int namespaces) {
  Birth copy = birth;
  copy.maps_user = (namespaces & CLONE_NEWUSER) != 0;
  // The keeper keeps all signals blocked: an interrupt of the terminal is for the harness.
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  // The call itself: a wrapper of the library knows no fork into other namespaces. Once a process,
  // so a copy of the page tables is no matter.
  const auto process = static_cast<pid_t>(
      ::syscall(SYS_clone, CLONE_VFORK | SIGCHLD | namespaces, nullptr, nullptr, nullptr, nullptr));
  if (process == 0) be_born(copy);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return process;
}

/// A message of fixed size and at most one descriptor; absent when the other end is gone.
std::optional<keeper::Started> receive_started(int socket, Descriptor& file) {
  keeper::Started out;
  iovec bytes{&out, sizeof out};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n;
  do n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message); n > 0 && header) {
    int received = -1;
    std::memcpy(&received, CMSG_DATA(header), sizeof received);
    file.reset(received);
  }
  if (n != sizeof out) return std::nullopt;
  return out;
}

bool send_order(int socket, keeper::Order& order, const std::vector<int>& files) {
  iovec bytes{&order, sizeof order};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * (keeper::kMostMoves + 3))] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * files.size());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * files.size());
  std::memcpy(CMSG_DATA(header), files.data(), sizeof(int) * files.size());
  ssize_t n;
  do n = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n == sizeof order;
}

/// Number of a process as /proc of this process shows it; its keeper knows it by another one.
pid_t process_of(const Descriptor& pidfd) {
  std::ifstream file(fmt::format("/proc/self/fdinfo/{}", pidfd.get()));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Pid:"))
      return static_cast<pid_t>(parse_int(trim(line.substr(4))).value_or(-1));
  }
  return -1;
}

}  // namespace

void Descriptor::reset(int file) {
  if (file_ >= 0) ::close(file_);
  file_ = file;
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

Keeper& Keeper::instance() {
  static Keeper keeper;
  return keeper;
}

Keeper::~Keeper() { end(); }

pid_t Keeper::process() {
  std::lock_guard lock(mutex_);
  return process_;
}

void Keeper::abandon() {
  std::lock_guard lock(mutex_);
  is_abandoned_ = true;
  if (process_ > 0) ::kill(process_, SIGKILL);
}

void Keeper::end() {
  socket_.reset();
  if (process_ > 0) {
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  process_ = 0;
}

void Keeper::begin() {
  end();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw Error(fmt::format("sandbox: no socket: {}", std::strerror(errno)));
  Descriptor ours(ends[0]), its(ends[1]);
  const Descriptor self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!self.is_open())
    throw Error(fmt::format("sandbox: no pidfd (Linux 5.3 has them): {}", std::strerror(errno)));
  const Descriptor program = program_file();
  const std::string uid_map = map_of(::geteuid()), gid_map = map_of(::getegid());
  const Birth birth{its.get(), self.get(), program.get(), false, uid_map.c_str(), gid_map.c_str()};
  pid_t process = -1;
  int status = 0;
  std::optional<keeper::Started> started;
  for (int round = 0; round < 100; ++round) {
    process = ::geteuid() == 0 ? be_parent(birth, CLONE_NEWPID) : -1;
    if (process < 0) process = be_parent(birth, CLONE_NEWPID | CLONE_NEWUSER);
    if (process < 0)
      throw Error(fmt::format("sandbox: no process namespace: {}", std::strerror(errno)));
    // A process that another thread is about to start can hold the program's file open for writing.
    siginfo_t early{};
    if (::waitid(P_PID, static_cast<id_t>(process), &early, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        early.si_pid == 0 || early.si_status != 124)
      break;
    ::waitpid(process, &status, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  its.reset();
  Descriptor none;
  started = receive_started(ours.get(), none);
  if (!started || started->error != 0) {
    ours.reset();
    ::waitpid(process, &status, 0);
    throw Error(started ? fmt::format("sandbox: no keeper: {}: {}", started->stage,
                                      std::strerror(started->error))
                        : fmt::format("sandbox: no keeper: it ended with {}", WEXITSTATUS(status)));
  }
  socket_ = std::move(ours);
  process_ = process;
}

Kept Keeper::start(keeper::Order order, const std::vector<int>& files, const Descriptor* group,
                   const std::vector<std::string>& arguments,
                   const std::vector<std::string>& variables) {
  LEITAI_CHECK(files.size() <= keeper::kMostMoves, std::to_string(files.size()));
  std::string text;
  for (const auto* list : {&arguments, &variables}) {
    for (const std::string& one : *list) (text += one) += '\0';
  }
  const Descriptor text_file = in_memory("order", text);
  order.n_moves = static_cast<std::int32_t>(files.size());
  order.n_arguments = static_cast<std::int32_t>(arguments.size());
  order.n_variables = static_cast<std::int32_t>(variables.size());
  order.has_group = group ? 1 : 0;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw Error(fmt::format("sandbox: no socket: {}", std::strerror(errno)));
  Kept out;
  out.line = Descriptor(ends[0]);
  Descriptor its(ends[1]);
  std::vector<int> sent{its.get(), text_file.get()};
  sent.insert(sent.end(), files.begin(), files.end());
  if (group) sent.push_back(group->get());
  Descriptor pidfd;
  std::optional<keeper::Started> started;
  {
    // One order at a time: descriptors under way are counted against the limit of open files.
    std::lock_guard lock(mutex_);
    if (is_abandoned_) throw Error("sandbox: programs are no longer run");
    if (process_ == 0) begin();
    bool is_sent = send_order(socket_.get(), order, sent);
    if (!is_sent && (errno == EPIPE || errno == ECONNRESET)) {
      begin();  // somebody killed it
      is_sent = send_order(socket_.get(), order, sent);
    }
    if (!is_sent)
      throw Error(fmt::format("sandbox: the keeper does not listen: {}", std::strerror(errno)));
    its.reset();
    started = receive_started(out.line.get(), pidfd);
  }
  if (!started) throw Error("sandbox: the process that keeps the boxes was killed");
  if (started->error != 0)
    throw Error(fmt::format("sandbox: a box was not started: {}: {}", started->stage,
                            std::strerror(started->error)));
  out.process = process_of(pidfd);
  return out;
}

BoxNews news_of(const Kept& kept) {
  keeper::Ended ended;
  ssize_t n;
  do n = ::recv(kept.line.get(), &ended, sizeof ended, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN) return {};
  if (n == sizeof ended) return {true, ended.status};
  return {true, std::nullopt};
}

}  // namespace leitai
