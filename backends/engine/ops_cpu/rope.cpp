// Rotary position embedding: products and their difference or sum each rounded once, no fused
// operations.

#include "backends/engine/ops_cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/engine/ops_cpu/rope.cpp"
#include <hwy/foreach_target.h>

#include <algorithm>
#include <cmath>

#include "backends/engine/ops.h"
#include "backends/engine/ops_cpu/partition.h"
#include "backends/engine/ops_cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace leitai {
namespace HWY_NAMESPACE {

void rotate_halves(float* x, const float* cos, const float* sin, int n_pairs) {
  const D d;
  int i = 0;
  for (; i + kLanes <= n_pairs; i += kLanes) {
    const V c = hn::LoadU(d, cos + i);
    const V s = hn::LoadU(d, sin + i);
    const V a = hn::LoadU(d, x + i);
    const V b = hn::LoadU(d, x + n_pairs + i);
    hn::StoreU(hn::Sub(hn::Mul(a, c), hn::Mul(b, s)), d, x + i);
    hn::StoreU(hn::Add(hn::Mul(b, c), hn::Mul(a, s)), d, x + n_pairs + i);
  }
  for (; i < n_pairs; ++i) {
    const float a = x[i];
    const float b = x[n_pairs + i];
    x[i] = a * cos[i] - b * sin[i];
    x[n_pairs + i] = b * cos[i] + a * sin[i];
  }
}

void rotate_interleaved(float* x, const float* cos, const float* sin, int n_pairs) {
  for (int i = 0; i < n_pairs; ++i) {
    const float a = x[2 * i];
    const float b = x[2 * i + 1];
    x[2 * i] = a * cos[i] - b * sin[i];
    x[2 * i + 1] = b * cos[i] + a * sin[i];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace leitai
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace leitai {

HWY_EXPORT(rotate_halves);
HWY_EXPORT(rotate_interleaved);

void rope_table(Stream& stream, Tensor cos, Tensor sin, std::span<const int> positions,
                std::span<const float> inv_freq, float factor) {
  for_parts(stream, cos.rows, 50.0 * cos.cols, [&](int begin, int end, int) {
    for (int t = begin; t < end; ++t) {
      for (int i = 0; i < cos.cols; ++i) {
        // The angle is rounded to f32, as the reference does; its cosine is then exact to f32.
        const float angle = static_cast<float>(positions[static_cast<std::size_t>(t)]) *
                            inv_freq[static_cast<std::size_t>(i)];
        cos.row(t)[i] = static_cast<float>(std::cos(static_cast<double>(angle))) * factor;
        sin.row(t)[i] = static_cast<float>(std::sin(static_cast<double>(angle))) * factor;
      }
    }
  });
}

void rope(Stream& stream, Tensor x, int head_dim, Tensor cos, Tensor sin, RopePairing pairing) {
  for_parts(stream, x.rows, 0.5 * x.cols, [&](int begin, int end, int) {
    for (int t = begin; t < end; ++t) {
      for (float* head = x.row(t); head < x.row(t) + x.cols; head += head_dim) {
        if (pairing == RopePairing::Halves) {
          HWY_DYNAMIC_DISPATCH(rotate_halves)(head, cos.row(t), sin.row(t), cos.cols);
        } else {
          HWY_DYNAMIC_DISPATCH(rotate_interleaved)(head, cos.row(t), sin.row(t), cos.cols);
        }
      }
    }
  });
}

}  // namespace leitai
#endif
