#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "backends/engine/ops.h"
#include "backends/engine/ops_cpu/partition.h"
#include "harness/core/error.h"

namespace leitai {
namespace {

/// Workers wait for a new generation number, first spinning for a few microseconds (the gap between
/// two ops), then asleep.
class CpuStream final : public Stream {
 public:
  explicit CpuStream(int threads) {
    for (int t = 1; t < threads; ++t) {
      workers_.emplace_back([this, t](std::stop_token stop) { serve(t, stop); });
    }
  }

  ~CpuStream() override {
    for (std::jthread& worker : workers_) worker.request_stop();
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
  }

  int threads() const override { return static_cast<int>(workers_.size()) + 1; }

  void run(const std::function<void(int)>& work) override {
    if (workers_.empty()) {
      work(0);
      return;
    }
    work_ = &work;
    left_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    work(0);
    wait_while(left_, [](int left) { return left != 0; });
  }

 private:
  void serve(int thread, const std::stop_token& stop) {
    int seen = 0;
    while (true) {
      wait_while(generation_, [&](int now) { return now == seen; });
      ++seen;
      if (stop.stop_requested()) return;
      (*work_)(thread);
      if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) left_.notify_all();
    }
  }

  template <typename Predicate>
  static void wait_while(const std::atomic<int>& value, Predicate waiting) {
    for (int spin = 0; spin < kSpins; ++spin) {
      if (!waiting(value.load(std::memory_order_acquire))) return;
      hwy::Pause();
    }
    for (int now = value.load(std::memory_order_acquire); waiting(now);
         now = value.load(std::memory_order_acquire)) {
      value.wait(now, std::memory_order_acquire);
    }
  }

  static constexpr int kSpins = 2000;

  const std::function<void(int)>* work_ = nullptr;  // published by generation_
  std::atomic<int> generation_{0};
  std::atomic<int> left_{0};
  std::vector<std::jthread> workers_;
};

}  // namespace

std::unique_ptr<Stream> make_cpu_stream(int threads) {
  if ((hwy::SupportedTargets() & (HWY_AVX3 | HWY_AVX2)) == 0) {
    throw Error(
        "engine: this processor has neither AVX2 with FMA and F16C nor AVX-512\n"
        "        run on an x86-64 processor made since 2015");
  }
  return std::make_unique<CpuStream>(threads < 1 ? 1 : threads);
}

}  // namespace leitai
