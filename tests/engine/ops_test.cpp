#include "backends/engine/ops.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <cstring>
#include <random>

#include "harness/core/random.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

/// Numbers in [-1, 1).
std::vector<float> noise(std::size_t n, std::uint64_t seed) {
  SplitMix64 dice(seed);
  std::vector<float> out(n);
  for (float& value : out) value = static_cast<float>(2 * dice.u01() - 1);
  return out;
}

Tensor view(std::vector<float>& values, int rows, int cols) {
  return {values.data(), rows, cols, cols};
}

std::uint16_t half(float value) {
  // Normal numbers only: enough for the scales of this test.
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, 4);
  return static_cast<std::uint16_t>((bits >> 16 & 0x8000u) | ((bits >> 23 & 255u) - 112) << 10 |
                                    (bits >> 13 & 1023u));
}

/// Random stored rows of a type. Every bit pattern is a valid weight, but for scales, which are
/// made small.
std::vector<std::byte> stored(DType type, int rows, int cols, std::uint64_t seed) {
  std::vector<std::byte> out(static_cast<std::size_t>(rows) * stored_row_bytes(type, cols));
  SplitMix64 dice(seed);
  if (type == DType::F32) {
    const std::vector<float> values = noise(static_cast<std::size_t>(rows) * cols, seed);
    std::memcpy(out.data(), values.data(), out.size());
    return out;
  }
  for (std::byte& byte : out) byte = static_cast<std::byte>(dice.next());
  const auto put = [&](std::size_t at) {
    const std::uint16_t bits =
        half(static_cast<float>(0.01 + dice.u01() / 50) * (dice.next() % 2 ? 1.0f : -1.0f));
    std::memcpy(out.data() + at, &bits, 2);
  };
  if (type == DType::F16 || type == DType::BF16) {
    for (std::size_t at = 0; at < out.size(); at += 2) {
      put(at);
      if (type == DType::BF16)
        out[at + 1] =
            static_cast<std::byte>(0x3C | static_cast<unsigned>(out[at + 1] & std::byte{0x80}));
    }
    return out;
  }
  const std::size_t block = type == DType::Q8_0 ? 34 : type == DType::Q4_0 ? 18 : 20;
  for (std::size_t at = 0; at < out.size(); at += block) {
    put(at);
    if (type == DType::Q4_1) put(at + 2);
  }
  return out;
}

constexpr DType kTypes[] = {DType::F32,  DType::F16,  DType::BF16,
                            DType::Q8_0, DType::Q4_0, DType::Q4_1};

/// Runs `compute` once with AVX-512 and once with AVX2 where the processor has both, and expects
/// equal bits.
void expect_same_on_every_width(const std::function<std::vector<float>()>& compute) {
  const std::vector<float> widest = compute();
  if ((hwy::SupportedTargets() & HWY_AVX3) == 0) {
    test::count_skipped("AVX2 against AVX-512", 1, "this processor has one of them only");
    return;
  }
  hwy::SetSupportedTargetsForTest(HWY_AVX2);
  hwy::GetChosenTarget().Update(HWY_AVX2);
  const std::vector<float> narrow = compute();
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  ASSERT_EQ(widest.size(), narrow.size());
  EXPECT_EQ(std::memcmp(widest.data(), narrow.data(), widest.size() * 4), 0);
}

TEST(Ops, LinearIsTheProductOfTheStoredValues) {
  for (const DType type : kTypes) {
    for (const int n_tokens : {1, 13}) {
      constexpr int kRows = 70;
      constexpr int kCols = 288;
      const auto weights = stored(type, kRows, kCols, 7);
      const std::vector<float> bias = noise(kRows, 8);
      std::vector<float> x = noise(static_cast<std::size_t>(n_tokens) * kCols, 9);
      std::vector<float> out(static_cast<std::size_t>(n_tokens) * kRows);
      const auto stream = make_cpu_stream(2);
      const Weight packed = pack_weight(*stream, type, kRows, kCols, weights.data());
      const LinearPart part{.weight = &packed, .bias = bias, .out = view(out, n_tokens, kRows)};
      linear(*stream, {&part, 1}, view(x, n_tokens, kCols));
      std::vector<float> row(kCols);
      for (int n = 0; n < kRows; ++n) {
        dequantise_row(type, kCols, weights.data() + n * stored_row_bytes(type, kCols), row.data());
        for (int t = 0; t < n_tokens; ++t) {
          double sum = bias[n];
          double size = 0;
          for (int k = 0; k < kCols; ++k) {
            sum += static_cast<double>(row[k]) * x[t * kCols + k];
            size += std::abs(static_cast<double>(row[k]) * x[t * kCols + k]);
          }
          ASSERT_NEAR(out[t * kRows + n], sum, 2e-6 * size + 1e-6)
              << "type " << static_cast<int>(type) << " row " << n << " token " << t;
        }
      }
    }
  }
}

TEST(Ops, LinearHasTheSameBitsForAnyWidthThreadsAndBatch) {
  constexpr int kRows = 100;
  constexpr int kCols = 320;
  for (const DType type : kTypes) {
    const auto weights = stored(type, kRows, kCols, 17);
    std::vector<float> x = noise(131 * kCols, 18);
    const auto compute = [&](int threads, int batch) {
      const auto stream = make_cpu_stream(threads);
      const Weight packed = pack_weight(*stream, type, kRows, kCols, weights.data());
      std::vector<float> out(131 * kRows);
      for (int first = 0; first < 131; first += batch) {
        const int n = std::min(batch, 131 - first);
        const LinearPart part{.weight = &packed, .out = view(out, 131, kRows).slice(first, n)};
        linear(*stream, {&part, 1}, view(x, 131, kCols).slice(first, n));
      }
      return out;
    };
    expect_same_on_every_width([&] { return compute(1, 131); });
    const std::vector<float> whole = compute(1, 131);
    for (const int batch : {1, 2, 5, 12, 17})
      EXPECT_EQ(compute(batch % 2 + 1, batch), whole)
          << "type " << static_cast<int>(type) << " " << batch;
  }
}

TEST(Ops, RmsnormAgainstDouble) {
  for (const int n : {1, 15, 48, 576}) {
    std::vector<float> x = noise(static_cast<std::size_t>(3 * n), 21);
    const std::vector<float> weight = noise(static_cast<std::size_t>(n), 22);
    std::vector<float> out(x.size());
    const auto stream = make_cpu_stream(1);
    const auto compute = [&] {
      rmsnorm(*stream, view(out, 3, n), view(x, 3, n), weight, 1e-5f);
      return out;
    };
    expect_same_on_every_width(compute);
    for (int t = 0; t < 3; ++t) {
      double squares = 0;
      for (int i = 0; i < n; ++i) squares += static_cast<double>(x[t * n + i]) * x[t * n + i];
      for (int i = 0; i < n; ++i) {
        EXPECT_NEAR(out[t * n + i], x[t * n + i] / std::sqrt(squares / n + 1e-5) * weight[i], 1e-6);
      }
    }
  }
}

TEST(Ops, SiluMulAndExpAgainstDouble) {
  std::vector<float> gate = noise(1003, 31);
  for (float& g : gate) g *= 100;
  gate[0] = 0;
  const std::vector<float> before = gate;
  std::vector<float> up = noise(1003, 32);
  const auto stream = make_cpu_stream(1);
  const auto compute = [&] {
    gate = before;
    silu_mul(*stream, view(gate, 1, 1003), view(up, 1, 1003));
    return gate;
  };
  expect_same_on_every_width(compute);
  for (int i = 0; i < 1003; ++i) {
    const double g = before[i];
    const double wanted = g / (1 + std::exp(-g)) * up[i];
    EXPECT_NEAR(gate[i], wanted, 1e-6 * std::abs(wanted) + 1e-30) << g;
  }
  std::vector<float> out(1003);
  exp_scaled(out, before, 100, 0.5f);
  for (int i = 0; i < 1003; ++i) {
    const double wanted = std::exp(static_cast<double>((before[i] - 100) * 0.5f));
    EXPECT_NEAR(out[i], wanted, 3e-7 * wanted + 1e-37);
  }
}

TEST(Ops, RopeTurnsPairs) {
  const auto stream = make_cpu_stream(1);
  constexpr int kDim = 20;
  const std::vector<int> positions{0, 7, 600};
  std::vector<float> inv_freq(kDim / 2);
  for (int i = 0; i < kDim / 2; ++i)
    inv_freq[i] = static_cast<float>(std::pow(10000.0, -2.0 * i / kDim));
  std::vector<float> cos(3 * kDim / 2);
  std::vector<float> sin(3 * kDim / 2);
  rope_table(*stream, view(cos, 3, kDim / 2), view(sin, 3, kDim / 2), positions, inv_freq, 1.5f);
  for (const RopePairing pairing : {RopePairing::Halves, RopePairing::Interleaved}) {
    const std::vector<float> before = noise(3 * 2 * kDim, 41);
    std::vector<float> x = before;
    expect_same_on_every_width([&] {
      x = before;
      rope(*stream, view(x, 3, 2 * kDim), kDim, view(cos, 3, kDim / 2), view(sin, 3, kDim / 2),
           pairing);
      return x;
    });
    for (int t = 0; t < 3; ++t) {
      for (int h = 0; h < 2; ++h) {
        for (int i = 0; i < kDim / 2; ++i) {
          const int base = (t * 2 + h) * kDim;
          const int a = base + (pairing == RopePairing::Halves ? i : 2 * i);
          const int b = base + (pairing == RopePairing::Halves ? i + kDim / 2 : 2 * i + 1);
          const double angle = static_cast<double>(static_cast<float>(positions[t]) * inv_freq[i]);
          EXPECT_NEAR(x[a], 1.5 * (before[a] * std::cos(angle) - before[b] * std::sin(angle)),
                      1e-6);
          EXPECT_NEAR(x[b], 1.5 * (before[b] * std::cos(angle) + before[a] * std::sin(angle)),
                      1e-6);
        }
      }
    }
  }
}

/// Two sequences in pages that lie in odd order, every head count and window, against the formula.
TEST(Ops, AttentionAgainstDouble) {
  struct Case {
    int n_heads, n_kv_heads, head_dim, window;
  };
  const auto stream = make_cpu_stream(2);
  for (const Case c : {Case{9, 3, 64, 0}, Case{4, 1, 20, 0}, Case{7, 1, 16, 5}, Case{2, 2, 40, 16},
                       Case{10, 2, 24, 1}}) {
    const KvLayer layer{.n_kv_heads = c.n_kv_heads, .head_dim = c.head_dim, .offset = 32};
    constexpr int kLong = 37;
    std::vector<std::vector<float>> pages(5, std::vector<float>(32 + 2 * layer.values(), NAN));
    const std::vector<float*> long_table{pages[3].data(), pages[0].data(), pages[4].data()};
    const std::vector<float*> short_table{pages[2].data()};
    const std::vector<std::span<float* const>> tables{long_table, short_table};
    std::vector<int> positions;
    std::vector<int> sequence;
    for (int p = 0; p < kLong; ++p) positions.push_back(p), sequence.push_back(0);
    for (int p = 0; p < 3; ++p) positions.push_back(p), sequence.push_back(1);
    const int n_tokens = static_cast<int>(positions.size());
    const int width = c.n_heads * c.head_dim;
    const int kv_width = c.n_kv_heads * c.head_dim;
    std::vector<float> q = noise(static_cast<std::size_t>(n_tokens * width), 51);
    std::vector<float> k = noise(static_cast<std::size_t>(n_tokens * kv_width), 52);
    std::vector<float> v = noise(static_cast<std::size_t>(n_tokens * kv_width), 53);
    std::vector<float> out(q.size());
    const Placement where{.positions = positions, .sequence = sequence, .tables = tables};
    const AttentionShape shape{.n_heads = c.n_heads, .scale = 0.5f, .window = c.window};
    expect_same_on_every_width([&] {
      store_kv(*stream, layer, where, view(k, n_tokens, kv_width), view(v, n_tokens, kv_width));
      attention(*stream, view(out, n_tokens, width), view(q, n_tokens, width), layer, where, shape);
      return out;
    });
    for (int t = 0; t < n_tokens; ++t) {
      for (int h = 0; h < c.n_heads; ++h) {
        const int kv_head = h / (c.n_heads / c.n_kv_heads);
        std::vector<double> sum(c.head_dim);
        double total = 0;
        for (int s = 0; s < n_tokens; ++s) {
          if (sequence[s] != sequence[t] || positions[s] > positions[t]) continue;
          if (c.window > 0 && positions[s] <= positions[t] - c.window) continue;
          double dot = 0;
          for (int i = 0; i < c.head_dim; ++i)
            dot += static_cast<double>(q[t * width + h * c.head_dim + i]) *
                   k[s * kv_width + kv_head * c.head_dim + i];
          const double p = std::exp(0.5 * dot);
          total += p;
          for (int i = 0; i < c.head_dim; ++i)
            sum[i] += p * v[s * kv_width + kv_head * c.head_dim + i];
        }
        for (int i = 0; i < c.head_dim; ++i)
          ASSERT_NEAR(out[t * width + h * c.head_dim + i], sum[i] / total, 2e-6);
      }
    }
  }
}

TEST(Ops, SummaryOfLogits) {
  const auto stream = make_cpu_stream(2);
  std::vector<float> logits = noise(3 * 5003, 61);
  logits[70] = logits[5002] = 3;
  logits[4999] = 9;
  std::vector<RowSummary> out(3);
  summarise_logits(*stream, view(logits, 3, 5003), 4999, out);
  EXPECT_EQ(out[0].argmax, 70) << "ties go to the lowest id; ids past 4998 are padding";
  EXPECT_EQ(out[0].max, 9);
  double sum = 0;
  for (int i = 0; i < 5003; ++i) sum += std::exp(static_cast<double>(logits[i]));
  EXPECT_NEAR(out[0].log_sum, std::log(sum), 1e-6);
}

}  // namespace
}  // namespace leitai
