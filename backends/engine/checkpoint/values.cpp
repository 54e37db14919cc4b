// The values of stored tensors: to f32, and whether all are finite.
#include "backends/engine/checkpoint/values.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "backends/engine/checkpoint/checkpoint.h"

namespace leitai {
namespace {

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// Calls `visit(block, first)` for each block of `block_bytes` bytes; `first` is the index of its
/// first value.
template <typename Visit>
void each_block(const TensorView& tensor, std::size_t block_bytes, Visit visit) {
  constexpr std::size_t kBlock = 32;
  const std::size_t n = tensor.bytes / block_bytes;
  for (std::size_t b = 0; b < n; ++b) visit(tensor.data + b * block_bytes, b * kBlock);
}

bool is_finite_half(std::uint16_t bits) { return (bits & 0x7C00) != 0x7C00; }

/// Whether any of the 16-bit words at `data` has all bits of `mask`; a plain loop that compilers
/// vectorise.
bool any_word_has(const std::byte* data, std::size_t n, std::uint16_t mask) {
  std::uint16_t found = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto word = load<std::uint16_t>(data + 2 * i);
    found = static_cast<std::uint16_t>(found | ((word & mask) == mask ? 1 : 0));
  }
  return found != 0;
}

bool any_float_not_finite(const std::byte* data, std::size_t n) {
  constexpr std::uint32_t kExponent = 0x7F800000;
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < n; ++i)
    found |= (load<std::uint32_t>(data + 4 * i) & kExponent) == kExponent ? 1u : 0u;
  return found != 0;
}

}  // namespace

float half_to_float(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const int fraction = bits & 0x3FF;
  float value = 0;
  if (exponent == 0x1F) {
    value = fraction == 0 ? INFINITY : NAN;
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    value = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

std::size_t stored_bytes(DType dtype, std::size_t n) {
  switch (dtype) {
    case DType::F32:
      return 4 * n;
    case DType::F16:
    case DType::BF16:
      return 2 * n;
    case DType::Q8_0:
      return n / 32 * 34;
    case DType::Q4_0:
      return n / 32 * 18;
    case DType::Q4_1:
      return n / 32 * 20;
  }
  return 0;
}

std::string_view to_text(DType dtype) {
  switch (dtype) {
    case DType::F32:
      return "F32";
    case DType::F16:
      return "F16";
    case DType::BF16:
      return "BF16";
    case DType::Q8_0:
      return "Q8_0";
    case DType::Q4_0:
      return "Q4_0";
    case DType::Q4_1:
      return "Q4_1";
  }
  return "";
}

bool is_finite(const TensorView& tensor) {
  bool finite = true;
  switch (tensor.dtype) {
    case DType::F32:
      return !any_float_not_finite(tensor.data, tensor.bytes / 4);
    case DType::F16:
      return !any_word_has(tensor.data, tensor.bytes / 2, 0x7C00);
    case DType::BF16:
      return !any_word_has(tensor.data, tensor.bytes / 2, 0x7F80);
    case DType::Q8_0:
      each_block(tensor, 34, [&](const std::byte* b, std::size_t) {
        finite &= is_finite_half(load<std::uint16_t>(b));
      });
      return finite;
    case DType::Q4_0:
      each_block(tensor, 18, [&](const std::byte* b, std::size_t) {
        finite &= is_finite_half(load<std::uint16_t>(b));
      });
      return finite;
    case DType::Q4_1:
      each_block(tensor, 20, [&](const std::byte* b, std::size_t) {
        finite &=
            is_finite_half(load<std::uint16_t>(b)) && is_finite_half(load<std::uint16_t>(b + 2));
      });
      return finite;
  }
  return false;
}

// Block layouts: ggml, src/ggml-common.h.
std::vector<float> to_f32(const TensorView& tensor) {
  std::size_t n = 1;
  for (std::int64_t dim : tensor.shape) n *= static_cast<std::size_t>(dim);
  std::vector<float> out(n);
  const auto nibble = [](const std::byte* at, std::size_t i) {
    const auto byte = std::to_integer<unsigned>(at[i % 16]);
    return static_cast<float>(i < 16 ? byte & 15 : byte >> 4);
  };
  switch (tensor.dtype) {
    case DType::F32:
      if (n > 0) std::memcpy(out.data(), tensor.data, n * sizeof(float));
      break;
    case DType::F16:
      for (std::size_t i = 0; i < n; ++i)
        out[i] = half_to_float(load<std::uint16_t>(tensor.data + 2 * i));
      break;
    case DType::BF16:
      for (std::size_t i = 0; i < n; ++i) {
        out[i] =
            std::bit_cast<float>(std::uint32_t{load<std::uint16_t>(tensor.data + 2 * i)} << 16);
      }
      break;
    case DType::Q8_0:
      each_block(tensor, 34, [&](const std::byte* b, std::size_t first) {
        const float d = half_to_float(load<std::uint16_t>(b));
        for (std::size_t i = 0; i < 32; ++i)
          out[first + i] = d * static_cast<float>(load<std::int8_t>(b + 2 + i));
      });
      break;
    case DType::Q4_0:
      each_block(tensor, 18, [&](const std::byte* b, std::size_t first) {
        const float d = half_to_float(load<std::uint16_t>(b));
        for (std::size_t i = 0; i < 32; ++i) out[first + i] = d * (nibble(b + 2, i) - 8);
      });
      break;
    case DType::Q4_1:
      each_block(tensor, 20, [&](const std::byte* b, std::size_t first) {
        const float d = half_to_float(load<std::uint16_t>(b)),
                    m = half_to_float(load<std::uint16_t>(b + 2));
        for (std::size_t i = 0; i < 32; ++i) out[first + i] = d * nibble(b + 4, i) + m;
      });
      break;
  }
  return out;
}

}  // namespace leitai
