// y = W x. Rows of W come in panels of 32 (pack.cpp), token rows in tiles. A thread owns a
// contiguous run of panels and, when done, helps others with theirs. Of a panel it expands 128
// columns at a time to f32, once for up to 120 tokens, then multiplies them with every tile of
// tokens.
//
// Order of a sum, for every element alike: columns in blocks of 128; within a block one chain of
// fused multiply-adds from the first column to the last, starting at 0; block sums are added in
// order. Lanes are rows of W, so no sum crosses lanes.

#include "backends/engine/ops_cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/engine/ops_cpu/linear.cpp"
#include <hwy/foreach_target.h>

#include <algorithm>

#include "backends/engine/ops.h"
#include "backends/engine/ops_cpu/pack.h"
#include "backends/engine/ops_cpu/partition.h"
#include "backends/engine/ops_cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace leitai {
namespace HWY_NAMESPACE {

constexpr int kColumnBlock = 128;
constexpr int kTokenBlock = 120;
constexpr int kPanelVectors = kPanelRows / kLanes;
// Accumulators that fit the registers beside the weights: 12 x 2 of 32, 3 x 4 of 16.
constexpr int kTileTokens = kLanes == 16 ? 12 : 3;

template <int kTokens>
void multiply_tile(const float* HWY_RESTRICT w, const float* HWY_RESTRICT x,
                   std::ptrdiff_t x_stride, int n_columns, float* HWY_RESTRICT sums,
                   bool first_block) {
  const D d;
  V acc[kTokens][kPanelVectors];
#pragma GCC unroll 16
  for (int t = 0; t < kTokens; ++t) {
#pragma GCC unroll 8
    for (int v = 0; v < kPanelVectors; ++v) acc[t][v] = hn::Zero(d);
  }
  for (int k = 0; k < n_columns; ++k) {
    V row[kPanelVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kPanelVectors; ++v) row[v] = hn::LoadU(d, w + k * kPanelRows + v * kLanes);
#pragma GCC unroll 16
    for (int t = 0; t < kTokens; ++t) {
      const V value = hn::Set(d, x[t * x_stride + k]);
#pragma GCC unroll 8
      for (int v = 0; v < kPanelVectors; ++v) acc[t][v] = hn::MulAdd(row[v], value, acc[t][v]);
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < kTokens; ++t) {
#pragma GCC unroll 8
    for (int v = 0; v < kPanelVectors; ++v) {
      float* at = sums + t * kPanelRows + v * kLanes;
      hn::Store(first_block ? acc[t][v] : hn::Add(hn::Load(d, at), acc[t][v]), d, at);
    }
  }
}

using TileFunction = void (*)(const float*, const float*, std::ptrdiff_t, int, float*, bool);

constexpr TileFunction kTiles[] = {
    multiply_tile<1>, multiply_tile<2>,  multiply_tile<3>,
#if HWY_TARGET <= HWY_AVX3
    multiply_tile<4>, multiply_tile<5>,  multiply_tile<6>,  multiply_tile<7>,  multiply_tile<8>,
    multiply_tile<9>, multiply_tile<10>, multiply_tile<11>, multiply_tile<12>,
#endif
};

V load_half(const std::uint16_t* at) {
  const hn::Rebind<hwy::float16_t, D> half;
  return hn::PromoteTo(D(), hn::LoadU(half, reinterpret_cast<const hwy::float16_t*>(at)));
}

/// tile[k, row] of `n_columns` columns from `first` on, as f32.
void expand(DType type, const std::byte* panel, int first, int n_columns,
            float* HWY_RESTRICT tile) {
  const D d;
  const hn::RebindToSigned<D> di;
  const auto fifteen = hn::Set(di, 15);
  if (type == DType::F16 || type == DType::BF16) {
    const auto* from = reinterpret_cast<const std::uint16_t*>(panel) +
                       static_cast<std::size_t>(first) * kPanelRows;
    for (int i = 0; i < n_columns * kPanelRows; i += kLanes) {
      if (type == DType::F16) {
        hn::Store(load_half(from + i), d, tile + i);
      } else {
        const hn::Rebind<std::uint16_t, D> du16;
        const auto wide = hn::PromoteTo(hn::RebindToUnsigned<D>(), hn::LoadU(du16, from + i));
        hn::Store(hn::BitCast(d, hn::ShiftLeft<16>(wide)), d, tile + i);
      }
    }
    return;
  }
  const std::size_t block_bytes = panel_block_bytes(type);
  for (int k = 0; k < n_columns; k += kQuantBlock, tile += kQuantBlock * kPanelRows) {
    const std::byte* block =
        panel + static_cast<std::size_t>((first + k) / kQuantBlock) * block_bytes;
    const auto* scales = reinterpret_cast<const std::uint16_t*>(block);
    for (int r = 0; r < kPanelRows; r += kLanes) {
      const V scale = load_half(scales + r);
      if (type == DType::Q8_0) {
        const auto* q = reinterpret_cast<const std::int8_t*>(block + 2 * kPanelRows) + r;
        const hn::Rebind<std::int8_t, D> di8;
        for (int j = 0; j < kQuantBlock; ++j) {
          const V value = hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(di8, q + j * kPanelRows)));
          hn::Store(hn::Mul(scale, value), d, tile + j * kPanelRows + r);
        }
        continue;
      }
      const bool has_min = type == DType::Q4_1;
      const V low =
          has_min ? load_half(scales + kPanelRows + r) : hn::Mul(scale, hn::Set(d, -8.0f));
      const auto* q =
          reinterpret_cast<const std::uint8_t*>(block + (has_min ? 4 : 2) * kPanelRows) + r;
      const hn::Rebind<std::uint8_t, D> du8;
      for (int j = 0; j < kQuantBlock / 2; ++j) {
        const auto both = hn::PromoteTo(di, hn::LoadU(du8, q + j * kPanelRows));
        const V a = hn::ConvertTo(d, hn::And(both, fifteen));
        const V b = hn::ConvertTo(d, hn::ShiftRight<4>(both));
        hn::Store(hn::MulAdd(scale, a, low), d, tile + j * kPanelRows + r);
        hn::Store(hn::MulAdd(scale, b, low), d, tile + (j + kQuantBlock / 2) * kPanelRows + r);
      }
    }
  }
}

void linear_panel(const Weight& weight, int panel, Tensor x, std::span<const float> bias,
                  Tensor out) {
  alignas(64) float expanded[kColumnBlock * kPanelRows];
  alignas(64) float sums[kTokenBlock * kPanelRows];
  const std::byte* packed =
      weight.data.get() + static_cast<std::size_t>(panel) * panel_bytes(weight.type, weight.cols);
  const int first_row = panel * kPanelRows;
  const int n_rows = std::min(kPanelRows, weight.rows - first_row);
  for (int t0 = 0; t0 < x.rows; t0 += kTokenBlock) {
    const int n_tokens = std::min(kTokenBlock, x.rows - t0);
    const int n_tiles = (n_tokens + kTileTokens - 1) / kTileTokens;
    for (int k = 0; k < weight.cols; k += kColumnBlock) {
      const int n_columns = std::min(kColumnBlock, weight.cols - k);
      const float* w = expanded;
      if (weight.type == DType::F32) {
        w = reinterpret_cast<const float*>(packed) + static_cast<std::size_t>(k) * kPanelRows;
      } else {
        expand(weight.type, packed, k, n_columns, expanded);
      }
      for (int tile = 0; tile < n_tiles; ++tile) {
        const int begin = n_tokens * tile / n_tiles;
        const int end = n_tokens * (tile + 1) / n_tiles;
        kTiles[end - begin - 1](w, x.row(t0 + begin) + k, x.stride, n_columns,
                                sums + begin * kPanelRows, k == 0);
      }
    }
    for (int t = 0; t < n_tokens; ++t) {
      float* to = out.row(t0 + t) + first_row;
      const float* from = sums + t * kPanelRows;
      if (bias.empty()) {
        std::copy(from, from + n_rows, to);
      } else {
        for (int r = 0; r < n_rows; ++r)
          to[r] = from[r] + bias[static_cast<std::size_t>(first_row + r)];
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace leitai
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace leitai {

HWY_EXPORT(linear_panel);

void linear(Stream& stream, std::span<const LinearPart> parts, Tensor x) {
  int n_panels = 0;
  for (const LinearPart& part : parts) n_panels += panels_of(part.weight->rows);
  if (x.rows == 0) return;
  const double cost = 0.3 * parts[0].weight->cols * (1 + 0.5 * x.rows);
  for_each_shared(stream, n_panels, cost, [&](int panel) {
    for (const LinearPart& part : parts) {
      const int n = panels_of(part.weight->rows);
      if (panel < n) {
        HWY_DYNAMIC_DISPATCH(linear_panel)(*part.weight, panel, x, part.bias, part.out);
        return;
      }
      panel -= n;
    }
  });
}

}  // namespace leitai
#endif
