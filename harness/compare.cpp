#include "harness/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "harness/board_cautions.h"
#include "harness/compare_words.h"
#include "harness/contrast.h"
#include "harness/core/error.h"
#include "harness/core/suite.h"
#include "harness/core/text.h"
#include "harness/core/twin.h"
#include "harness/paired_scores.h"
#include "harness/stats/betting.h"

namespace leitai {

namespace {

constexpr std::size_t kNamedItems = 12;  // of those that one side alone got right
constexpr double kExploring = 0.10;      // false discovery rate of languages and tags
constexpr std::int64_t kFewestInGroup = 5;
constexpr std::string_view kCodeTag = "code=";  // before the language of an item's programs

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
  side.prices = column.model.prices;
  side.served = column.served;
  return side;
}

const BookStop* stop_of(const ScoreBook& book, const std::string& suite, const std::string& a,
                        const std::string& b) {
  for (const BookStop& stop : book.stops()) {
    const bool both =
        (stop.first == a && stop.second == b) || (stop.first == b && stop.second == a);
    if (both && stop.suite == suite && stop.seen < stop.items) return &stop;
  }
  return nullptr;
}

/// A suite that was left when the evidence was enough has no fixed number of items: what holds is
/// the statistic that could be looked at any time.
void as_stopped(Contrast& row, const BookStop& stop, std::size_t stops, const std::string& a,
                Comparison& out) {
  const bool turned = stop.first != a;
  const PairCounts counts{turned ? stop.losses : stop.wins, turned ? stop.wins : stop.losses,
                          stop.zeros};
  row.method = stop.rule == "finite" ? "prior-posterior ratio" : "anytime-valid e-value";
  // What was counted is what the statistic saw, not what else had arrived.
  row.n = stop.seen;
  row.won = counts.wins;
  row.lost = counts.losses;
  row.difference =
      static_cast<double>(counts.wins - counts.losses) / static_cast<double>(stop.seen);
  row.p = std::min(1.0, 1 / stop.e_value);
  row.p_adjusted = std::min(1.0, row.p * static_cast<double>(stops));
  row.adjusted_by = stops > 1 ? "Bonferroni" : "";
  row.interval.reset();
  row.detectable.reset();
  row.items_for_a_point.reset();
  if (stop.rule != "finite") row.interval = betting_mixture_interval(counts, stop.alpha);
  row.standing = stop.leader.empty() ? Standing::Indistinguishable
                 : stop.leader == a  ? Standing::Ahead
                                     : Standing::Behind;
  out.cautions.push_back(fmt::format(
      "{} was stopped early, after {} of {} items in an order fixed beforehand: its verdict{} hold "
      "at any time, its means are of the part that was asked.",
      row.name, with_commas(stop.seen), with_commas(stop.items),
      row.interval ? ", p and interval" : " and p"));
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

}  // namespace

Comparison compare(const ScoreBook& book, const std::string& a, const std::string& b,
                   const CompareOptions& options) {
  const ScoreBook::Column &left = book.column(a), &right = book.column(b);
  Comparison out;
  out.alpha = options.alpha;
  out.reducer = to_text(book.reducer());
  out.a = side_of(left);
  out.b = side_of(right);
  const PairedScores common = paired_scores(book, left, right);
  out.has_repeats = common.has_repeats;
  out.a.failed = common.failed_a;
  out.b.failed = common.failed_b;
  out.a.not_asked = common.not_asked_a;
  out.b.not_asked = common.not_asked_b;
  out.ungraded = common.ungraded;
  for (const ScorePair& pair : common.pairs) {
    tally(out.a, left.outcomes[pair.item]);
    tally(out.b, right.outcomes[pair.item]);
  }
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
  const std::vector<ScorePair> ours = without_controls(book, common.pairs);
  const bool has_controls = ours.size() < common.pairs.size();
  out.languages =
      rows_by(ours, "language", row_options, kFewestInGroup, [&](const ScorePair& pair) {
        const std::string& language = book.kinds()[book.items()[pair.item].kind].language;
        return language.empty() ? std::vector<std::string>{} : std::vector{language};
      });
  const auto tags_where = [&](bool is_code) {
    return rows_by(
        common.pairs, is_code ? "code" : "tag", row_options, kFewestInGroup,
        [&](const ScorePair& pair) {
          std::vector<std::string> names;
          const bool is_apart = has_controls && is_control(book.suites()[pair.suite].name);
          for (const std::string& tag : book.kinds()[book.items()[pair.item].kind].tags)
            if (tag.starts_with(kCodeTag) == is_code && (!is_apart || tag.starts_with("twin=")))
              names.push_back(is_code ? tag.substr(kCodeTag.size()) : tag);
          return names;
        });
  };
  out.tags = tags_where(false);
  std::vector<Contrast> codes = tags_where(true);
  adjust(out.suites, Adjustment::Holm, options.alpha);
  bool has_stopped = !left.stopped.empty() || !right.stopped.empty();
  for (Contrast& row : out.suites)
    if (const BookStop* stop = stop_of(book, row.name, a, b))
      as_stopped(row, *stop, book.stops().size(), a, out);
  adjust(out.languages, Adjustment::BenjaminiHochberg, kExploring);
  adjust(out.tags, Adjustment::BenjaminiHochberg, kExploring);
  adjust(codes, Adjustment::BenjaminiHochberg, kExploring);
  // A single language or tag says what the headline says.
  if (out.languages.size() < 2) out.languages.clear();
  if (out.tags.size() < 2) out.tags.clear();
  if (codes.size() > 1) out.tags.insert(out.tags.begin(), codes.begin(), codes.end());

  std::vector<std::string> indexed, controls;
  for (const Contrast& row : out.suites)
    (is_control(row.name) ? controls : indexed).push_back(row.name);
  if (indexed.empty()) indexed.swap(controls);
  const auto overall = [&](const std::vector<ScorePair>& all) {
    const std::vector<ScorePair> pairs = without_controls(book, all);
    if (indexed.size() == 1) return contrast(pairs, row_options);
    return weighted_contrast(pairs, suite_weights(book, pairs), row_options);
  };
  out.headline = overall(common.pairs);
  if (!controls.empty()) out.cautions.push_back(control_words(controls));
  for (const Contrast& row : out.suites)
    if (indexed.size() == 1 && row.name == indexed[0] && stop_of(book, row.name, a, b))
      out.headline = row;
  if (out.suites.size() > 1 && has_stopped)
    out.cautions.push_back(
        "The index, languages and tags hold suites that were stopped early; "
        "their p and intervals suppose a fixed number of items and claim too "
        "much.");
  out.headline.group = indexed.size() == 1 ? "suite" : "index";
  out.headline.name = indexed.size() == 1 ? indexed[0] : "all";
  out.only_a = better_items(book, ours, true, kNamedItems);
  out.only_b = better_items(book, ours, false, kNamedItems);

  Findings findings;
  findings.missing = common.missing;
  findings.doubled = left.doubled + right.doubled;
  if (common.missing > 0) {
    const Contrast high = overall(common.best), low = overall(common.worst);
    findings.bounds = Interval{low.difference, high.difference};
    findings.too_many_missing = common.share_missing() > kMostMissing;
    if (findings.too_many_missing && (high.standing != low.standing))
      out.headline.standing = Standing::Indistinguishable;
  }
  std::set<std::string> bases;
  for (const std::string& name : indexed) bases.insert(base_of_suite(name));
  if (bases.size() > 1 && out.headline.standing != Standing::Indistinguishable) {
    for (const std::string& base : bases) {
      std::vector<ScorePair> rest;
      for (const ScorePair& pair : ours)
        if (base_of_suite(book.suites()[pair.suite].name) != base) rest.push_back(pair);
      const Contrast row = weighted_contrast(rest, suite_weights(book, rest, base), row_options);
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
