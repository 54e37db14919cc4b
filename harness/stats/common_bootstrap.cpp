#include "harness/stats/common_bootstrap.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <thread>

#include "harness/core/random.h"
#include "harness/stats/bootstrap.h"
#include "harness/stats/quantile.h"

namespace leitai {

namespace {

constexpr std::size_t kLane = 8;  // models summed together
constexpr std::size_t kDrawnAtOnce = 1 << 14;
constexpr std::int64_t kDrawsForThreads = 1 << 22;  // below, one thread is as fast

/// The values with rows filled up to whole lanes, or as they are where a row is a part of one.
struct Padded {
  std::size_t width = 0;
  std::vector<float> filled;
  std::span<const float> rows;
};

Padded padded(const Stratum& stratum) {
  Padded out;
  out.width = stratum.models <= kLane ? std::bit_ceil(stratum.models)
                                      : (stratum.models + kLane - 1) / kLane * kLane;
  out.rows = stratum.values;
  if (out.width == stratum.models) return out;
  out.filled.assign(stratum.units() * out.width, 0);
  for (std::size_t unit = 0; unit < stratum.units(); ++unit)
    std::copy_n(stratum.values.data() + unit * stratum.models, stratum.models,
                out.filled.data() + unit * out.width);
  out.rows = out.filled;
  return out;
}

/// Adds the rows of `draws`, of `Width` values each, to `sums`.
template <std::size_t Width>
void add_rows(const Padded& values, std::span<const std::uint32_t> draws, float* sums) {
  float sum[Width];
  std::copy_n(sums, Width, sum);
  for (const std::uint32_t draw : draws) {
    const float* row = values.rows.data() + static_cast<std::size_t>(draw) * Width;
    for (std::size_t i = 0; i < Width; ++i) sum[i] += row[i];
  }
  std::copy_n(sum, Width, sums);
}

void add_rows(const Padded& values, std::span<const std::uint32_t> draws,
              std::vector<float>& sums) {
  switch (values.width) {
    case 1:
      return add_rows<1>(values, draws, sums.data());
    case 2:
      return add_rows<2>(values, draws, sums.data());
    case 4:
      return add_rows<4>(values, draws, sums.data());
    case kLane:
      return add_rows<kLane>(values, draws, sums.data());
    case 2 * kLane:
      return add_rows<2 * kLane>(values, draws, sums.data());
    case 3 * kLane:
      return add_rows<3 * kLane>(values, draws, sums.data());
    case 4 * kLane:
      return add_rows<4 * kLane>(values, draws, sums.data());
    default:
      break;
  }
  for (const std::uint32_t draw : draws) {
    const float* row = values.rows.data() + static_cast<std::size_t>(draw) * values.width;
    for (std::size_t i = 0; i < values.width; ++i) sums[i] += row[i];
  }
}

}  // namespace

std::vector<std::vector<double>> common_replicates(std::span<const Stratum> strata,
                                                   int replicates) {
  const std::size_t models = strata.empty() ? 0 : strata.front().models;
  std::vector<std::vector<double>> out(static_cast<std::size_t>(replicates),
                                       std::vector<double>(models, 0.0));
  std::vector<Padded> values;
  std::int64_t draws = 0;
  for (const Stratum& stratum : strata) {
    values.push_back(padded(stratum));
    draws += static_cast<std::int64_t>(stratum.units()) * replicates;
  }
  const auto work = [&](std::size_t from, std::size_t to) {
    std::vector<std::uint32_t> drawn;
    for (std::size_t s = 0; s < strata.size(); ++s) {
      const std::size_t units = strata[s].units();
      std::vector<float> sums(values[s].width);
      for (std::size_t b = from; b < to; ++b) {
        // Every replicate knows its place in the stream, whoever works on it.
        const std::uint64_t begin = b * units;
        std::fill(sums.begin(), sums.end(), 0.0F);
        for (std::size_t done = 0; done < units; done += drawn.size()) {
          drawn.resize(std::min(kDrawnAtOnce, units - done));
          for (std::size_t i = 0; i < drawn.size(); ++i) {
            __extension__ using Wide = unsigned __int128;
            const std::uint64_t word = SplitMix64::at(strata[s].seed, begin + done + i);
            drawn[i] = static_cast<std::uint32_t>((static_cast<Wide>(word) * units) >> 64);
          }
          add_rows(values[s], drawn, sums);
        }
        for (std::size_t m = 0; m < models; ++m)
          out[b][m] += strata[s].factor * static_cast<double>(sums[m]);
      }
    }
  };
  const std::size_t all = out.size();
  const std::size_t threads =
      draws < kDrawsForThreads ? 1 : std::clamp(std::thread::hardware_concurrency(), 1U, 16U);
  std::vector<std::jthread> workers;
  for (std::size_t t = 1; t < threads; ++t)
    workers.emplace_back(work, all * t / threads, all * (t + 1) / threads);
  work(0, all / threads);
  workers.clear();
  return out;
}

std::vector<double> common_means(std::span<const Stratum> strata) {
  std::vector<double> out(strata.empty() ? 0 : strata.front().models, 0.0);
  for (const Stratum& stratum : strata) {
    std::vector<double> sums(out.size(), 0.0);
    for (std::size_t i = 0; i < stratum.values.size(); ++i)
      sums[i % stratum.models] += static_cast<double>(stratum.values[i]);
    for (std::size_t m = 0; m < out.size(); ++m) out[m] += stratum.factor * sums[m];
  }
  return out;
}

Interval common_interval(std::span<const Stratum> strata, std::size_t model,
                         std::span<const std::vector<double>> replicates, double alpha) {
  const double estimate = common_means(strata)[model];
  std::vector<double> sorted;
  sorted.reserve(replicates.size());
  // Rounding of the sum over strata must not break ties with the estimate.
  const double grain = 1e-9;
  for (const std::vector<double>& row : replicates)
    sorted.push_back(std::abs(row[model] - estimate) < grain ? estimate : row[model]);
  std::sort(sorted.begin(), sorted.end());
  std::size_t all = 0;
  for (const Stratum& stratum : strata) all += stratum.units() < 2 ? 0 : stratum.units();
  const auto leave_one_out = [&](const std::function<void(double)>& visit) {
    for (const Stratum& stratum : strata) {
      const std::size_t units = stratum.units();
      if (units < 2) continue;
      double sum = 0;
      for (std::size_t unit = 0; unit < units; ++unit)
        sum += static_cast<double>(stratum.values[unit * stratum.models + model]);
      const auto n = static_cast<double>(units);
      for (std::size_t unit = 0; unit < units; ++unit) {
        const auto value = static_cast<double>(stratum.values[unit * stratum.models + model]);
        visit(estimate + stratum.factor * ((sum - value) * n / (n - 1) - sum));
      }
    }
  };
  const Bca found = bca(sorted, estimate, all, leave_one_out, alpha);
  if (found.interval) return *found.interval;
  return percentile_interval(sorted, alpha);
}

}  // namespace leitai
