#include "harness/board_index.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "harness/core/digest.h"
#include "harness/core/suite.h"
#include "harness/paired_scores.h"
#include "harness/stats/common_bootstrap.h"
#include "harness/stats/rank.h"

namespace leitai {

namespace {

constexpr int kReplicates = 10000;
constexpr int kFewestReplicates = 1000;
constexpr double kMostDraws = 1e9;  // units times replicates
constexpr double kAlpha = 0.05;
constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

/// Items of one suite that every model has a score for.
struct CommonSuite {
  double scale = 0;  // weight / items / (1 - floor)
  std::vector<std::uint32_t> items;
};

struct Columns {
  std::vector<const std::vector<float>*> of;  // by model
  float at(std::size_t model, std::uint32_t item) const {
    const std::vector<float>& scores = *of[model];
    return item < scores.size() ? scores[item] : kNone;
  }
};

}  // namespace

void BoardScores::add(const std::string& model, const std::string& suite, std::uint32_t item,
                      std::uint64_t pair, double score) {
  if (is_known_.size() <= item) is_known_.resize(std::size_t{item} + 1);
  if (!is_known_[item]) {
    is_known_[item] = true;
    suites_[suite].push_back(item);
    if (pair != 0) {
      if (pairs_.size() <= item) pairs_.resize(std::size_t{item} + 1);
      pairs_[item] = pair;
    }
  }
  std::vector<float>& scores = scores_[model];
  if (scores.size() <= item) scores.resize(std::size_t{item} + 1, kNone);
  scores[item] = static_cast<float>(score);
}

Measure BoardScores::right_in_all(const std::string& model, const std::string& suite) const {
  Measure out;
  const auto items = suites_.find(suite);
  const auto column = scores_.find(model);
  if (items == suites_.end() || column == scores_.end()) return out;
  struct Question {
    bool is_whole = true, is_right = true;
  };
  std::unordered_map<std::uint64_t, Question> questions;
  for (const std::uint32_t item : items->second) {
    if (pair_of(item) == 0) continue;
    Question& one = questions[pair_of(item)];
    const float score = item < column->second.size() ? column->second[item] : kNone;
    one.is_whole = one.is_whole && !std::isnan(score);
    one.is_right = one.is_right && score >= 1;
  }
  for (const auto& [pair, one] : questions) {
    if (!one.is_whole) continue;
    out.got += one.is_right ? 1 : 0;
    out.of += 1;
  }
  return out;
}

std::optional<BoardIndex> BoardScores::index(std::span<const std::string> models,
                                             std::span<const BookSuite> suites,
                                             std::uint64_t seed) const {
  BoardIndex out;
  const std::vector<BookSuite> listed(suites.begin(), suites.end());
  const std::vector<double> weights = index_weights(listed);
  static const std::vector<float> kNothing;
  Columns columns;
  for (const std::string& model : models) {
    const auto column = scores_.find(model);
    columns.of.push_back(column == scores_.end() ? &kNothing : &column->second);
  }
  std::vector<CommonSuite> common;
  std::vector<std::vector<double>> sums;  // by suite and model, of the common items
  for (std::size_t s = 0; s < suites.size(); ++s) {
    const auto found = suites_.find(suites[s].name);
    if (found == suites_.end()) return std::nullopt;
    CommonSuite& one = common.emplace_back();
    sums.emplace_back(models.size(), 0.0);
    for (const std::uint32_t item : found->second) {
      std::size_t held = 0;
      for (std::size_t m = 0; m < models.size(); ++m) held += !std::isnan(columns.at(m, item));
      if (held == models.size()) {
        one.items.push_back(item);
        for (std::size_t m = 0; m < models.size(); ++m)
          sums[s][m] += static_cast<double>(columns.at(m, item));
      } else if (held > 0) {
        ++out.left_out;
      }
    }
    if (one.items.empty()) return std::nullopt;
    out.items += static_cast<std::int64_t>(one.items.size());
    one.scale = weights[s] / static_cast<double>(one.items.size()) / (1 - suites[s].floor);
  }

  // Suites whose items are twins of each other are one stratum; its units are the twins together.
  std::map<std::string, std::vector<std::size_t>> families;  // base -> suites
  for (std::size_t s = 0; s < suites.size(); ++s)
    families[base_of_suite(suites[s].name)].push_back(s);
  std::vector<Stratum> strata;
  double floors = 0;  // what chance takes off, the same for all
  for (std::size_t s = 0; s < suites.size(); ++s)
    floors += weights[s] * suites[s].floor / (1 - suites[s].floor);
  double units = 0;
  for (const auto& [base, members] : families) {
    Stratum stratum;
    stratum.models = models.size();
    stratum.seed = hash64({std::to_string(seed), base, "bootstrap"});
    // Of a single suite whole numbers are kept, so that sums and ties are exact.
    const bool is_alone = members.size() == 1;
    if (is_alone) stratum.factor = common[members[0]].scale;
    std::unordered_map<std::uint64_t, std::size_t> unit_of;
    std::size_t most = 0;
    for (const std::size_t member : members) most += common[member].items.size();
    if (pairs_.empty()) stratum.values.reserve(most * models.size());
    for (const std::size_t member : members) {
      const float scale = is_alone ? 1.0F : static_cast<float>(common[member].scale);
      for (const std::uint32_t item : common[member].items) {
        std::size_t unit = stratum.units();
        if (const std::uint64_t pair = pair_of(item); pair != 0)
          unit = unit_of.try_emplace(pair, unit).first->second;
        if (unit == stratum.units())
          stratum.values.resize(stratum.values.size() + models.size(), 0.0F);
        for (std::size_t m = 0; m < models.size(); ++m)
          stratum.values[unit * models.size() + m] += scale * columns.at(m, item);
      }
    }
    units += static_cast<double>(stratum.units());
    strata.push_back(std::move(stratum));
  }
  out.replicates = static_cast<int>(std::clamp(kMostDraws / std::max(1.0, units),
                                               double{kFewestReplicates}, double{kReplicates}));

  // The mean itself from the sums, without the rounding of the strata.
  std::vector<double> means(models.size(), -floors);
  for (std::size_t s = 0; s < suites.size(); ++s)
    for (std::size_t m = 0; m < models.size(); ++m) means[m] += common[s].scale * sums[s][m];
  const auto replicates = common_replicates(strata, out.replicates);
  out.rows.resize(models.size());
  for (std::size_t m = 0; m < models.size(); ++m) {
    const Interval interval = common_interval(strata, m, replicates, kAlpha);
    out.rows[m].mean = means[m];
    out.rows[m].interval = {interval.low - floors, interval.high - floors};
  }
  if (models.size() > 1) {
    const MaxTRanks ranks = rank_sets_max_t(common_means(strata), replicates, kAlpha);
    for (std::size_t m = 0; m < models.size(); ++m) {
      out.rows[m].rank_low = ranks.sets[m].low;
      out.rows[m].rank_high = ranks.sets[m].high;
      out.rows[m].p_best = ranks.p_best[m];
    }
  } else {
    for (IndexRow& row : out.rows) row.p_best = 1;
  }

  const auto leader = [&](const std::vector<double>& values) {
    return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) -
                                    values.begin());
  };
  if (families.size() < 2 || models.size() < 2) return out;
  for (const auto& [base, members] : families) {
    std::vector<BookSuite> rest;
    std::vector<std::size_t> at;
    for (std::size_t s = 0; s < suites.size(); ++s) {
      if (base_of_suite(suites[s].name) == base) continue;
      rest.push_back(suites[s]);
      at.push_back(s);
    }
    const std::vector<double> other = index_weights(rest);
    std::vector<double> values(models.size(), 0.0);
    for (std::size_t i = 0; i < at.size(); ++i)
      for (std::size_t m = 0; m < models.size(); ++m)
        values[m] += other[i] * sums[at[i]][m] / static_cast<double>(common[at[i]].items.size()) /
                     (1 - rest[i].floor);
    if (leader(values) != leader(means))
      out.leads_without.emplace_back(base, models[leader(values)]);
  }
  return out;
}

}  // namespace leitai
