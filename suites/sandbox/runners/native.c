/* Linked into C, C++ and Rust programs that are judged. It runs before anything of the program (linker option
 * --wrap=__libc_start_main), takes the nonce from descriptor 3, and tells on descriptor 4 how main came to its end. */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef int (*Main)(int, char**, char**);
int __real___libc_start_main(Main, int, char**, void (*)(void), void (*)(void), void (*)(void), void*);

static char hidden[64];
static int size;
static Main checks;

static void tell(const char* status, const char* text) {
  char line[512];
  int n = 0;
  for (int i = 0; i < size; ++i) line[n++] = (char)(hidden[i] ^ 0x5a);
  line[n++] = '\n';
  for (; *status; ++status) line[n++] = *status;
  line[n++] = '\n';
  for (; *text && n < (int)sizeof line; ++text) line[n++] = *text;
  syscall(SYS_write, 4, line, (long)n);
}

void leitai_check_failed(const char* text) {
  tell("assertion", text);
  syscall(SYS_exit_group, 134L);
}

static int run(int argc, char** argv, char** envp) {
  const int code = checks(argc, argv, envp);
  if (code == 0) tell("pass", "");
  fsync(1);
  return code;
}

int __wrap___libc_start_main(Main main, int argc, char** argv, void (*init)(void), void (*fini)(void),
                             void (*rtld_fini)(void), void* stack_end) {
  size = (int)syscall(SYS_read, 3, hidden, sizeof hidden);
  syscall(SYS_close, 3);
  for (int i = 0; i < size; ++i) hidden[i] = (char)(hidden[i] ^ 0x5a);
  checks = main;
  return __real___libc_start_main(run, argc, argv, init, fini, rtld_fini, stack_end);
}
