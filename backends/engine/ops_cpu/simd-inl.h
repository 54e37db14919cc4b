// What every kernel file shares, compiled once for each vector width. Sums over a row use 16
// virtual lanes: lane l adds elements l, l + 16, l + 32, ... in order, and the lanes are added as a
// fixed tree; so AVX2 and AVX-512 agree to the bit.

#if defined(LEITAI_ENGINE_SIMD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LEITAI_ENGINE_SIMD_INL_H
#undef LEITAI_ENGINE_SIMD_INL_H
#else
#define LEITAI_ENGINE_SIMD_INL_H
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace leitai {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
inline constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
inline constexpr int kVirtualLanes = 16;
inline constexpr int kVectors = kVirtualLanes / kLanes;  // vectors that make up the virtual lanes

/// e^x, within 2 units in the last place; below -87 it is 0, above 88 as at 88. Degree-6 polynomial
/// after reduction by ln 2 (coefficients: Moshier, Cephes library, expf).
HWY_INLINE V exp(V x) {
  const D d;
  const auto too_small = hn::Lt(x, hn::Set(d, -87.0f));
  x = hn::Min(hn::Max(x, hn::Set(d, -87.0f)), hn::Set(d, 88.0f));
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504088896341f)));
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  V p = hn::Set(d, 1.9875691500e-4f);
  p = hn::MulAdd(p, r, hn::Set(d, 1.3981999507e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 8.3334519073e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.1665795894e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.6666665459e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 5.0000001201e-1f));
  p = hn::Add(hn::MulAdd(p, hn::Mul(r, r), r), hn::Set(d, 1.0f));
  const hn::RebindToSigned<D> di;
  const auto power = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127)));
  return hn::IfThenZeroElse(too_small, hn::Mul(p, hn::BitCast(d, power)));
}

/// Sum of the 16 virtual lanes: pairs 8 apart, then 4, 2, 1.
HWY_INLINE float sum_lanes(const V* lanes) {
  alignas(64) float value[kVirtualLanes];
  for (int v = 0; v < kVectors; ++v) hn::Store(lanes[v], D(), value + v * kLanes);
  for (int apart = 8; apart > 0; apart /= 2) {
    for (int i = 0; i < apart; ++i) value[i] += value[i + apart];
  }
  return value[0];
}

/// Sum over i of f(x[i]) in the order of the virtual lanes; elements past n count as f = 0.
template <typename F>
HWY_INLINE float sum_row(const float* x, int n, const F& f) {
  const D d;
  V lanes[kVectors];
  for (V& lane : lanes) lane = hn::Zero(d);
  int i = 0;
  for (; i + kVirtualLanes <= n; i += kVirtualLanes) {
    for (int v = 0; v < kVectors; ++v) lanes[v] = f(hn::LoadU(d, x + i + v * kLanes), lanes[v]);
  }
  if (i < n) {
    alignas(64) float rest[kVirtualLanes] = {};
    for (int j = i; j < n; ++j) rest[j - i] = x[j];
    for (int v = 0; v < kVectors; ++v) {
      const V sum = f(hn::Load(d, rest + v * kLanes), lanes[v]);
      lanes[v] = hn::IfThenElse(
          hn::FirstN(d, static_cast<std::size_t>(n - i > v * kLanes ? n - i - v * kLanes : 0)), sum,
          lanes[v]);
    }
  }
  return sum_lanes(lanes);
}

/// out[i] = f(x[i], y[i]) for i in [0, n), elementwise.
template <typename F>
HWY_INLINE void map2(float* out, const float* x, const float* y, int n, const F& f) {
  const D d;
  int i = 0;
  for (; i + kLanes <= n; i += kLanes)
    hn::StoreU(f(hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, out + i);
  if (i < n) {
    alignas(64) float a[kLanes] = {};
    alignas(64) float b[kLanes] = {};
    for (int j = i; j < n; ++j) {
      a[j - i] = x[j];
      b[j - i] = y[j];
    }
    hn::Store(f(hn::Load(d, a), hn::Load(d, b)), d, a);
    for (int j = i; j < n; ++j) out[j] = a[j - i];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace leitai
HWY_AFTER_NAMESPACE();
#endif
