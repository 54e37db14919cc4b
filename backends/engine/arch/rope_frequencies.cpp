#include "backends/engine/arch/rope_frequencies.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace leitai {
namespace {

/// Long waves are divided by the factor, short ones kept, those between blended (Llama 3.1).
float llama3(float f, const RopeConfig& rope) {
  const double wavelength = 2 * std::numbers::pi / static_cast<double>(f);
  const double divided = static_cast<double>(f) / rope.factor;
  if (wavelength < rope.original_max_positions / rope.high_freq_factor) return f;
  if (wavelength > rope.original_max_positions / rope.low_freq_factor)
    return static_cast<float>(divided);
  const double blend = (rope.original_max_positions / wavelength - rope.low_freq_factor) /
                       (rope.high_freq_factor - rope.low_freq_factor);
  return static_cast<float>((1 - blend) * divided + blend * static_cast<double>(f));
}

/// The pair index at which a wave turns `rotations` times within the original length (YaRN, arXiv
/// 2309.00071).
double yarn_correction(double rotations, int d, const RopeConfig& rope) {
  return d * std::log(rope.original_max_positions / (rotations * 2 * std::numbers::pi)) /
         (2 * std::log(rope.theta));
}

void yarn(std::vector<float>& f, int d, const RopeConfig& rope) {
  double low = yarn_correction(rope.beta_fast, d, rope);
  double high = yarn_correction(rope.beta_slow, d, rope);
  if (rope.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, d - 1.0);
  if (low == high) high += 0.001;
  // The blend itself is in f32, as in the reference.
  const auto factor = static_cast<float>(rope.factor);
  for (std::size_t i = 0; i < f.size(); ++i) {
    const float ramp =
        std::clamp(static_cast<float>((static_cast<double>(i) - low) / (high - low)), 0.0f, 1.0f);
    const float kept = 1.0f - ramp;
    f[i] = (f[i] / factor) * (1.0f - kept) + f[i] * kept;
  }
}

}  // namespace

std::vector<float> rope_frequencies(const RopeConfig& rope, int head_dim) {
  std::vector<float> f(static_cast<std::size_t>(head_dim / 2));
  for (std::size_t i = 0; i < f.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(head_dim);
    f[i] = 1.0f / std::pow(static_cast<float>(rope.theta), exponent);
    if (!rope.divisors.empty()) f[i] /= rope.divisors[i];
    if (rope.scaling == RopeScaling::Linear) f[i] /= static_cast<float>(rope.factor);
    if (rope.scaling == RopeScaling::Llama3) f[i] = llama3(f[i], rope);
  }
  if (rope.scaling == RopeScaling::Yarn) yarn(f, head_dim, rope);
  return f;
}

}  // namespace leitai
