// Speed of the inference engine on this machine: prefill, decode of 1 and 16 sequences, and which
// share of the measured peak and bandwidth that is.
//   bench_engine MODEL.gguf [THREADS] [ROUNDS]
// A round takes a few seconds; best and median of the rounds are printed, since other programs
// disturb.

#include <fmt/format.h>
#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <vector>

#include "backends/engine/engine.h"
#include "harness/core/error.h"
#include "harness/core/random.h"

namespace leitai {
namespace {

double seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

volatile float sink;

constexpr int kFmaSteps = 2'000'000;
constexpr int kFmaChains = 12;

__attribute__((target("avx512f"))) void fma_avx512() {
  __m512 acc[kFmaChains];
  const __m512 a = _mm512_set1_ps(1.0001f);
  for (__m512& one : acc) one = a;
  for (int i = 0; i < kFmaSteps; ++i) {
#pragma GCC unroll 12
    for (int c = 0; c < kFmaChains; ++c) acc[c] = _mm512_fmadd_ps(acc[c], a, a);
  }
  for (const __m512& one : acc) sink = one[0];
}

__attribute__((target("avx2,fma"))) void fma_avx2() {
  __m256 acc[kFmaChains];
  const __m256 a = _mm256_set1_ps(1.0001f);
  for (__m256& one : acc) one = a;
  for (int i = 0; i < kFmaSteps; ++i) {
#pragma GCC unroll 12
    for (int c = 0; c < kFmaChains; ++c) acc[c] = _mm256_fmadd_ps(acc[c], a, a);
  }
  for (const __m256& one : acc) sink = one[0];
}

/// GFLOP/s of fused multiply-adds out of registers on all threads.
double peak_gflops(Stream& stream) {
  const bool is_wide = __builtin_cpu_supports("avx512f");
  const double time =
      seconds([&] { stream.run([&](int) { is_wide ? fma_avx512() : fma_avx2(); }); });
  return 2.0 * (is_wide ? 16 : 8) * kFmaChains * kFmaSteps * stream.threads() / time / 1e9;
}

/// GB/s read from memory by all threads, one cache line after another.
double read_gb_per_s(Stream& stream) {
  constexpr std::size_t kFloats = std::size_t{64} << 20;
  const std::vector<float> memory(kFloats, 1.0f);
  const double time = seconds([&] {
    stream.run([&](int thread) {
      const std::size_t part = kFloats / static_cast<std::size_t>(stream.threads());
      const float* at = memory.data() + static_cast<std::size_t>(thread) * part;
      float sums[16] = {};
      for (std::size_t i = 0; i + 16 <= part; i += 16) {
        for (std::size_t lane = 0; lane < 16; ++lane) sums[lane] += at[i + lane];
      }
      sink = std::accumulate(sums, sums + 16, 0.0f);
    });
  });
  return kFloats * sizeof(float) / time / 1e9;
}

/// Runs `ids` through a fresh sequence in steps of 256; logits of the last token.
void prefill(Engine& engine, Sequence& sequence, std::span<const int> ids) {
  for (std::size_t first = 0; first < ids.size(); first += 256) {
    const std::size_t n = std::min<std::size_t>(256, ids.size() - first);
    const Chunk chunk{.sequence = &sequence,
                      .ids = ids.subspan(first, n),
                      .first_wanted = static_cast<int>(n) - 1};
    sink = engine.forward({&chunk, 1}).data[0];
  }
}

/// Tokens a second of `n_sequences` together, each after a prompt of 100 tokens.
double decode(Engine& engine, int n_sequences, std::span<const int> ids) {
  constexpr int kPrompt = 100;
  constexpr int kSteps = 24;
  std::vector<Sequence> sequences(static_cast<std::size_t>(n_sequences));
  for (Sequence& sequence : sequences) {
    if (!engine.reserve(sequence, kPrompt + kSteps))
      throw Error("bench: no room for the sequences");
    prefill(engine, sequence, ids.first(kPrompt));
  }
  const double time = seconds([&] {
    for (int step = 0; step < kSteps; ++step) {
      std::vector<Chunk> chunks;
      for (Sequence& sequence : sequences)
        chunks.push_back({.sequence = &sequence,
                          .ids = ids.subspan(kPrompt + static_cast<std::size_t>(step), 1)});
      sink = engine.forward(chunks).data[0];
    }
  });
  for (Sequence& sequence : sequences) engine.release(sequence);
  return n_sequences * kSteps / time;
}

struct Figures {
  std::vector<double> values;
  double best() const { return *std::max_element(values.begin(), values.end()); }
  double median() const {
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

void run(const char* path, int threads, int rounds) {
  Engine engine(path, {.threads = threads});
  SplitMix64 dice(1);
  std::vector<int> ids;
  for (int i = 0; i < 512; ++i)
    ids.push_back(static_cast<int>(dice.below(static_cast<std::uint64_t>(engine.vocab_size()))));
  Figures peak, bandwidth, prefilled, one, sixteen;
  for (int round = 0; round < rounds; ++round) {
    peak.values.push_back(peak_gflops(engine.stream()));
    bandwidth.values.push_back(read_gb_per_s(engine.stream()));
    Sequence sequence;
    if (!engine.reserve(sequence, static_cast<int>(ids.size())))
      throw Error("bench: no room for the prompt");
    prefilled.values.push_back(static_cast<double>(ids.size()) /
                               seconds([&] { prefill(engine, sequence, ids); }));
    engine.release(sequence);
    one.values.push_back(decode(engine, 1, ids));
    sixteen.values.push_back(decode(engine, 16, ids));
  }
  // Multiplications of the layers; the head is only needed for the last token of a prompt.
  const ModelConfig& config = engine.config();
  const double kv_width = static_cast<double>(config.n_kv_heads) * config.head_dim;
  const double q_width = static_cast<double>(config.n_heads) * config.head_dim;
  const auto hidden = static_cast<double>(config.hidden_size);
  const double per_layer =
      hidden * (2 * q_width + 2 * kv_width + 3 * static_cast<double>(config.intermediate_size));
  const double flop = 2 * per_layer * config.n_layers;
  const double head_flop = 2 * hidden * static_cast<double>(config.vocab_size);
  const double megabytes = static_cast<double>(engine.weight_bytes()) / 1e6;
  fmt::print("{} threads, {} rounds; weights {:.0f} MB, layers {:.1f} Mflop a token, head {:.1f}\n",
             engine.stream().threads(), rounds, megabytes, flop / 1e6, head_flop / 1e6);
  fmt::print("{:<26}{:>10}{:>10}   share of the best peak or bandwidth\n", "", "best", "median");
  const auto line = [](const char* name, const Figures& figures, const std::string& share) {
    fmt::print("{:<26}{:>10.1f}{:>10.1f}   {}\n", name, figures.best(), figures.median(), share);
  };
  line("peak, GFLOP/s", peak, "");
  line("memory read, GB/s", bandwidth, "");
  line("prefill of 512, tokens/s", prefilled,
       fmt::format("{:.0f} % of peak", 100 * prefilled.best() * flop / 1e9 / peak.best()));
  line("decode 1, tokens/s", one,
       fmt::format("{:.0f} % of bandwidth", 100 * one.best() * megabytes / 1e3 / bandwidth.best()));
  line("decode 16, tokens/s", sixteen,
       fmt::format("{:.0f} % of peak",
                   100 * sixteen.best() * (flop + head_flop) / 1e9 / peak.best()));
}

}  // namespace
}  // namespace leitai

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "bench_engine MODEL.gguf [THREADS] [ROUNDS]\n");
    return 2;
  }
  try {
    leitai::run(argv[1], argc > 2 ? std::atoi(argv[2]) : 0,
                argc > 3 ? std::max(1, std::atoi(argv[3])) : 5);
  } catch (const leitai::Error& error) {
    fmt::print(stderr, "bench_engine: {}\n", error.what());
    return 1;
  }
  return 0;
}
