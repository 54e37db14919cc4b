#pragma once

#include <cstdint>

namespace leitai {

/// SplitMix64, the only generator of the project: the same numbers on every machine and in every
/// language. Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
class SplitMix64 {
 public:
  explicit constexpr SplitMix64(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    state_ += kGamma;
    return mix(state_);
  }

  /// Value number `n` (from 0) of the stream of `seed`, without the ones before it.
  static constexpr std::uint64_t at(std::uint64_t seed, std::uint64_t n) {
    return mix(seed + (n + 1) * kGamma);
  }

  /// Uniform in [0, n): the high 64 bits of next() * n.
  constexpr std::uint64_t below(std::uint64_t n) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * n) >> 64);
  }

  /// Uniform in [0, 1) with 53 bits.
  constexpr double u01() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

 private:
  static constexpr std::uint64_t kGamma = 0x9E3779B97F4A7C15ull;
  std::uint64_t state_;
};

}  // namespace leitai
