#include "harness/paired_scores.h"

#include <algorithm>
#include <map>
#include <set>

#include "harness/core/suite.h"
#include "harness/core/twin.h"

namespace leitai {

namespace {

std::vector<std::int64_t> cluster_numbers(const ScoreBook& book) {
  // Items without a pair key are clusters of their own, numbered after those with one.
  std::vector<bool> has_twins;  // by suite, twins included
  for (const BookSuite& suite : book.suites()) {
    const bool is_twin = is_control(suite.name);
    has_twins.push_back(is_twin || std::any_of(book.suites().begin(), book.suites().end(),
                                               [&](const BookSuite& other) {
                                                 return other.name ==
                                                        std::string(kTwins) + suite.name;
                                               }));
  }
  const auto key_of = [&](const ScoreBook::Item& item) {
    if (!item.pair.empty() || !has_twins[item.suite]) return item.pair;
    return twin_pair_key(book.suites()[item.suite].name, item.id);
  };
  std::map<std::string, std::int64_t> keys;
  std::vector<std::int64_t> out(book.items().size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::string key = key_of(book.items()[i]);
    out[i] = key.empty()
                 ? -1
                 : keys.try_emplace(key, static_cast<std::int64_t>(keys.size())).first->second;
  }
  const auto named = static_cast<std::int64_t>(keys.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    if (out[i] < 0) out[i] = named + static_cast<std::int64_t>(i);
  return out;
}

}  // namespace

PairedScores paired_scores(const ScoreBook& book, const ScoreBook::Column& a,
                           const ScoreBook::Column& b) {
  PairedScores out;
  const std::vector<std::int64_t> clusters = cluster_numbers(book);
  std::vector<ScorePair> for_a, for_b;  // what is missing, filled in for one side
  for (std::size_t i = 0; i < book.items().size(); ++i) {
    const ItemOutcome &left = a.outcomes[i], &right = b.outcomes[i];
    if (left.samples == 0 && right.samples == 0) continue;
    ScorePair pair{static_cast<std::uint32_t>(i), book.items()[i].suite, clusters[i], left.score,
                   right.score};
    out.has_repeats = out.has_repeats || left.samples > 1 || right.samples > 1;
    if (left.is_scored() && right.is_scored()) {
      out.pairs.push_back(pair);
      continue;
    }
    // What nobody graded, or nobody was asked, misses nothing.
    const bool failed_a = !left.is_scored() && left.failed > 0,
               failed_b = !right.is_scored() && right.failed > 0;
    out.failed_a += failed_a;
    out.failed_b += failed_b;
    out.ungraded += left.ungraded > 0 || right.ungraded > 0;
    out.not_asked_a += left.samples == 0;
    out.not_asked_b += right.samples == 0;
    const auto is_absent = [](const ItemOutcome& outcome) {
      return outcome.failed > 0 && outcome.refused_requests == outcome.failed;
    };
    if (failed_a && failed_b && is_absent(left) && is_absent(right)) {
      ++out.on_neither;
      continue;
    }
    // The other side must say something: a score, or that it failed too.
    if (!(failed_a && (failed_b || right.is_scored())) && !(failed_b && left.is_scored())) continue;
    ++out.missing;
    out.missing_a += failed_a;
    out.missing_b += failed_b;
    if (failed_a) pair.a = 1;
    if (failed_b) pair.b = 0;
    for_a.push_back(pair);
    if (failed_a) pair.a = 0;
    if (failed_b) pair.b = 1;
    for_b.push_back(pair);
  }
  out.best = out.pairs;
  out.best.insert(out.best.end(), for_a.begin(), for_a.end());
  out.worst = out.pairs;
  out.worst.insert(out.worst.end(), for_b.begin(), for_b.end());
  return out;
}

std::vector<ScorePair> without_controls(const ScoreBook& book,
                                        const std::vector<ScorePair>& pairs) {
  std::vector<ScorePair> out;
  for (const ScorePair& pair : pairs)
    if (!is_control(book.suites()[pair.suite].name)) out.push_back(pair);
  return out.empty() ? pairs : out;
}

std::vector<SuiteWeight> suite_weights(const ScoreBook& book, const std::vector<ScorePair>& pairs,
                                       const std::string& without) {
  std::set<std::uint32_t> present;
  for (const ScorePair& pair : pairs) present.insert(pair.suite);
  std::vector<BookSuite> suites;
  std::vector<std::uint32_t> at;
  for (const std::uint32_t suite : present) {
    if (!without.empty() && base_of_suite(book.suites()[suite].name) == without) continue;
    suites.push_back(book.suites()[suite]);
    at.push_back(suite);
  }
  const std::vector<double> weights = index_weights(suites);
  std::vector<SuiteWeight> out(book.suites().size());
  for (std::size_t i = 0; i < at.size(); ++i) out[at[i]] = {weights[i], suites[i].floor};
  return out;
}

std::vector<double> index_weights(const std::vector<BookSuite>& suites) {
  std::map<std::string, std::map<std::string, int>> families;  // family -> suite -> subsets
  const bool has_others = std::any_of(
      suites.begin(), suites.end(), [](const BookSuite& suite) { return !is_control(suite.name); });
  for (const BookSuite& suite : suites)
    if (!has_others || !is_control(suite.name)) ++families[suite.family][base_of_suite(suite.name)];
  std::vector<double> out;
  for (const BookSuite& suite : suites) {
    if (has_others && is_control(suite.name)) {
      out.push_back(0);
      continue;
    }
    const auto& family = families[suite.family];
    out.push_back(1.0 / static_cast<double>(families.size()) / static_cast<double>(family.size()) /
                  family.at(base_of_suite(suite.name)));
  }
  return out;
}

std::vector<std::string> better_items(const ScoreBook& book, const std::vector<ScorePair>& pairs,
                                      bool of_a, std::size_t most) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> by_suite;
  for (const ScorePair& pair : pairs) {
    if (!(of_a ? pair.a > pair.b : pair.b > pair.a)) continue;
    std::vector<std::uint32_t>& items = by_suite[pair.suite];
    if (items.size() < most) items.push_back(pair.item);
  }
  std::vector<std::string> out;
  for (std::size_t round = 0; round < most; ++round)
    for (const auto& [suite, items] : by_suite)
      if (round < items.size() && out.size() < most) out.push_back(book.name_of(items[round]));
  return out;
}

}  // namespace leitai
