// Elementwise: gate / (1 + exp(-gate)) * up.

#include "backends/engine/ops_cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/engine/ops_cpu/silu_mul.cpp"
#include <hwy/foreach_target.h>

#include <algorithm>
#include <cmath>

#include "backends/engine/ops.h"
#include "backends/engine/ops_cpu/partition.h"
#include "backends/engine/ops_cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace leitai {
namespace HWY_NAMESPACE {

void silu_mul_row(float* gate, const float* up, int n) {
  const D d;
  map2(gate, gate, up, n, [&](V g, V u) {
    const V sigmoid_inverse = hn::Add(hn::Set(d, 1.0f), exp(hn::Neg(g)));
    return hn::Mul(hn::Div(g, sigmoid_inverse), u);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace leitai
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace leitai {

HWY_EXPORT(silu_mul_row);

void silu_mul(Stream& stream, Tensor gate, Tensor up) {
  for_parts(stream, gate.rows, 0.8 * gate.cols, [&](int begin, int end, int) {
    for (int t = begin; t < end; ++t)
      HWY_DYNAMIC_DISPATCH(silu_mul_row)(gate.row(t), up.row(t), gate.cols);
  });
}

}  // namespace leitai
#endif
