// One (token, kv head) at a time, for all query heads that share it. Lanes are positions of a page
// for scores and columns of the head for the output, so no sum crosses lanes: a score is one chain
// of fused multiply-adds over D, an output one chain over the positions it sees, first to last. The
// sum of exponentials uses lane = position mod 16, pages in order. The division is last. Pages lie
// at absolute positions, so neither chunks nor other sequences change anything.

#include "backends/engine/ops_cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/engine/ops_cpu/attention.cpp"
#include <hwy/foreach_target.h>

#include <algorithm>
#include <cmath>

#include "backends/engine/ops.h"
#include "backends/engine/ops_cpu/partition.h"
#include "backends/engine/ops_cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace leitai {
namespace HWY_NAMESPACE {

/// scores[h][position], h < n_queries, positions of pages [first_page, last_page].
template <int kQueries>
void score_pages(const float* q, int head_dim, std::span<float* const> pages,
                 std::size_t key_offset, int first_page, int last_page, float scale, float* scores,
                 std::ptrdiff_t score_stride) {
  const D d;
  const V factor = hn::Set(d, scale);
  for (int page = first_page; page <= last_page; ++page) {
    const float* keys = pages[static_cast<std::size_t>(page)] + key_offset;
    V sum[kQueries][kVectors];
#pragma GCC unroll 8
    for (int h = 0; h < kQueries; ++h) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sum[h][v] = hn::Zero(d);
    }
    for (int i = 0; i < head_dim; ++i) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        const V key = hn::LoadU(d, keys + i * kPagePositions + v * kLanes);
#pragma GCC unroll 8
        for (int h = 0; h < kQueries; ++h)
          sum[h][v] = hn::MulAdd(key, hn::Set(d, q[h * head_dim + i]), sum[h][v]);
      }
    }
#pragma GCC unroll 8
    for (int h = 0; h < kQueries; ++h) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        hn::StoreU(hn::Mul(sum[h][v], factor), d,
                   scores + h * score_stride + (page - first_page) * kPagePositions + v * kLanes);
      }
    }
  }
}

/// scores[0, n) -> exp(score - max), those outside [low, high] to 0; gives the sum.
float soften(float* scores, int n, int low, int high) {
  for (int s = 0; s < low; ++s) scores[s] = -HUGE_VALF;
  for (int s = high + 1; s < n; ++s) scores[s] = -HUGE_VALF;
  const D d;
  V best = hn::Set(d, -HUGE_VALF);
  for (int s = 0; s < n; s += kLanes) best = hn::Max(best, hn::LoadU(d, scores + s));
  const V max = hn::MaxOfLanes(d, best);
  V lanes[kVectors];
  for (V& lane : lanes) lane = hn::Zero(d);
  for (int s = 0; s < n; s += kVirtualLanes) {
    for (int v = 0; v < kVectors; ++v) {
      const V p = exp(hn::Sub(hn::LoadU(d, scores + s + v * kLanes), max));
      hn::StoreU(p, d, scores + s + v * kLanes);
      lanes[v] = hn::Add(lanes[v], p);
    }
  }
  return sum_lanes(lanes);
}

/// out[h, i] = sum over positions of p[h][position] * value[position, i], divided by sums[h].
template <int kQueries, int kColumns>
void mix_columns(const float* p, std::ptrdiff_t p_stride, const float* sums, int low, int high,
                 std::span<float* const> pages, std::size_t value_offset, int first_page,
                 int head_dim, float* out) {
  const D d;
  V acc[kQueries][kColumns];
#pragma GCC unroll 8
  for (int h = 0; h < kQueries; ++h) {
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c) acc[h][c] = hn::Zero(d);
  }
  for (int s = low; s <= high; ++s) {
    const float* value = pages[static_cast<std::size_t>(first_page + s / kPagePositions)] +
                         value_offset + static_cast<std::ptrdiff_t>(s % kPagePositions) * head_dim;
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c) {
      const V x = hn::LoadU(d, value + c * kLanes);
#pragma GCC unroll 8
      for (int h = 0; h < kQueries; ++h)
        acc[h][c] = hn::MulAdd(x, hn::Set(d, p[h * p_stride + s]), acc[h][c]);
    }
  }
#pragma GCC unroll 8
  for (int h = 0; h < kQueries; ++h) {
    const V sum = hn::Set(d, sums[h]);
#pragma GCC unroll 8
    for (int c = 0; c < kColumns; ++c)
      hn::StoreU(hn::Div(acc[h][c], sum), d, out + h * head_dim + c * kLanes);
  }
}

/// The last columns of a head whose width is no multiple of a vector: the same chain, one column at
/// a time.
void mix_rest(const float* p, float sum, int low, int high, std::span<float* const> pages,
              std::size_t value_offset, int first_page, int head_dim, int first_column,
              float* out) {
  for (int i = first_column; i < head_dim; ++i) {
    float acc = 0;
    for (int s = low; s <= high; ++s) {
      const float* value = pages[static_cast<std::size_t>(first_page + s / kPagePositions)] +
                           value_offset +
                           static_cast<std::ptrdiff_t>(s % kPagePositions) * head_dim;
      acc = std::fma(value[i], p[s], acc);
    }
    out[i] = acc / sum;
  }
}

template <int kQueries>
void attend(const float* q, const KvLayer& layer, int kv_head, std::span<float* const> pages,
            int position, const AttentionShape& shape, float* scores, float* out) {
  const int head_dim = layer.head_dim;
  const int first = shape.window > 0 ? std::max(0, position - shape.window + 1) : 0;
  const int first_page = first / kPagePositions;
  const int last_page = position / kPagePositions;
  const int n = (last_page - first_page + 1) * kPagePositions;
  const int low = first - first_page * kPagePositions;
  const int high = position - first_page * kPagePositions;
  const std::size_t head_values = static_cast<std::size_t>(head_dim) * kPagePositions;
  const std::size_t key_offset = layer.offset + static_cast<std::size_t>(kv_head) * head_values;
  const std::size_t value_offset = key_offset + layer.values();
  score_pages<kQueries>(q, head_dim, pages, key_offset, first_page, last_page, shape.scale, scores,
                        n);
  float sums[kQueries];
  for (int h = 0; h < kQueries; ++h)
    sums[h] = soften(scores + static_cast<std::ptrdiff_t>(h) * n, n, low, high);
  int column = 0;
  for (; column + 4 * kLanes <= head_dim; column += 4 * kLanes) {
    mix_columns<kQueries, 4>(scores, n, sums, low, high, pages,
                             value_offset + static_cast<std::size_t>(column), first_page, head_dim,
                             out + column);
  }
  for (; column + kLanes <= head_dim; column += kLanes) {
    mix_columns<kQueries, 1>(scores, n, sums, low, high, pages,
                             value_offset + static_cast<std::size_t>(column), first_page, head_dim,
                             out + column);
  }
  for (int h = 0; h < kQueries; ++h) {
    mix_rest(scores + static_cast<std::ptrdiff_t>(h) * n, sums[h], low, high, pages, value_offset,
             first_page, head_dim, column, out + h * head_dim);
  }
}

/// `n_queries` consecutive query heads that share `kv_head`. `scores`: 4 * (positions rounded up to
/// pages) floats.
void attend_heads(const float* q, int n_queries, const KvLayer& layer, int kv_head,
                  std::span<float* const> pages, int position, const AttentionShape& shape,
                  float* scores, float* out) {
  const std::ptrdiff_t head_dim = layer.head_dim;
  int h = 0;
  for (; h + 4 <= n_queries; h += 4) {
    attend<4>(q + h * head_dim, layer, kv_head, pages, position, shape, scores, out + h * head_dim);
  }
  q += h * head_dim;
  out += h * head_dim;
  if (n_queries - h == 3) attend<3>(q, layer, kv_head, pages, position, shape, scores, out);
  if (n_queries - h == 2) attend<2>(q, layer, kv_head, pages, position, shape, scores, out);
  if (n_queries - h == 1) attend<1>(q, layer, kv_head, pages, position, shape, scores, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace leitai
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace leitai {

HWY_EXPORT(attend_heads);

void store_kv(Stream& stream, const KvLayer& layer, const Placement& where, Tensor k, Tensor v) {
  const int head_dim = layer.head_dim;
  for_parts(stream, k.rows, 1.0 * k.cols, [&](int begin, int end, int) {
    for (int t = begin; t < end; ++t) {
      const auto token = static_cast<std::size_t>(t);
      const int position = where.positions[token];
      const auto table = where.tables[static_cast<std::size_t>(where.sequence[token])];
      float* keys = table[static_cast<std::size_t>(position / kPagePositions)] + layer.offset;
      float* values = keys + layer.values();
      const int slot = position % kPagePositions;
      for (int h = 0; h < layer.n_kv_heads; ++h) {
        const float* k_head = k.row(t) + h * head_dim;
        float* to = keys + h * head_dim * kPagePositions + slot;
        for (int i = 0; i < head_dim; ++i) to[i * kPagePositions] = k_head[i];
        const float* v_head = v.row(t) + h * head_dim;
        std::copy(v_head, v_head + head_dim, values + (h * kPagePositions + slot) * head_dim);
      }
    }
  });
}

void attention(Stream& stream, Tensor out, Tensor q, const KvLayer& layer, const Placement& where,
               const AttentionShape& shape) {
  const int group = shape.n_heads / layer.n_kv_heads;
  const int n_work = q.rows * layer.n_kv_heads;
  int longest = 0;
  for (const int position : where.positions) longest = std::max(longest, position + 1);
  const auto score_room = static_cast<std::size_t>(
      4 * ((longest + kPagePositions - 1) / kPagePositions * kPagePositions));
  // Later tokens see more, so work is dealt out in turn rather than in runs.
  const auto deal = [&](int thread, int threads) {
    std::vector<float> scores(score_room);
    for (int i = thread; i < n_work; i += threads) {
      const int t = i / layer.n_kv_heads;
      const int kv_head = i % layer.n_kv_heads;
      const auto token = static_cast<std::size_t>(t);
      const int first_column = kv_head * group * layer.head_dim;
      HWY_DYNAMIC_DISPATCH(attend_heads)
      (q.row(t) + first_column, group, layer, kv_head,
       where.tables[static_cast<std::size_t>(where.sequence[token])], where.positions[token], shape,
       scores.data(), out.row(t) + first_column);
    }
  };
  if (stream.threads() == 1 ||
      static_cast<double>(n_work) * group * layer.head_dim * longest < 20000) {
    deal(0, 1);
  } else {
    stream.run([&](int thread) { deal(thread, stream.threads()); });
  }
}

}  // namespace leitai
#endif
