#pragma once

#include <string>

namespace leitai {

/// The system calls that a boxed program may use, as a BPF program for the kernel (what bwrap
/// --seccomp reads). What is not on the list fails with EPERM; what only an attack would ask for
/// kills the process with SIGSYS. Made once.
const std::string& seccomp_program();

}  // namespace leitai
