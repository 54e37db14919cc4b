#include "backends/engine/ops_cpu/pack.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "backends/engine/ops_cpu/partition.h"
#include "harness/core/error.h"

namespace leitai {
namespace {

template <typename T>
void pack_plain(const std::byte* stored, int n_rows, int cols, std::byte* panel) {
  for (int r = 0; r < n_rows; ++r) {
    const std::byte* from = stored + static_cast<std::size_t>(r) * cols * sizeof(T);
    for (int k = 0; k < cols; ++k) {
      std::memcpy(panel + (static_cast<std::size_t>(k) * kPanelRows + r) * sizeof(T),
                  from + k * sizeof(T), sizeof(T));
    }
  }
}

/// A stored block is `n_scales` halves and then single bytes; both keep their order and become one
/// column of the panel each.
void pack_blocks(DType type, const std::byte* stored, int n_rows, int cols, std::byte* panel) {
  const int block_bytes = stored_block_bytes(type);
  const int n_scales = type == DType::Q4_1 ? 2 : 1;
  for (int b = 0; b < cols / kQuantBlock; ++b, panel += panel_block_bytes(type)) {
    for (int r = 0; r < n_rows; ++r) {
      const std::byte* from =
          stored + (static_cast<std::size_t>(r) * (cols / kQuantBlock) + b) * block_bytes;
      for (int s = 0; s < n_scales; ++s)
        std::memcpy(panel + (s * kPanelRows + r) * 2, from + 2 * s, 2);
      std::byte* to = panel + 2 * n_scales * kPanelRows + r;
      for (int j = 2 * n_scales; j < block_bytes; ++j, to += kPanelRows) *to = from[j];
    }
  }
}

float half_at(const std::byte* at) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, at, 2);
  const std::uint32_t sign = (bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 31u;
  const std::uint32_t fraction = bits & 1023u;
  std::uint32_t out = 0;
  if (exponent == 0) {
    const float tiny = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -tiny : tiny;
  }
  out = exponent == 31 ? sign | 0x7F800000u | fraction << 13
                       : sign | (exponent + 112) << 23 | fraction << 13;
  float value = 0;
  std::memcpy(&value, &out, 4);
  return value;
}

}  // namespace

std::size_t stored_row_bytes(DType type, int cols) {
  const auto columns = static_cast<std::size_t>(cols);
  if (is_quantised(type))
    return columns / kQuantBlock * static_cast<std::size_t>(stored_block_bytes(type));
  return columns * (type == DType::F32 ? 4 : 2);
}

Weight pack_weight(Stream& stream, DType type, int rows, int cols, const std::byte* stored) {
  LEITAI_CHECK(!is_quantised(type) || cols % kQuantBlock == 0, std::to_string(cols));
  Weight weight{.type = type, .rows = rows, .cols = cols};
  const std::size_t bytes = panel_bytes(type, cols);
  weight.bytes = bytes * static_cast<std::size_t>(panels_of(rows));
  weight.data = std::make_unique_for_overwrite<std::byte[]>(weight.bytes);
  // The thread that will multiply with a panel touches it first.
  for_parts(stream, panels_of(rows), 30.0 * cols, [&](int begin, int end, int) {
    for (int p = begin; p < end; ++p) {
      std::byte* panel = weight.data.get() + static_cast<std::size_t>(p) * bytes;
      const std::byte* from =
          stored + static_cast<std::size_t>(p) * kPanelRows * stored_row_bytes(type, cols);
      const int n_rows = std::min(kPanelRows, rows - p * kPanelRows);
      if (n_rows < kPanelRows) std::memset(panel, 0, bytes);
      if (is_quantised(type)) {
        pack_blocks(type, from, n_rows, cols, panel);
      } else if (type == DType::F32) {
        pack_plain<float>(from, n_rows, cols, panel);
      } else {
        pack_plain<std::uint16_t>(from, n_rows, cols, panel);
      }
    }
  });
  return weight;
}

void dequantise_row(DType type, int cols, const std::byte* stored_row, float* out) {
  if (type == DType::F32) {
    std::memcpy(out, stored_row, static_cast<std::size_t>(cols) * 4);
    return;
  }
  if (type == DType::F16) {
    for (int k = 0; k < cols; ++k) out[k] = half_at(stored_row + 2 * k);
    return;
  }
  if (type == DType::BF16) {
    for (int k = 0; k < cols; ++k) {
      std::uint16_t bits = 0;
      std::memcpy(&bits, stored_row + 2 * k, 2);
      const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
      std::memcpy(out + k, &wide, 4);
    }
    return;
  }
  const std::byte* block = stored_row;
  for (int k = 0; k < cols; k += kQuantBlock, block += stored_block_bytes(type)) {
    const float scale = half_at(block);
    if (type == DType::Q8_0) {
      for (int j = 0; j < kQuantBlock; ++j)
        out[k + j] = scale * static_cast<float>(static_cast<std::int8_t>(block[2 + j]));
      continue;
    }
    const bool has_min = type == DType::Q4_1;
    const float low = has_min ? half_at(block + 2) : scale * -8.0f;
    const std::byte* q = block + (has_min ? 4 : 2);
    for (int j = 0; j < kQuantBlock / 2; ++j) {
      const auto both = static_cast<unsigned>(q[j]);
      out[k + j] = std::fma(scale, static_cast<float>(both & 15u), low);
      out[k + j + kQuantBlock / 2] = std::fma(scale, static_cast<float>(both >> 4), low);
    }
  }
}

}  // namespace leitai
