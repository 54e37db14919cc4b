#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "backends/engine/checkpoint/checkpoint.h"

/// The operations of which every architecture is composed. This contract is free of any device: a
/// device brings a Stream, its own layout of Weight and KvPages, and one implementation of each op
/// (ops_cpu/).
///
/// Letters: T tokens of a step, H width of a row, D head_dim, N rows of a weight, K columns of a
/// weight.
///
/// Numerics, the same for every device, vector width, number of threads and batch: see README.md.
/// The result of a token row depends on that token and what it attends to, never on T or on its
/// place in the step.
namespace leitai {

/// A (rows, cols) matrix of f32 on the device of the Stream that reads it; rows may be apart. Never
/// owns.
struct Tensor {
  float* data = nullptr;
  int rows = 0;
  int cols = 0;
  std::ptrdiff_t stride = 0;  // elements from one row to the next

  float* row(int r) const { return data + r * stride; }
  Tensor slice(int first_row, int n_rows) const { return {row(first_row), n_rows, cols, stride}; }
  Tensor columns(int first, int n) const { return {data + first, rows, n, stride}; }
};

/// Where ops run. On a CPU: a fixed set of threads; each op returns when it is done.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual int threads() const = 0;
  /// Calls `work(thread)` once for each thread in [0, threads()), and waits for all of them.
  virtual void run(const std::function<void(int thread)>& work) = 0;
};

/// `threads` of them, the caller's own among them. Throws Error if this CPU lacks what the kernels
/// need (AVX2, FMA, F16C).
std::unique_ptr<Stream> make_cpu_stream(int threads);

/// A (rows, cols) weight in the device's own order of the same stored bits; products use exactly
/// the values that the file states.
struct Weight {
  DType type = DType::F32;
  int rows = 0;
  int cols = 0;
  std::unique_ptr<std::byte[]> data;
  std::size_t bytes = 0;

  bool is_present() const { return rows > 0; }
};

/// `stored`: rows one after another as in a checkpoint (GGUF blocks of 32 along the row for Q
/// types). cols must be a multiple of 32 for Q types.
Weight pack_weight(Stream& stream, DType type, int rows, int cols, const std::byte* stored);

/// Bytes of one stored row.
std::size_t stored_row_bytes(DType type, int cols);

/// out[cols] = the values of one stored row.
void dequantise_row(DType type, int cols, const std::byte* stored_row, float* out);

/// out[t, i] = table[ids[t], i]; `stored` as in pack_weight
void embed(Stream& stream, Tensor out, DType type, const std::byte* stored,
           std::span<const int> ids);

/// out[t, i] = x[t, i] / sqrt(mean(x[t]^2) + eps) * weight[i]; out may alias x
void rmsnorm(Stream& stream, Tensor out, Tensor x, std::span<const float> weight, float eps);

/// The same on each group of weight.size() columns: a norm of every head.
void rmsnorm_heads(Stream& stream, Tensor x, std::span<const float> weight, float eps);

/// One weight of a linear op that multiplies several weights with the same input.
struct LinearPart {
  const Weight* weight = nullptr;
  std::span<const float> bias;  // empty: none
  Tensor out;                   // (T, N)
};

/// part.out[t, n] = sum_k part.weight[n, k] * x[t, k] + part.bias[n]; no out may alias x
void linear(Stream& stream, std::span<const LinearPart> parts, Tensor x);

enum class RopePairing {
  Halves,      // (i, i + D/2)
  Interleaved  // (2i, 2i + 1)
};

/// cos[t, i] and sin[t, i] of positions[t] * inv_freq[i], times `factor`. Angles in f32.
void rope_table(Stream& stream, Tensor cos, Tensor sin, std::span<const int> positions,
                std::span<const float> inv_freq, float factor);

/// Rotates the first 2 * cos.cols columns of every head of `head_dim` columns of x, in place.
void rope(Stream& stream, Tensor x, int head_dim, Tensor cos, Tensor sin, RopePairing pairing);

/// Positions a page of the KV cache holds.
inline constexpr int kPagePositions = 16;

/// Keys and values of one layer in paged memory. page[p] starts with keys (head, D, position in
/// page), then values (head, position in page, D).
struct KvLayer {
  int n_kv_heads = 0;
  int head_dim = 0;
  std::size_t offset = 0;  // floats from the start of a page to this layer
  std::size_t values() const {
    return static_cast<std::size_t>(n_kv_heads) * head_dim * kPagePositions;
  }
};

/// Where a step's tokens stand: token t is at positions[t] of the sequence whose pages are
/// tables[sequence[t]].
struct Placement {
  std::span<const int> positions;
  std::span<const int> sequence;
  std::span<const std::span<float* const>> tables;  // page i holds positions 16 i ... 16 i + 15
};

/// Writes k and v (T, n_kv_heads * D) to their places.
void store_kv(Stream& stream, const KvLayer& layer, const Placement& where, Tensor k, Tensor v);

struct AttentionShape {
  int n_heads = 0;
  float scale = 1;
  int window = 0;  // position p sees p - window + 1 ... p; 0: all of 0 ... p
};

/// out[t, h] = softmax(scale * q[t, h] . keys) values over what token t sees; head h reads kv head
/// h / (n_heads / n_kv_heads).
void attention(Stream& stream, Tensor out, Tensor q, const KvLayer& layer, const Placement& where,
               const AttentionShape& shape);

/// gate[t, i] = silu(gate[t, i]) * up[t, i]
void silu_mul(Stream& stream, Tensor gate, Tensor up);

/// x[t, i] += y[t, i]
void add(Stream& stream, Tensor x, Tensor y);

/// What decoding needs of a row of logits.
struct RowSummary {
  int argmax = 0;      // lowest id of the largest logit among the first `n_ids`
  float max = 0;       // over the whole row
  double log_sum = 0;  // log(sum(exp(logits))) over the whole row
};

/// One summary a row. `n_ids`: how many of the columns may be chosen; the rest is padding.
void summarise_logits(Stream& stream, Tensor logits, int n_ids, std::span<RowSummary> out);

/// out[i] = exp((x[i] - max) * scale), elementwise with the engine's own exponential.
void exp_scaled(std::span<float> out, std::span<const float> x, float max, float scale);

}  // namespace leitai
