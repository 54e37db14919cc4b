#include <numeric>
#include <utility>

#include "harness/core/random.h"
#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"

namespace leitai {
namespace {

/// Every list starts the stream of the seed anew. 64-bit values are decimal strings, since JSON
/// readers round numbers beyond 2^53.
nlohmann::json splitmix64(const nlohmann::json& input, const nlohmann::json& params) {
  const std::uint64_t seed = Fields(input, params).seed();
  const auto draw = [seed](int count, auto one) {
    SplitMix64 random(seed);
    nlohmann::json list = nlohmann::json::array();
    for (int i = 0; i < count; ++i) list.push_back(one(random));
    return list;
  };
  std::vector<int> order(12);
  std::iota(order.begin(), order.end(), 0);
  SplitMix64 random(seed);
  for (std::size_t i = order.size() - 1; i > 0; --i)
    std::swap(order[i], order[random.below(i + 1)]);
  nlohmann::json access = nlohmann::json::array();
  for (const std::uint64_t n : {0, 1, 999999})
    access.push_back(std::to_string(SplitMix64::at(seed, n)));
  return {{"next6", draw(6, [](SplitMix64& r) { return std::to_string(r.next()); })},
          {"below10_x20", draw(20, [](SplitMix64& r) { return r.below(10); })},
          {"below1319_x10", draw(10, [](SplitMix64& r) { return r.below(1319); })},
          {"u01_x5", draw(5, [](SplitMix64& r) { return r.u01(); })},
          {"fisher_yates_12_descending", order},
          {"random_access_0_1_999999", access}};
}

constexpr StatFunction kFunctions[] = {{"splitmix64", splitmix64}};

}  // namespace

extern constinit const StatSubject rng_subject;
constinit const StatSubject rng_subject = {"rng", kFunctions};

}  // namespace leitai
