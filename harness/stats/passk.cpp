#include "harness/stats/passk.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace leitai {

namespace {

/// C(m, k) / C(n, k) for m <= n.
double combination_ratio(std::int64_t m, std::int64_t n, std::int64_t k) {
  if (k > m) return 0;
  double ratio = 1;
  for (std::int64_t i = 0; i < k; ++i)
    ratio *= static_cast<double>(m - i) / static_cast<double>(n - i);
  return ratio;
}

/// C(n, 0..k), as doubles: up to n = 1000 they fit.
std::vector<double> combinations(std::size_t n, std::size_t k) {
  std::vector<double> row(k + 1, 0.0);
  row[0] = 1;
  for (std::size_t i = 1; i <= std::min(n, k); ++i)
    row[i] = row[i - 1] * static_cast<double>(n - i + 1) / static_cast<double>(i);
  return row;
}

}  // namespace

std::optional<double> pass_at_k(std::int64_t n, std::int64_t c, std::int64_t k) {
  if (k < 1 || k > n) return std::nullopt;
  return 1 - combination_ratio(n - c, n, k);
}

std::optional<double> pass_hat_k(std::int64_t n, std::int64_t c, std::int64_t k) {
  if (k < 1 || k > n) return std::nullopt;
  return combination_ratio(c, n, k);
}

double pass_at_k_plug_in(std::int64_t n, std::int64_t c, std::int64_t k) {
  return 1 - std::pow(1 - static_cast<double>(c) / static_cast<double>(n), static_cast<double>(k));
}

std::optional<std::size_t> majority_of_first(Votes votes, std::size_t k) {
  struct Tally {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  std::map<std::string_view, Tally> tallies;
  for (std::size_t i = 0; i < std::min(k, votes.size()); ++i) {
    if (!votes[i]) continue;
    Tally& tally = tallies.try_emplace(*votes[i], Tally{i, 0}).first->second;
    ++tally.count;
  }
  const auto before = [](const auto& a, const auto& b) {
    return a.second.count != b.second.count ? a.second.count < b.second.count
                                            : a.second.first > b.second.first;
  };
  const auto winner = std::max_element(tallies.begin(), tallies.end(), before);
  if (winner == tallies.end()) return std::nullopt;
  return winner->second.first;
}

double expected_majority(Votes votes, const std::string& gold, std::size_t k) {
  std::map<std::string_view, std::size_t> counts;
  std::size_t silent = 0;
  for (const auto& vote : votes) vote ? ++counts[*vote] : ++silent;
  const auto of_gold = counts.find(gold);
  if (of_gold == counts.end()) return 0;
  const std::size_t golds = of_gold->second;
  counts.erase(of_gold);

  // For each number m of gold votes: ways[r][j] counts the choices of j samples from the other
  // answers in which none has more than m and r of them have exactly m.
  const std::vector<double> choose_gold = combinations(golds, golds);
  double favourable = 0;
  for (std::size_t m = 1; m <= std::min(golds, k); ++m) {
    const std::size_t rest = k - m;
    const std::size_t most_ties = rest / m;
    std::vector<std::vector<double>> ways(most_ties + 1, std::vector<double>(rest + 1, 0.0));
    ways[0] = combinations(silent, rest);
    for (const auto& [answer, count] : counts) {
      const std::vector<double> choose = combinations(count, std::min(count, m));
      for (std::size_t r = most_ties + 1; r-- > 0;) {
        for (std::size_t j = rest + 1; j-- > 0;) {
          double sum = 0;
          for (std::size_t t = 0; t < choose.size() && t <= j; ++t) {
            if (t < m)
              sum += choose[t] * ways[r][j - t];
            else if (r > 0)
              sum += choose[t] * ways[r - 1][j - t];
          }
          ways[r][j] = sum;
        }
      }
    }
    for (std::size_t r = 0; r <= most_ties; ++r)
      favourable += choose_gold[m] * ways[r][rest] / static_cast<double>(r + 1);
  }
  return favourable / combinations(votes.size(), k)[k];
}

}  // namespace leitai
