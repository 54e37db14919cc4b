// The keeper: a small process beside the harness that starts boxes and whose death ends them all.
//
// It is the first process of a process namespace, and so is the outermost process of every box (of
// one below). The kernel itself kills all of a namespace when its first process ends, and lets that
// be reaped only when nothing of it is left. So a box is gone once its outermost process is reaped;
// everything is gone once the keeper is, however that came about; and the keeper ends when the
// harness does, which a pidfd tells. Nothing rests on a process being asked in time.
//
// Runs without the C++ library; between clone and exec it shares its memory with the child, so that
// a start costs no copy of page tables.
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites/sandbox/keeper/wire.h"

namespace {

using namespace leitai::keeper;

constexpr int kNobody = 65534;
constexpr int kMostStrings = 4096, kMostFiles = kMostMoves + 3;
constexpr unsigned kStackBytes = 65536;

struct Box {
  pid_t process = 0;  // 0: free
  int line = -1;
  int core = -1;
  bool is_stopped = false;
};

Box boxes[kMostBoxes];
char* strings[kMostStrings];
alignas(16) char stack[kStackBytes];

/// The processor with the fewest boxes, of those the keeper may use; -1 if that cannot be told.
/// Each box stays on one, so that whatever runs beside it has the others.
int free_core() {
  static int last = 0;  // the search goes round, so that boxes one after another do, too
  cpu_set_t may;
  if (sched_getaffinity(0, sizeof may, &may) != 0) return -1;
  static unsigned short load[CPU_SETSIZE];
  memset(load, 0, sizeof load);
  for (const Box& box : boxes) {
    if (box.process != 0 && box.core >= 0) ++load[box.core];
  }
  int best = -1;
  for (int i = 1; i <= CPU_SETSIZE; ++i) {
    const int core = (last + i) % CPU_SETSIZE;
    if (CPU_ISSET(core, &may) && (best < 0 || load[core] < load[best])) best = core;
  }
  if (best >= 0) last = best;
  return best;
}

/// What the child needs and where it says why it could not start.
struct Birth {
  const Order* order;
  const int* files;  // of the moves
  char** argv;
  char** envp;
  int core;
  volatile int error;
  const char* volatile stage;
};

[[noreturn]] void fail(Birth& birth, const char* stage) {
  birth.error = errno ? errno : EINVAL;
  birth.stage = stage;
  _exit(120);
}

/// The child, in the keeper's memory: writes only to its stack and to `birth`.
int be_born(void* argument) {
  Birth& birth = *static_cast<Birth*>(argument);
  const Order& order = *birth.order;
  if (order.has_group != 0 && write(birth.files[order.n_moves], "0", 1) != 1)
    fail(birth, "control group");
  // All copies above every target first, so that no target is overwritten while it is a source.
  int copies[kMostMoves], last = 2;
  for (int i = 0; i < order.n_moves; ++i) {
    copies[i] = fcntl(birth.files[i], F_DUPFD, 2 * kMostMoves);
    if (copies[i] < 0) fail(birth, "descriptors");
  }
  for (int i = 0; i < order.n_moves; ++i) {
    if (dup2(copies[i], order.targets[i]) < 0) fail(birth, "descriptors");
    if (order.targets[i] > last) last = order.targets[i];
  }
  syscall(SYS_close_range, static_cast<unsigned>(last + 1), ~0u, 0u);
  for (int number = 1; number < 32; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (order.as_nobody != 0 && (syscall(SYS_setgroups, 0, nullptr) != 0 ||
                               syscall(SYS_setresgid, kNobody, kNobody, kNobody) != 0 ||
                               syscall(SYS_setresuid, kNobody, kNobody, kNobody) != 0))
    fail(birth, "user");
  for (int i = 0; i < order.n_limits; ++i) {
    const rlimit limit{order.limits[i].soft, order.limits[i].hard};
    setrlimit(static_cast<__rlimit_resource>(order.limits[i].resource), &limit);
  }
  if (birth.core >= 0) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(birth.core, &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  execve(birth.argv[0], birth.argv, birth.envp);
  fail(birth, birth.argv[0]);
}

void answer(int line, int error, const char* stage, int pidfd) {
  Started started;
  started.error = error;
  strncpy(started.stage, stage, sizeof started.stage - 1);
  iovec bytes{&started, sizeof started};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  if (pidfd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &pidfd, sizeof pidfd);
  }
  sendmsg(line, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/// Cuts the text into strings; false if it is not what the order says.
bool read_strings(const Order& order, char* text, size_t size) {
  const int n = order.n_arguments + order.n_variables;
  if (order.n_arguments < 1 || order.n_variables < 0 || n + 2 > kMostStrings) return false;
  char* at = text;
  for (int i = 0, slot = 0; i < n; ++i) {
    char* end = static_cast<char*>(memchr(at, 0, static_cast<size_t>(text + size - at)));
    if (!end) return false;
    strings[slot++] = at;
    at = end + 1;
    if (i + 1 == order.n_arguments) strings[slot++] = nullptr;
    if (i + 1 == n) strings[slot] = nullptr;
  }
  return true;
}

/// Starts what was ordered; returns whether the line was kept.
bool start(const Order& order, const int* files, int n_files) {
  const int line = files[0];
  Box* box = boxes;
  while (box < boxes + kMostBoxes && box->process != 0) ++box;
  struct stat about {};
  if (order.n_moves > kMostMoves || order.n_limits > kMostLimits ||
      n_files != order.n_moves + 2 + (order.has_group != 0 ? 1 : 0) || box == boxes + kMostBoxes ||
      fstat(files[1], &about) != 0 || about.st_size == 0) {
    answer(line, EINVAL, "order", -1);
    return false;
  }
  const auto size = static_cast<size_t>(about.st_size);
  void* text = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, files[1], 0);
  if (text == MAP_FAILED || !read_strings(order, static_cast<char*>(text), size)) {
    answer(line, text == MAP_FAILED ? errno : EINVAL, "text", -1);
    if (text != MAP_FAILED) munmap(text, size);
    return false;
  }
  Birth birth{&order, files + 2, strings, strings + order.n_arguments + 1, free_core(), 0, ""};
  int pidfd = -1;
  const pid_t child =
      clone(be_born, stack + kStackBytes,
            CLONE_VM | CLONE_VFORK | CLONE_NEWPID | CLONE_PIDFD | SIGCHLD, &birth, &pidfd);
  const int error = child < 0 ? errno : birth.error;
  munmap(text, size);
  if (error != 0) {
    if (child > 0) waitpid(child, nullptr, 0);
    answer(line, error, child < 0 ? "process" : birth.stage, -1);
  } else {
    *box = {child, line, birth.core, false};
    answer(line, 0, "", pidfd);
  }
  if (pidfd >= 0) close(pidfd);
  return error == 0;
}

/// One order from the socket; false once the harness has hung up.
bool receive() {
  static Order order;
  iovec bytes{&order, sizeof order};
  alignas(cmsghdr) static char control[CMSG_SPACE(sizeof(int) * kMostFiles)];
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t n = recvmsg(kSocket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) return false;
  int files[kMostFiles], n_files = 0;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    n_files = static_cast<int>((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(files, CMSG_DATA(header), sizeof(int) * static_cast<size_t>(n_files));
  }
  const bool keeps_line = n == sizeof order && n_files >= 2 && start(order, files, n_files);
  for (int i = keeps_line ? 1 : 0; i < n_files; ++i) close(files[i]);
  return true;
}

/// Tells the lines of boxes that came to their end.
void reap() {
  int status = 0;
  for (pid_t process; (process = waitpid(-1, &status, WNOHANG)) > 0;) {
    for (Box& box : boxes) {
      if (box.process != process) continue;
      const Ended ended{status};
      send(box.line, &ended, sizeof ended, MSG_NOSIGNAL | MSG_DONTWAIT);
      close(box.line);
      box = {};
      break;
    }
  }
}

}  // namespace

int main() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);  // interrupts are for the harness
  prctl(PR_SET_NAME, "leitai-keeper");
  setsid();
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);  // no pipe of the harness stays open
  for (int i = 0; i < 3 && nothing >= 0; ++i) dup2(nothing, i);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  const int ends = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  const bool is_first = getpid() == 1;
  if (ends < 0 || !is_first || chdir("/") != 0) {
    answer(kSocket, is_first && errno ? errno : EPERM, is_first ? "keeper" : "pid namespace", -1);
    return 1;
  }
  answer(kSocket, 0, "", -1);
  static pollfd files[kMostBoxes + 3];
  static Box* owners[kMostBoxes + 3];
  for (;;) {
    files[0] = {kHarness, POLLIN, 0};
    files[1] = {kSocket, POLLIN, 0};
    files[2] = {ends, POLLIN, 0};
    nfds_t n = 3;
    for (Box& box : boxes) {
      if (box.process == 0 || box.is_stopped) continue;
      owners[n] = &box;
      files[n++] = {box.line, POLLIN, 0};
    }
    if (poll(files, n, -1) < 0 && errno != EINTR) return 1;
    if (files[0].revents != 0) return 0;  // and the kernel ends whatever runs
    for (nfds_t i = 3; i < n; ++i) {
      if (files[i].revents == 0) continue;
      kill(owners[i]->process, SIGKILL);  // it is not reaped yet, so the number is still its own
      owners[i]->is_stopped = true;
    }
    if (files[2].revents != 0) {
      signalfd_siginfo ignored;
      while (read(ends, &ignored, sizeof ignored) > 0) {
      }
      reap();
    }
    if (files[1].revents != 0 && !receive()) return 0;
  }
}
