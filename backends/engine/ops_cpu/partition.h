#pragma once

#include <atomic>
#include <vector>

#include "backends/engine/ops.h"

namespace leitai {

/// Splits [0, n) into one contiguous part for each thread, the same way every time, and calls
/// work(begin, end, thread). Runs on the calling thread alone where n * cost_each (nanoseconds,
/// roughly) would not pay for waking others.
template <typename Work>
void for_parts(Stream& stream, int n, double cost_each, const Work& work) {
  constexpr double kWakeCost = 5000;
  if (n == 0) return;
  const int threads = stream.threads();
  if (threads == 1 || n * cost_each < kWakeCost) {
    work(0, n, 0);
    return;
  }
  stream.run([&](int thread) {
    const int begin = static_cast<int>(static_cast<long>(n) * thread / threads);
    const int end = static_cast<int>(static_cast<long>(n) * (thread + 1) / threads);
    if (begin < end) work(begin, end, thread);
  });
}

/// As for_parts(), one element at a time: a thread that has done its own part helps the others with
/// theirs, so that one that was held up (the machine has other work) does not hold up all. Only for
/// elements that are independent of each other.
template <typename Work>
void for_each_shared(Stream& stream, int n, double cost_each, const Work& work) {
  struct alignas(64) Part {
    std::atomic<int> next{0};
    int end = 0;
  };
  const int threads = stream.threads();
  std::vector<Part> parts(static_cast<std::size_t>(threads));
  for (int t = 0; t < threads; ++t) {
    Part& part = parts[static_cast<std::size_t>(t)];
    part.next.store(static_cast<int>(static_cast<long>(n) * t / threads),
                    std::memory_order_relaxed);
    part.end = static_cast<int>(static_cast<long>(n) * (t + 1) / threads);
  }
  for_parts(stream, threads, n * cost_each / threads, [&](int begin, int end, int thread) {
    for (int turn = 0; turn < threads; ++turn) {
      const int owner = end - begin == threads ? turn : (thread + turn) % threads;
      Part& part = parts[static_cast<std::size_t>(owner)];
      for (int i = part.next.fetch_add(1, std::memory_order_relaxed); i < part.end;
           i = part.next.fetch_add(1, std::memory_order_relaxed)) {
        work(i);
      }
    }
  });
}

}  // namespace leitai
