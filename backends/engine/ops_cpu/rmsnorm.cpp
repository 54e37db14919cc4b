// Sum of squares in the virtual lanes, then one scale for the row: x * (1 / sqrt(mean + eps)) *
// weight.

#include "backends/engine/ops_cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/engine/ops_cpu/rmsnorm.cpp"
#include <hwy/foreach_target.h>

#include <algorithm>
#include <cmath>

#include "backends/engine/ops.h"
#include "backends/engine/ops_cpu/partition.h"
#include "backends/engine/ops_cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace leitai {
namespace HWY_NAMESPACE {

void rmsnorm_row(float* out, const float* x, const float* weight, int n, float eps) {
  const float squares = sum_row(x, n, [](V value, V sum) { return hn::MulAdd(value, value, sum); });
  const float scale = 1.0f / std::sqrt(squares / static_cast<float>(n) + eps);
  const V factor = hn::Set(D(), scale);
  map2(out, x, weight, n, [&](V value, V w) { return hn::Mul(hn::Mul(value, factor), w); });
}

}  // namespace HWY_NAMESPACE
}  // namespace leitai
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace leitai {

HWY_EXPORT(rmsnorm_row);

void rmsnorm(Stream& stream, Tensor out, Tensor x, std::span<const float> weight, float eps) {
  for_parts(stream, x.rows, 0.3 * x.cols, [&](int begin, int end, int) {
    for (int t = begin; t < end; ++t)
      HWY_DYNAMIC_DISPATCH(rmsnorm_row)(out.row(t), x.row(t), weight.data(), x.cols, eps);
  });
}

void rmsnorm_heads(Stream& stream, Tensor x, std::span<const float> weight, float eps) {
  const int head_dim = static_cast<int>(weight.size());
  for_parts(stream, x.rows, 0.3 * x.cols, [&](int begin, int end, int) {
    for (int t = begin; t < end; ++t) {
      for (float* head = x.row(t); head < x.row(t) + x.cols; head += head_dim) {
        HWY_DYNAMIC_DISPATCH(rmsnorm_row)(head, head, weight.data(), head_dim, eps);
      }
    }
  });
}

}  // namespace leitai
#endif
