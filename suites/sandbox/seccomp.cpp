#include "suites/sandbox/seccomp.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "harness/core/error.h"

namespace leitai {

namespace {

/// What programs, compilers and virtual machines use. A name that this kernel or architecture does
/// not know is passed over.
constexpr const char* kAllowed[] = {
    // files
    "access", "chdir", "chmod", "chown", "close", "close_range", "copy_file_range", "creat", "dup",
    "dup2", "dup3", "faccessat", "faccessat2", "fadvise64", "fallocate", "fchdir", "fchmod",
    "fchmodat", "fchown", "fchownat", "fcntl", "fdatasync", "flock", "fstat", "fstatfs", "fsync",
    "ftruncate", "getcwd", "getdents", "getdents64", "getxattr", "inotify_add_watch",
    "inotify_init1", "inotify_rm_watch", "fgetxattr", "lgetxattr", "listxattr", "flistxattr",
    "link", "linkat", "lseek", "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat",
    "openat2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2", "read",
    "readahead", "readlink", "readlinkat", "readv", "rename", "renameat", "renameat2", "rmdir",
    "sendfile", "splice", "stat", "statfs", "statx", "symlink", "symlinkat", "sync_file_range",
    "tee", "truncate", "umask", "unlink", "unlinkat", "utime", "utimensat", "utimes", "futimesat",
    "write", "writev", "memfd_create",
    // memory
    "brk", "madvise", "mincore", "mlock", "mmap", "mprotect", "mremap", "msync", "munlock",
    "munmap", "membarrier", "pkey_alloc", "pkey_free", "pkey_mprotect", "get_mempolicy",
    "set_mempolicy",
    // processes and threads
    "arch_prctl", "capget", "execve", "execveat", "exit", "exit_group", "fork", "vfork", "futex",
    "futex_waitv", "get_robust_list", "set_robust_list", "getegid", "geteuid", "getgid",
    "getgroups", "getpgid", "getpgrp", "getpid", "getppid", "getpriority", "getresgid", "getresuid",
    "getrlimit", "getrusage", "getsid", "gettid", "getuid", "kill", "pidfd_open",
    "pidfd_send_signal", "prctl", "prlimit64", "rseq", "sched_get_priority_max",
    "sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam",
    "sched_getscheduler", "sched_rr_get_interval", "sched_setscheduler", "sched_yield", "setpgid",
    "setpriority", "setrlimit", "setsid", "set_tid_address", "tgkill", "tkill", "wait4", "waitid",
    "getcpu",
    // signals and time
    "alarm", "clock_getres", "clock_gettime", "clock_nanosleep", "getitimer", "gettimeofday",
    "nanosleep", "pause", "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
    "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo",
    "setitimer", "sigaltstack", "signalfd", "signalfd4", "time", "timer_create", "timer_delete",
    "timer_getoverrun", "timer_gettime", "timer_settime", "timerfd_create", "timerfd_gettime",
    "timerfd_settime", "times",
    // waiting, pipes, sockets of this machine
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
    "eventfd", "eventfd2", "pipe", "pipe2", "poll", "ppoll", "pselect6", "select", "socketpair",
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen",
    "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
    // the rest
    "getrandom", "ioctl", "sysinfo", "uname", "shmat", "shmctl", "shmdt", "shmget", "semctl",
    "semget", "semop", "semtimedop"};

/// Nothing that solves a task asks for these.
constexpr const char* kDeadly[] = {"ptrace",
                                   "process_vm_readv",
                                   "process_vm_writev",
                                   "add_key",
                                   "keyctl",
                                   "request_key",
                                   "mount",
                                   "umount2",
                                   "pivot_root",
                                   "chroot",
                                   "move_mount",
                                   "open_tree",
                                   "fsopen",
                                   "fsmount",
                                   "fsconfig",
                                   "fspick",
                                   "mount_setattr",
                                   "unshare",
                                   "setns",
                                   "bpf",
                                   "perf_event_open",
                                   "userfaultfd",
                                   "kexec_load",
                                   "kexec_file_load",
                                   "init_module",
                                   "finit_module",
                                   "delete_module",
                                   "reboot",
                                   "swapon",
                                   "swapoff",
                                   "iopl",
                                   "ioperm",
                                   "acct",
                                   "quotactl",
                                   "settimeofday",
                                   "clock_settime",
                                   "adjtimex",
                                   "clock_adjtime",
                                   "syslog",
                                   "open_by_handle_at",
                                   "name_to_handle_at",
                                   "kcmp",
                                   "pidfd_getfd",
                                   "process_madvise",
                                   "mknod",
                                   "mknodat",
                                   "sethostname",
                                   "setdomainname",
                                   "vhangup",
                                   "fanotify_init",
                                   "lookup_dcookie",
                                   "modify_ldt"};

constexpr std::uint64_t kNamespaceFlags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                          CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                                          CLONE_NEWNET;

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
    if (!context_) throw Error("sandbox: libseccomp cannot begin a filter");
  }
  ~Filter() { seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  /// A binary search instead of a long list: some programs make many calls.
  void sort() { seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2); }

  template <typename... Conditions>
  void add(std::uint32_t action, const char* name, Conditions... conditions) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || number < 0) return;
    const int failed = seccomp_rule_add(
        context_, action, number, static_cast<unsigned>(sizeof...(conditions)), conditions...);
    if (failed) throw Error(std::string("sandbox: libseccomp refuses the rule for ") + name);
  }

  std::string bytes() const {
    const int file = ::memfd_create("seccomp", MFD_CLOEXEC);
    if (file < 0 || seccomp_export_bpf(context_, file) != 0)
      throw Error("sandbox: the system call filter cannot be written");
    std::string out(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)), '\0');
    const ssize_t n = ::pread(file, out.data(), out.size(), 0);
    ::close(file);
    if (n != static_cast<ssize_t>(out.size()))
      throw Error("sandbox: the system call filter cannot be read back");
    return out;
  }

 private:
  scmp_filter_ctx context_;
};

std::string make_program() {
  Filter filter;
  filter.sort();
  for (const char* name : kAllowed) filter.add(SCMP_ACT_ALLOW, name);
  for (const char* name : kDeadly) filter.add(SCMP_ACT_KILL_PROCESS, name);
  filter.add(SCMP_ACT_ALLOW, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, kNamespaceFlags, 0));
  filter.add(SCMP_ACT_ERRNO(ENOSYS), "clone3");  // its flags cannot be seen; libraries fall back
  filter.add(SCMP_ACT_ERRNO(ENOSYS), "io_uring_setup");
  filter.add(SCMP_ACT_ERRNO(0), "sched_setaffinity");  // as if done: a box stays on its processor
  filter.add(SCMP_ACT_ALLOW, "socket", SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
  filter.add(SCMP_ACT_ALLOW, "personality", SCMP_A0(SCMP_CMP_EQ, 0xFFFFFFFF));
  filter.add(SCMP_ACT_ALLOW, "personality", SCMP_A0(SCMP_CMP_EQ, 0));
  return filter.bytes();
}

}  // namespace

const std::string& seccomp_program() {
  static const std::string kProgram = make_program();
  return kProgram;
}

}  // namespace leitai
