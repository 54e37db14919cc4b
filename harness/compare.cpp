#include "harness/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "harness/compare_words.h"
#include "harness/contrast.h"
#include "harness/core/error.h"
#include "harness/core/suite.h"

namespace leitai {

namespace {

constexpr std::size_t kNamedItems = 12;  // of those that one side alone got right
constexpr double kExploring = 0.10;      // false discovery rate of languages and tags
constexpr std::int64_t kFewestInGroup = 5;

/// Items in the comparison, and those that miss a score of one side.
struct Common {
  std::vector<ScorePair> pairs;
  std::vector<ScorePair>
      with_gaps_right;  // the same and the missing ones, missing A right, B wrong
  std::vector<ScorePair> with_gaps_wrong;  // missing A wrong, B right
  std::int64_t missing = 0;
};

std::vector<std::int64_t> cluster_numbers(const ScoreBook& book) {
  // Items without a pair key are clusters of their own, numbered after those with one.
  std::map<std::string, std::int64_t> keys;
  std::vector<std::int64_t> out(book.items().size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const ScoreBook::Item& item = book.items()[i];
    if (!item.pair.empty()) keys.try_emplace(item.pair, static_cast<std::int64_t>(keys.size()));
  }
  const auto named = static_cast<std::int64_t>(keys.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const ScoreBook::Item& item = book.items()[i];
    out[i] = item.pair.empty() ? named + static_cast<std::int64_t>(i) : keys[item.pair];
  }
  return out;
}

void tally(Side& side, const ItemOutcome& outcome) {
  side.cut_off += outcome.cut_off > 0;
  side.refused += outcome.refused > 0;
  side.no_answer += outcome.no_answer > 0;
  side.tokens += static_cast<double>(outcome.tokens);
  side.total_ms += outcome.total_ms;
  side.cost += outcome.cost;
}

Side side_of(const ScoreBook::Column& column) {
  Side side;
  side.model = column.model.id;
  side.describe = column.model.describe;
  side.protocol = column.model.protocol;
  side.currency = column.currency;
  side.served = column.served;
  return side;
}

Common common_items(const ScoreBook& book, const ScoreBook::Column& a, const ScoreBook::Column& b,
                    Comparison& out) {
  Common common;
  const std::vector<std::int64_t> clusters = cluster_numbers(book);
  for (std::size_t i = 0; i < book.items().size(); ++i) {
    const ItemOutcome &left = a.outcomes[i], &right = b.outcomes[i];
    if (left.samples == 0 && right.samples == 0) continue;
    ScorePair pair{static_cast<std::uint32_t>(i), book.items()[i].suite, clusters[i], left.score,
                   right.score};
    out.has_repeats = out.has_repeats || left.samples > 1 || right.samples > 1;
    if (left.is_scored() && right.is_scored()) {
      common.pairs.push_back(pair);
      tally(out.a, left);
      tally(out.b, right);
      continue;
    }
    // What nobody graded, or nobody was asked, misses nothing.
    const bool failed_a = !left.is_scored() && left.failed > 0,
               failed_b = !right.is_scored() && right.failed > 0;
    out.a.failed += failed_a;
    out.b.failed += failed_b;
    out.a.ungraded += left.ungraded > 0;
    out.b.ungraded += right.ungraded > 0;
    if (left.samples == 0) ++out.a.not_asked;
    if (right.samples == 0) ++out.b.not_asked;
    if (failed_a && failed_b) continue;  // on neither side: no answer was to be had
    if (!failed_a && !failed_b) continue;
    ++common.missing;
    if (failed_a) pair.a = 1;
    if (failed_b) pair.b = 0;
    common.with_gaps_right.push_back(pair);
    if (failed_a) pair.a = 0;
    if (failed_b) pair.b = 1;
    common.with_gaps_wrong.push_back(pair);
  }
  return common;
}

std::vector<SuiteWeight> weights_of(const ScoreBook& book, const std::vector<ScorePair>& pairs,
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

/// Rows by a name of each item; groups of a few items are left out.
std::vector<Contrast> rows_by(
    const std::vector<ScorePair>& pairs, const std::string& group, const ContrastOptions& options,
    std::int64_t fewest, const std::function<std::vector<std::string>(const ScorePair&)>& names) {
  std::map<std::string, std::vector<ScorePair>> groups;
  std::vector<std::string> order;
  for (const ScorePair& pair : pairs) {
    for (const std::string& name : names(pair)) {
      auto [at, is_new] = groups.try_emplace(name);
      if (is_new) order.push_back(name);
      at->second.push_back(pair);
    }
  }
  std::vector<Contrast> rows;
  for (const std::string& name : order) {
    if (static_cast<std::int64_t>(groups[name].size()) < fewest) continue;
    Contrast row = contrast(groups[name], options);
    row.group = group;
    row.name = name;
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Turns with the suite: the first of each, then the second of each.
std::vector<std::string> first_items(const ScoreBook& book, const std::vector<ScorePair>& pairs,
                                     bool of_a) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> by_suite;
  for (const ScorePair& pair : pairs) {
    if (of_a ? pair.a > pair.b : pair.b > pair.a) {
      auto& items = by_suite[pair.suite];
      if (items.size() < kNamedItems) items.push_back(pair.item);
    }
  }
  std::vector<std::string> out;
  for (std::size_t round = 0; round < kNamedItems; ++round)
    for (const auto& [suite, items] : by_suite)
      if (round < items.size() && out.size() < kNamedItems)
        out.push_back(book.name_of(items[round]));
  return out;
}

}  // namespace

std::vector<double> index_weights(const std::vector<BookSuite>& suites) {
  std::map<std::string, std::map<std::string, int>> families;  // family -> suite -> subsets
  for (const BookSuite& suite : suites) ++families[suite.family][base_of_suite(suite.name)];
  std::vector<double> out;
  for (const BookSuite& suite : suites) {
    const auto& family = families[suite.family];
    out.push_back(1.0 / static_cast<double>(families.size()) / static_cast<double>(family.size()) /
                  family.at(base_of_suite(suite.name)));
  }
  return out;
}

Comparison compare(const ScoreBook& book, const std::string& a, const std::string& b,
                   const CompareOptions& options) {
  const ScoreBook::Column &left = book.column(a), &right = book.column(b);
  Comparison out;
  out.alpha = options.alpha;
  out.reducer = to_text(book.reducer());
  out.a = side_of(left);
  out.b = side_of(right);
  const Common common = common_items(book, left, right, out);
  if (common.pairs.empty()) {
    throw Error(
        fmt::format("{} and {} have no graded item in common\n        leitai ls runs shows "
                    "what is stored; --ask asks for what is missing",
                    a, b));
  }
  const ContrastOptions row_options{options.alpha, options.seed};
  out.suites = rows_by(common.pairs, "suite", row_options, 1, [&](const ScorePair& pair) {
    return std::vector<std::string>{book.suites()[pair.suite].name};
  });
  out.languages =
      rows_by(common.pairs, "language", row_options, kFewestInGroup, [&](const ScorePair& pair) {
        const std::string& language = book.kinds()[book.items()[pair.item].kind].language;
        return language.empty() ? std::vector<std::string>{} : std::vector{language};
      });
  out.tags = rows_by(common.pairs, "tag", row_options, kFewestInGroup, [&](const ScorePair& pair) {
    return book.kinds()[book.items()[pair.item].kind].tags;
  });
  adjust(out.suites, Adjustment::Holm, options.alpha);
  adjust(out.languages, Adjustment::BenjaminiHochberg, kExploring);
  adjust(out.tags, Adjustment::BenjaminiHochberg, kExploring);
  // A single language or tag says what the headline says.
  if (out.languages.size() < 2) out.languages.clear();
  if (out.tags.size() < 2) out.tags.clear();

  const auto overall = [&](const std::vector<ScorePair>& pairs, const std::string& without) {
    if (out.suites.size() == 1) return contrast(pairs, row_options);
    return weighted_contrast(pairs, weights_of(book, pairs, without), row_options);
  };
  out.headline = overall(common.pairs, "");
  out.headline.group = out.suites.size() == 1 ? "suite" : "index";
  out.headline.name = out.suites.size() == 1 ? out.suites[0].name : "all";
  out.only_a = first_items(book, common.pairs, true);
  out.only_b = first_items(book, common.pairs, false);

  Findings findings;
  findings.missing = common.missing;
  findings.doubled = left.doubled + right.doubled;
  if (common.missing > 0) {
    std::vector<ScorePair> best = common.pairs, worst = common.pairs;
    best.insert(best.end(), common.with_gaps_right.begin(), common.with_gaps_right.end());
    worst.insert(worst.end(), common.with_gaps_wrong.begin(), common.with_gaps_wrong.end());
    const Contrast high = overall(best, ""), low = overall(worst, "");
    findings.bounds = Interval{low.difference, high.difference};
    const double share =
        static_cast<double>(common.missing) / static_cast<double>(common.missing + out.headline.n);
    findings.too_many_missing = share > kMostMissing;
    if (findings.too_many_missing && (high.standing != low.standing))
      out.headline.standing = Standing::Indistinguishable;
  }
  std::set<std::string> bases;
  for (const Contrast& row : out.suites) bases.insert(base_of_suite(row.name));
  if (bases.size() > 1 && out.headline.standing != Standing::Indistinguishable) {
    for (const std::string& base : bases) {
      std::vector<ScorePair> rest;
      for (const ScorePair& pair : common.pairs)
        if (base_of_suite(book.suites()[pair.suite].name) != base) rest.push_back(pair);
      const Contrast row = weighted_contrast(rest, weights_of(book, rest, base), row_options);
      if (row.standing != out.headline.standing) findings.rests_on.emplace_back(base, row);
    }
  }
  for (const Contrast& row : out.suites) {
    for (const BookSuite& suite : book.suites())
      if (suite.name == row.name && suite.scorer.starts_with("published"))
        findings.has_published_grades = true;
  }
  if (out.suites.size() == 1) out.suites.clear();
  describe(out, findings);
  return out;
}

}  // namespace leitai
