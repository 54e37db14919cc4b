#include "harness/resolution.h"

#include <cmath>
#include <map>

#include "harness/paired_scores.h"
#include "harness/stats/power.h"

namespace leitai {

namespace {

constexpr std::int64_t kTelling = 50;  // paired items from which a measured share is better

/// Mean share of discordant items over all pairs of models, by suite.
std::map<std::string, double> measured(const ScoreBook& book) {
  std::map<std::string, std::pair<double, double>> sums;  // discordant, items
  const auto& columns = book.columns();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t j = i + 1; j < columns.size(); ++j) {
      for (const ScorePair& pair : paired_scores(book, columns[i], columns[j]).pairs) {
        auto& [discordant, items] = sums[book.suites()[pair.suite].name];
        discordant += pair.a != pair.b;
        ++items;
      }
    }
  }
  std::map<std::string, double> out;
  for (const auto& [suite, sum] : sums)
    if (sum.second >= static_cast<double>(kTelling) && sum.first > 0)
      out[suite] = sum.first / sum.second;
  return out;
}

}  // namespace

std::vector<Resolution> resolution_of(const std::vector<BookSuite>& suites,
                                      const std::vector<std::int64_t>& items, const ScoreBook* book,
                                      std::optional<double> wanted) {
  const std::map<std::string, double> known =
      book ? measured(*book) : std::map<std::string, double>{};
  std::vector<Resolution> out;
  const std::vector<double> weights = index_weights(suites);
  double variance = 0;
  std::int64_t all = 0;
  for (std::size_t i = 0; i < suites.size(); ++i) {
    Resolution row;
    row.name = suites[i].name;
    row.items = items[i];
    if (const auto found = known.find(row.name); found != known.end()) {
      row.discordance = found->second;
      row.is_measured = true;
    }
    const auto n = static_cast<double>(row.items);
    if (row.items > 0) {
      const Detectable got = detectable_paired_binary(n, row.discordance);
      if (got.feasible) row.smallest = got.delta;
      const double scale = weights[i] / (1 - suites[i].floor);
      variance += scale * scale * row.discordance / n;
      if (weights[i] > 0) all += row.items;
    }
    if (wanted && *wanted <= row.discordance)
      row.items_needed = items_for_paired_binary(row.discordance, *wanted);
    out.push_back(std::move(row));
  }
  if (suites.size() < 2 || all == 0) return out;
  Resolution index;
  index.name = "all";
  index.items = all;
  index.discordance = 0;
  index.smallest = detectable_by_error(std::sqrt(variance));
  if (wanted)
    index.items_needed = static_cast<double>(all) * std::pow(*index.smallest / *wanted, 2);
  out.push_back(std::move(index));
  return out;
}

}  // namespace leitai
