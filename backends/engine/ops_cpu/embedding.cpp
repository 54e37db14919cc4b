#include "backends/engine/ops.h"
#include "backends/engine/ops_cpu/partition.h"

namespace leitai {

void embed(Stream& stream, Tensor out, DType type, const std::byte* stored,
           std::span<const int> ids) {
  const std::size_t row_bytes = stored_row_bytes(type, out.cols);
  for_parts(stream, out.rows, 1.0 * out.cols, [&](int begin, int end, int) {
    for (int t = begin; t < end; ++t) {
      dequantise_row(
          type, out.cols,
          stored + static_cast<std::size_t>(ids[static_cast<std::size_t>(t)]) * row_bytes,
          out.row(t));
    }
  });
}

}  // namespace leitai
