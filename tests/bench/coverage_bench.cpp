// Does each interval cover, and each test err, as often as it should? Goes through the designs of
// shared/golden/stats/coverage.jsonl: exact sums where the sample space is small, else 20,000 runs
// with fixed seeds. A row holds where |estimate - expected| <= 4 standard errors of both. Rows of
// methods that are known to be wrong show that the bench would notice. Arguments: [runs].

#include <fmt/format.h>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "harness/core/digest.h"
#include "harness/core/random.h"
#include "harness/stats/betting.h"
#include "harness/stats/bootstrap.h"
#include "harness/stats/cluster.h"
#include "harness/stats/finite_suite.h"
#include "harness/stats/noninferiority.h"
#include "harness/stats/paired_binary.h"
#include "harness/stats/paired_graded.h"
#include "harness/stats/power.h"
#include "harness/stats/proportion.h"
#include "harness/stats/quantile.h"
#include "harness/stats/sequential.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

int runs = 20000;

bool covers(const Interval& interval, double value) {
  return interval.low <= value && value <= interval.high;
}

double draw_beta(SplitMix64& random, double a, double b) {
  return boost::math::ibeta_inv(a, b, std::min(random.u01() + 1e-300, 1 - 1e-16));
}

Interval wald(double k, double n) {
  const double p = k / n, half = 1.959963984540054 * std::sqrt(p * (1 - p) / n);
  return {p - half, p + half};
}

/// Sum over the binomial of what `hit` says for k of n.
template <typename Hit>
double over_binomial(std::int64_t n, double p, Hit hit) {
  const boost::math::binomial distribution(static_cast<double>(n), p);
  double sum = 0;
  for (std::int64_t k = 0; k <= n; ++k) {
    const double weight = boost::math::pdf(distribution, static_cast<double>(k));
    if (weight > 1e-16 && hit(k)) sum += weight;
  }
  return sum;
}

/// Sum over the trinomial (b, c, rest).
template <typename Hit>
double over_trinomial(std::int64_t n, double p_b, double p_c, Hit hit) {
  double sum = 0;
  const boost::math::binomial first(static_cast<double>(n), p_b);
  for (std::int64_t b = 0; b <= n; ++b) {
    const double weight = boost::math::pdf(first, static_cast<double>(b));
    if (weight < 1e-13) continue;
    const boost::math::binomial second(static_cast<double>(n - b), p_c / (1 - p_b));
    for (std::int64_t c = 0; c <= n - b; ++c) {
      const double both = weight * boost::math::pdf(second, static_cast<double>(c));
      if (both > 1e-14 && hit(b, c)) sum += both;
    }
  }
  return sum;
}

/// Share of `runs` in which `hit` is true.
template <typename Hit>
double simulated(SplitMix64& random, Hit hit) {
  int hits = 0;
  for (int run = 0; run < runs; ++run) hits += hit(random);
  return static_cast<double>(hits) / runs;
}

std::optional<double> proportion(const Json& design, const std::string& method) {
  const std::int64_t n = design["n"];
  const double p = design["p"], size = static_cast<double>(n);
  const auto sum = [&](auto interval) {
    return over_binomial(n, p, [&](std::int64_t k) { return covers(interval(k), p); });
  };
  if (method == "wilson")
    return sum([&](std::int64_t k) { return wilson(static_cast<double>(k), size); });
  if (method == "clopper_pearson")
    return sum([&](std::int64_t k) { return clopper_pearson(k, n); });
  if (method == "jeffreys") return sum([&](std::int64_t k) { return jeffreys(k, n); });
  if (method == "wald")
    return sum([&](std::int64_t k) { return wald(static_cast<double>(k), size); });
  if (!method.starts_with("bootstrap p") && method != "bootstrap BCa") return std::nullopt;
  if (!design.contains("B")) return std::nullopt;
  // The interval depends on k alone, but for its own draws: one bootstrap a value of k.
  std::map<std::int64_t, bool> hit;
  return over_binomial(n, p, [&](std::int64_t k) {
    std::vector<double> values(static_cast<std::size_t>(n), 0.0);
    std::fill_n(values.begin(), k, 1.0);
    const BootstrapMean got = bootstrap_mean(
        values, 1, {.seed = static_cast<std::uint64_t>(k) + 1, .replicates = design["B"]});
    if (method == "bootstrap BCa")
      return covers(got.bca.interval.value_or(Interval{k == 0 ? 0.0 : 1.0, k == 0 ? 0.0 : 1.0}), p);
    return covers(got.percentile, p);
  });
}

std::optional<double> paired(const Json& design, const std::string& method) {
  const std::int64_t n = design["N"];
  const double p_b = design["p_b"], p_c = design["p_c"];
  const auto sum = [&](auto interval) {
    return over_trinomial(n, p_b, p_c, [&](std::int64_t b, std::int64_t c) {
      return covers(interval(PairedTable{0, b, c, n - b - c}), p_b - p_c);
    });
  };
  if (method == "tango")
    return sum([&](const PairedTable& t) { return tango(n, t.only_a, t.only_b); });
  if (method == "wald") return sum([](const PairedTable& t) { return paired_wald(t); });
  if (method == "agresti_min") return sum([](const PairedTable& t) { return agresti_min(t); });
  return std::nullopt;
}

std::optional<double> clustered(const Json& design, const std::string& method, SplitMix64& random) {
  const int clusters = design["clusters"], size = design["size"];
  const double icc = design["icc"], p = design["p"];
  const double a = p * (1 / icc - 1), b = (1 - p) * (1 / icc - 1);
  return simulated(random, [&](SplitMix64& r) {
    std::vector<double> x;
    std::vector<std::int64_t> cluster;
    for (int c = 0; c < clusters; ++c) {
      const double own = draw_beta(r, a, b);
      for (int i = 0; i < size; ++i) {
        x.push_back(r.u01() < own ? 1 : 0);
        cluster.push_back(c);
      }
    }
    if (method.starts_with("naive")) {  // the textbook's, with z and n
      const double k = std::accumulate(x.begin(), x.end(), 0.0);
      return covers(wald(k, static_cast<double>(x.size())), p);
    }
    const ClusteredMean got = clustered_mean(x, cluster);
    return covers(*got.interval, p);
  });
}

std::optional<double> graded(const Json& design, SplitMix64& random) {
  const int n = design["n"];
  const double a = design["a"], b = design["b"];
  return simulated(random, [&](SplitMix64& r) {
    std::vector<double> x;
    for (int i = 0; i < n; ++i) x.push_back(draw_beta(r, a, b));
    return covers(*paired_t(x).interval, a / (a + b));
  });
}

std::optional<double> repeats(const Json& design, const std::string& method, SplitMix64& random) {
  const int n = design["n"], k = design["K"];
  const double a = design["a"], b = design["b"];
  return simulated(random, [&](SplitMix64& r) {
    std::vector<double> means, all;
    for (int i = 0; i < n; ++i) {
      const double p = draw_beta(r, a, b);
      double sum = 0;
      for (int j = 0; j < k; ++j) {
        all.push_back(r.u01() < p ? 1 : 0);
        sum += all.back();
      }
      means.push_back(sum / k);
    }
    return covers(*paired_t(method.starts_with("nK") ? all : means).interval, a / (a + b));
  });
}

std::optional<double> anytime(const Json& design, const std::string& method, SplitMix64& random) {
  if (design["kind"] == "discordant pairs, fair coin") {
    const double a = method.find("a=10") != std::string::npos ? 10 : 1;
    const int most = design["max_discordant"];
    std::vector<std::int64_t> bound;  // fewest wins of d that reject
    for (int d = 0; d <= most; ++d)
      bound.push_back(beta_mixture_boundary(d, a, 0.05).value_or(d + 1));
    return simulated(random, [&](SplitMix64& r) {
      std::int64_t w = 0;
      for (int d = 1; d <= most; ++d) {
        w += static_cast<std::int64_t>(r.next() >> 63);
        if (std::max(w, d - w) >= bound[static_cast<std::size_t>(d)]) return true;
      }
      return false;
    });
  }
  if (design["kind"] == "ternary differences, no effect") {
    const int n = design["n"];
    const double p_d = design["p_d"];
    return simulated(random, [&](SplitMix64& r) {
      PairCounts counts;
      for (int i = 0; i < n; ++i) {
        const double u = r.u01();
        counts.wins += u < p_d / 2;
        counts.losses += u >= p_d / 2 && u < p_d;
        counts.zeros += u >= p_d;
        // Between two discordant items E falls: to look at these is enough.
        if (u < p_d &&
            0.5 * (betting_mixture_plus(counts, 0.5) + betting_mixture_minus(counts, 0.5)) >= 20)
          return true;
      }
      return false;
    });
  }
  if (design["kind"] == "finite suite without replacement") {
    const std::int64_t n = design["N"], theta = design["theta"];
    return simulated(random, [&](SplitMix64& r) {
      std::int64_t left = n, right = theta, seen = 0, successes = 0;
      while (left > 0) {
        const bool hit =
            static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(left))) < right;
        --left;
        right -= hit;
        ++seen;
        successes += hit;
        if (prior_posterior_ratio(n, seen, successes, theta) >= 20) return true;
      }
      return false;
    });
  }
  const int n = design["n"];
  return simulated(random, [&](SplitMix64& r) {
    std::vector<double> d;
    for (int i = 0; i < n; ++i) d.push_back(static_cast<double>(r.below(11)) - 5);
    return sign_flip(d).p <= 0.05;
  });
}

std::optional<double> estimate(const Json& design, const std::string& method, SplitMix64& random) {
  const std::string kind = design["kind"];
  if (kind == "one proportion") return proportion(design, method);
  if (kind == "paired binary") return paired(design, method);
  if (kind == "paired binary, no difference") {
    const double half = design["p_d"].get<double>() / 2;
    const McNemarPower got = exact_power_mcnemar(design["N"], half, half);
    return method == "mcnemar_exact" ? got.exact : got.midp;
  }
  if (kind.starts_with("non-inferiority")) {
    const std::int64_t n = design["N"];
    const double p_d = design["p_d"], margin = design["margin"];
    const double delta = kind == "non-inferiority at the margin" ? -margin : 0;
    return over_trinomial(n, (p_d + delta) / 2, (p_d - delta) / 2,
                          [&](std::int64_t b, std::int64_t c) {
                            return tango_statistic(n, b, c, -margin) > 1.6448536269514722;
                          });
  }
  if (kind.starts_with("clustered")) return clustered(design, method, random);
  if (kind.starts_with("graded")) return graded(design, random);
  if (kind.starts_with("n items x K")) return repeats(design, method, random);
  return anytime(design, method, random);
}

int table() {
  const auto path = test::shared_dir() / "golden/stats/coverage.jsonl";
  if (test::shared_dir().empty() || !std::filesystem::exists(path)) {
    fmt::print("coverage: skipped, ../shared/golden/stats/coverage.jsonl is not there\n");
    return 0;
  }
  int held = 0, all = 0, left = 0;
  std::map<std::string, int> others;
  for (const Json& row : test::read_jsonl(path)) {
    const std::string id = row["id"], method = row["method"];
    SplitMix64 random(hash64({id}));
    const std::optional<double> got = estimate(row["design"], method, random);
    if (!got) {
      ++left;
      ++others[method];
      continue;
    }
    const double want = row["value"], mc = row["mc_se"];
    const bool exact = row["how"] == "exact summation";
    const double slack = exact ? 1e-6 : 4 * std::sqrt(want * (1 - want) / runs + mc * mc);
    // What must only stay below its level may stay below it.
    const bool bounded = row.value("note", "").starts_with("must be <=");
    const bool holds =
        bounded ? *got <= 0.05 + 4 * std::sqrt(0.05 * 0.95 / runs) : std::abs(*got - want) <= slack;
    ++all;
    held += holds;
    fmt::print("{:8} {:62.62} {:38.38} {:5.1f} % expected {:5.1f} %{}\n", id, row["design"].dump(),
               method, 100 * *got, 100 * want, holds ? "" : "   DIFFERS");
  }
  fmt::print(
      "coverage: {} of {} designs as expected; {} rows are of methods that leitai does not "
      "have:",
      held, all, left);
  for (const auto& [name, n] : others) fmt::print(" {} ({})", name, n);
  fmt::print("\n");
  return held == all ? 0 : 1;
}

}  // namespace
}  // namespace leitai

int main(int argc, char** argv) {
  if (argc > 1) leitai::runs = std::max(100, std::atoi(argv[1]));
  return leitai::table();
}
