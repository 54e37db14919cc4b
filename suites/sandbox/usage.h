#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace leitai {

/// Children of all threads of a process.
std::vector<pid_t> children_of(pid_t process);

/// What a tree of processes got of the processors, and what it would have liked to get.
struct ProcessorUse {
  std::chrono::milliseconds used{0};    // by all together, those included that ended
  std::chrono::milliseconds waited{0};  // ready to run, by the longest line of descent
};
ProcessorUse processor_use_of_tree(pid_t root);

/// Bytes in memory of all descendants of `root`, shared pages counted once where the kernel tells.
/// Cost: a few small reads a process.
std::uint64_t memory_of_tree(pid_t root);

/// How often the kernel has killed a process for want of memory since it started; 0 if it does not
/// tell.
std::uint64_t kills_for_memory();

}  // namespace leitai
