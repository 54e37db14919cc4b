// What decoding needs of a row of logits. Sums of exponentials: virtual lanes over runs of 1024,
// runs added in double.

#include "backends/engine/ops_cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/engine/ops_cpu/logits.cpp"
#include <hwy/foreach_target.h>

#include <algorithm>
#include <cmath>

#include "backends/engine/ops.h"
#include "backends/engine/ops_cpu/partition.h"
#include "backends/engine/ops_cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace leitai {
namespace HWY_NAMESPACE {

float max_of(const float* x, int n) {
  const D d;
  V best = hn::Set(d, -HUGE_VALF);
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) best = hn::Max(best, hn::LoadU(d, x + i));
  float max = hn::GetLane(hn::MaxOfLanes(d, best));
  for (; i < n; ++i) max = std::max(max, x[i]);
  return max;
}

RowSummary summarise(const float* x, int n, int n_ids) {
  constexpr int kRun = 1024;
  RowSummary out;
  out.max = max_of(x, n);
  const float best = n_ids < n ? max_of(x, n_ids) : out.max;
  out.argmax = static_cast<int>(std::find(x, x + n_ids, best) - x);
  if (out.argmax == n_ids) out.argmax = 0;  // no number at all: a row of NaN
  const V shift = hn::Set(D(), out.max);
  double sum = 0;
  for (int i = 0; i < n; i += kRun) {
    sum += static_cast<double>(sum_row(x + i, std::min(kRun, n - i), [&](V value, V lane) {
      return hn::Add(lane, exp(hn::Sub(value, shift)));
    }));
  }
  out.log_sum = static_cast<double>(out.max) + std::log(sum);
  return out;
}

void exp_scaled_row(float* out, const float* x, int n, float max, float scale) {
  const V shift = hn::Set(D(), max);
  const V factor = hn::Set(D(), scale);
  map2(out, x, x, n, [&](V value, V) { return exp(hn::Mul(hn::Sub(value, shift), factor)); });
}

}  // namespace HWY_NAMESPACE
}  // namespace leitai
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace leitai {

HWY_EXPORT(summarise);
HWY_EXPORT(exp_scaled_row);

void summarise_logits(Stream& stream, Tensor logits, int n_ids, std::span<RowSummary> out) {
  for_parts(stream, logits.rows, 0.5 * logits.cols, [&](int begin, int end, int) {
    for (int t = begin; t < end; ++t) {
      out[static_cast<std::size_t>(t)] =
          HWY_DYNAMIC_DISPATCH(summarise)(logits.row(t), logits.cols, n_ids);
    }
  });
}

void exp_scaled(std::span<float> out, std::span<const float> x, float max, float scale) {
  HWY_DYNAMIC_DISPATCH(exp_scaled_row)
  (out.data(), x.data(), static_cast<int>(x.size()), max, scale);
}

}  // namespace leitai
#endif
