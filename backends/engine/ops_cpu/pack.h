#pragma once

#include "backends/engine/ops.h"

/// Layout of packed weights. A panel is 32 rows; within it the same bits as stored, turned so that
/// 32 rows of one column lie side by side:
///   F32 F16 BF16  value[column][row]
///   Q8_0          for each block of 32 columns: scale f16[row], q i8[column][row]
///   Q4_0          scale f16[row], then bytes[j][row], j < 16: low half column j, high half column
///   j + 16 Q4_1          scale f16[row], minimum f16[row], then bytes as Q4_0
/// Rows past the end are zero.
namespace leitai {

inline constexpr int kPanelRows = 32;
inline constexpr int kQuantBlock = 32;

constexpr int panels_of(int rows) { return (rows + kPanelRows - 1) / kPanelRows; }

constexpr bool is_quantised(DType type) {
  return type == DType::Q8_0 || type == DType::Q4_0 || type == DType::Q4_1;
}

/// Bytes of one stored block of 32 columns of one row: f16 scales, then the numbers.
constexpr int stored_block_bytes(DType type) {
  return type == DType::Q8_0 ? 34 : type == DType::Q4_0 ? 18 : 20;
}

constexpr std::size_t panel_block_bytes(DType type) {
  return static_cast<std::size_t>(stored_block_bytes(type)) * kPanelRows;
}

constexpr std::size_t panel_bytes(DType type, int cols) {
  const auto columns = static_cast<std::size_t>(cols);
  if (is_quantised(type)) return columns / kQuantBlock * panel_block_bytes(type);
  return columns * kPanelRows * (type == DType::F32 ? 4 : 2);
}

}  // namespace leitai
