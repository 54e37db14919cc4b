#include "harness/stats/proportion.h"

#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"

namespace leitai {
namespace {

struct Count {
  std::int64_t k, n;
};

Count count(const Fields& fields, const char* k_name, const char* n_name) {
  const Count count{fields.get<std::int64_t>(k_name), fields.get<std::int64_t>(n_name)};
  want(count.n >= 1, "there must be at least one trial");
  want(count.k >= 0 && count.k <= count.n, "successes must lie between 0 and the trials");
  return count;
}

nlohmann::json intervals(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto [k, n] = count(fields, "k", "n");
  const double alpha = fields.alpha();
  const double successes = static_cast<double>(k), trials = static_cast<double>(n);
  const double p = successes / trials;
  return {{"wilson", to_list(wilson(successes, trials, alpha))},
          {"wilson_continuity", to_list(wilson_continuity(successes, trials, alpha))},
          {"clopper_pearson", to_list(clopper_pearson(k, n, alpha))},
          {"jeffreys", to_list(jeffreys(k, n, alpha))},
          {"agresti_coull", to_list(agresti_coull(k, n, alpha))},
          {"se_unbiased", n < 2 ? nlohmann::json(nullptr)
                                : nlohmann::json(std::sqrt(p * (1 - p) / (trials - 1)))}};
}

nlohmann::json lower(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto [k, n] = count(fields, "k", "n");
  const double alpha = fields.alpha();
  want(alpha < 0.5, "alpha must lie below 0.5");
  return {{"lower", clopper_pearson_lower(k, n, alpha)}};
}

nlohmann::json independent(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const Count first = count(fields, "k1", "n1"), second = count(fields, "k2", "n2");
  const Difference got = newcombe_independent(first.k, first.n, second.k, second.n, fields.alpha());
  return {{"diff", got.delta}, {"lower", got.interval.low}, {"upper", got.interval.high}};
}

constexpr StatFunction kFunctions[] = {{"proportion_interval", intervals},
                                       {"clopper_pearson_lower_one_sided", lower},
                                       {"newcombe_independent", independent}};

}  // namespace

extern constinit const StatSubject proportion_subject;
constinit const StatSubject proportion_subject = {"proportion", kFunctions};

}  // namespace leitai
