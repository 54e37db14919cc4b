#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace leitai {

/// Children of all threads of a process.
std::vector<pid_t> children_of(pid_t process);

/// Bytes in memory of all descendants of `root`, shared pages counted once where the kernel tells.
/// Cost: a few small reads a process.
std::uint64_t memory_of_tree(pid_t root);

}  // namespace leitai
