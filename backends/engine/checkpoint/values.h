#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/engine/checkpoint/checkpoint.h"

namespace leitai {

float half_to_float(std::uint16_t bits);

/// Bytes of `n` values; n a multiple of 32 for Q types.
std::size_t stored_bytes(DType dtype, std::size_t n);

/// No NaN and no infinity among the values, or the scales of blocks. Reads all of it.
bool is_finite(const TensorView& tensor);

}  // namespace leitai
