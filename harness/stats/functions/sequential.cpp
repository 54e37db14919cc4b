#include "harness/stats/sequential.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/stats/betting.h"
#include "harness/stats/finite_suite.h"
#include "harness/stats/function.h"
#include "harness/stats/functions/fields.h"
#include "harness/stats/paired_binary.h"

namespace leitai {
namespace {

std::int64_t count_of(const Fields& fields, const char* name) {
  const auto count = fields.get<std::int64_t>(name);
  want(count >= 0 && count <= 1'000'000'000, fmt::format("{} must be a count", name));
  return count;
}

double positive(const Fields& fields, const char* name) {
  const double value = fields.get<double>(name);
  want(value > 0, fmt::format("{} must be positive", name));
  return value;
}

PairCounts counts_of(const Fields& fields) {
  return {.wins = count_of(fields, "w"),
          .losses = count_of(fields, "l"),
          .zeros = count_of(fields, "z")};
}

/// Parameters of the mixture: `a` as a number or a list, else 0.5, 1 and 10.
nlohmann::json mixture(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const std::int64_t w = count_of(fields, "w"), l = count_of(fields, "l");
  std::vector<double> shapes = {0.5, 1, 10};
  if (fields.has("a"))
    shapes = fields.get<nlohmann::json>("a").is_array() ? fields.get<std::vector<double>>("a")
                                                        : std::vector{fields.get<double>("a")};
  nlohmann::json out = {{"mcnemar_exact", mcnemar_exact(w, l)}};
  for (const double a : shapes) {
    want(a > 0, "a must be positive");
    out[fmt::format("E_a{}", a)] = beta_mixture(w, l, a);
    out[fmt::format("E_plus_a{}", a)] = beta_mixture_one_sided(w, l, a);
  }
  return out;
}

nlohmann::json boundary(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto w =
      beta_mixture_boundary(count_of(fields, "d"), positive(fields, "a"), fields.alpha());
  return {{"smallest_w", w ? nlohmann::json(*w) : nlohmann::json(nullptr)}};
}

nlohmann::json p_path(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const auto differences = fields.get<std::vector<int>>("d");
  for (const int d : differences) want(d >= -1 && d <= 1, "d: values must be -1, 0 or 1");
  const AnytimePath path = anytime_p_path(differences, positive(fields, "a"), fields.alpha());
  return {{"p", path.p},
          {"stop_at", path.stop_at ? nlohmann::json(*path.stop_at) : nlohmann::json(nullptr)}};
}

nlohmann::json betting(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const PairCounts counts = counts_of(fields);
  const int bets = fields.get_or("J", 32);
  want(bets >= 1 && bets <= 10'000, "J must lie between 1 and 10000");
  const double plus = betting_mixture_plus(counts, 0.5, bets);
  const double minus = betting_mixture_minus(counts, 0.5, bets);
  nlohmann::json out = {
      {"E_plus_half", plus},
      {"E_minus_half", minus},
      {"E_half", 0.5 * (plus + minus)},
      {"E_plus_m0.485", betting_mixture_plus(counts, 0.485, bets)},
      {"cs_delta", to_list(betting_mixture_interval(counts, fields.alpha(), bets))}};
  if (fields.has("m")) {
    const double m = fields.get<double>("m");
    want(m > 0 && m < 1, "m must lie between 0 and 1");
    out["E_plus_m"] = betting_mixture_plus(counts, m, bets);
    out["E_minus_m"] = betting_mixture_minus(counts, m, bets);
  }
  return out;
}

nlohmann::json plugin(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  auto values = fields.get<std::vector<double>>("d");
  for (double& value : values) {
    want(value >= -1 && value <= 1, "d: values must lie between -1 and 1");
    value = (value + 1) / 2;
  }
  const double m = fields.get_or("m", 0.5), cap = fields.get_or("cap", 0.5);
  want(m > 0 && m < 1, "m must lie between 0 and 1");
  want(cap > 0 && cap < 1, "cap must lie between 0 and 1");
  const PluginBets bets(std::move(values), fields.alpha(), cap);
  const std::size_t shown = std::min<std::size_t>(3, bets.bets().size());
  nlohmann::json out = {
      {"lambda_1_3",
       std::vector(bets.bets().begin(), bets.bets().begin() + static_cast<std::ptrdiff_t>(shown))},
      {"K_plus", bets.plus(m)},
      {"K_minus", bets.minus(m)},
      {"E", bets.e_value(m)},
      {"E_m0.45", bets.e_value(0.45)},
      {"E_m0.6", bets.e_value(0.6)},
      {"cs_mean", nullptr},
      {"cs_delta", nullptr}};
  if (const auto interval = bets.interval()) {
    out["cs_mean"] = to_list(*interval);
    out["cs_delta"] = to_list({2 * interval->low - 1, 2 * interval->high - 1});
  }
  return out;
}

nlohmann::json finite_suite(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const std::int64_t n = count_of(fields, "N"), t = count_of(fields, "t"),
                     s = count_of(fields, "s");
  want(s <= t && t <= n, "s <= t <= N must hold");
  want(n <= 10'000'000, "N is too large");
  const CountRange range = finite_suite_range(n, t, s, fields.alpha());
  const std::int64_t middle = (range.low + range.high) / 2;
  nlohmann::json out = {{"cs", {range.low, range.high}},
                        {"R_lower", prior_posterior_ratio(n, t, s, range.low)},
                        {"R_upper", prior_posterior_ratio(n, t, s, range.high)},
                        {"theta_mid", middle},
                        {"R_mid", prior_posterior_ratio(n, t, s, middle)}};
  if (fields.has("theta")) {
    const std::int64_t theta = count_of(fields, "theta");
    want(theta <= n, "theta must not exceed N");
    out["R"] = prior_posterior_ratio(n, t, s, theta);
  }
  return out;
}

nlohmann::json paired_finite_suite(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const std::int64_t n = count_of(fields, "N");
  const PairCounts seen = counts_of(fields);
  want(seen.wins + seen.losses + seen.zeros <= n, "w + l + z must not exceed N");
  want(n <= 50'000, "N is too large");
  const CountRange range = finite_suite_paired_range(n, seen, fields.alpha());
  nlohmann::json out = {{"cs_W_minus_L", {range.low, range.high}}, {"decided", nullptr}};
  if (range.low > 0) out["decided"] = "A";
  if (range.high < 0) out["decided"] = "B";
  return out;
}

nlohmann::json asymptotic(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  const double sigma = fields.get<double>("sigma");
  want(sigma >= 0, "sigma must not be negative");
  const AsymptoticCs cs =
      asymptotic_cs(positive(fields, "t_star"), sigma, positive(fields, "t"), fields.alpha());
  return {{"rho", cs.rho}, {"half_width", cs.half_width}};
}

nlohmann::json ratio_test(const nlohmann::json& input, const nlohmann::json& params) {
  const Fields fields(input, params);
  return {{"Lambda", msprt(positive(fields, "n"), positive(fields, "V"), positive(fields, "tau2"),
                           fields.get<double>("theta_hat"))}};
}

constexpr StatFunction kFunctions[] = {{"beta_mixture", mixture},
                                       {"beta_mixture_boundary", boundary},
                                       {"anytime_p_path", p_path},
                                       {"betting_mixture", betting},
                                       {"betting_plugin", plugin},
                                       {"ppr_finite_suite", finite_suite},
                                       {"ppr_paired_finite_suite", paired_finite_suite},
                                       {"asymptotic_cs", asymptotic},
                                       {"msprt", ratio_test}};

}  // namespace

extern constinit const StatSubject sequential_subject;
constinit const StatSubject sequential_subject = {"sequential", kFunctions};

}  // namespace leitai
