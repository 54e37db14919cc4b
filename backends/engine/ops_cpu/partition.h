#pragma once

#include "backends/engine/ops.h"

namespace leitai {

/// Splits [0, n) into one contiguous part for each thread, the same way every time, and calls work(begin, end, thread).
/// Runs on the calling thread alone where n * cost_each (nanoseconds, roughly) would not pay for waking others.
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

}  // namespace leitai
