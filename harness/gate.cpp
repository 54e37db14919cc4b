#include "harness/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/core/error.h"
#include "harness/core/figures.h"
#include "harness/core/suite.h"
#include "harness/core/text.h"
#include "harness/paired_scores.h"
#include "harness/stats/cluster.h"
#include "harness/stats/multiplicity.h"
#include "harness/stats/noninferiority.h"
#include "harness/stats/paired_binary.h"
#include "harness/stats/power.h"
#include "harness/stats/proportion.h"

namespace leitai {

namespace {

constexpr std::size_t kNamedItems = 12;
constexpr double kPower = 0.8;

GateOutcome outcome_of(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::Pass:
      return GateOutcome::Pass;
    case GateVerdict::Regression:
      return GateOutcome::Regression;
    case GateVerdict::Inconclusive:
      break;
  }
  return GateOutcome::Inconclusive;
}

/// Bounds, chance of a loss and what the items can certify, for a change with a standard error.
void fill_by_error(GateCheck& check, double se, double df, double alpha) {
  if (se > 0) {
    const double half = student_quantile(1 - alpha, df) * se;
    check.one_sided = Interval{check.change - half, check.change + half};
    check.p_loss = student_upper_tail(-check.change / se, df);
    check.certifiable = detectable_by_error(se, {2 * alpha, kPower});
  } else {
    // All changes are the same: as no discordant item among as many.
    const auto units = static_cast<std::int64_t>(df) + 1;
    const auto n = static_cast<double>(units);
    const Interval around = tango(units, 0, 0, 2 * alpha);
    check.one_sided = Interval{std::max(-1.0, check.change + around.low),
                               std::min(1.0, check.change + around.high)};
    check.p_loss = check.change < 0 ? std::pow(0.5, n) : 1.0;
    check.certifiable = smallest_margin(n, wilson(0, n).high, alpha, kPower);
  }
  if (check.certifiable && check.margin > 0)
    check.items_needed =
        static_cast<double>(check.n) * std::pow(*check.certifiable / check.margin, 2);
}

/// Items of one suite, candidate in `a`, baseline in `b`.
GateCheck suite_check(std::span<const ScorePair> pairs, double margin, double alpha) {
  GateCheck check;
  check.group = "suite";
  check.n = static_cast<std::int64_t>(pairs.size());
  check.margin = margin;
  std::vector<double> differences;
  std::vector<std::int64_t> clusters;
  bool binary = true;
  for (const ScorePair& pair : pairs) {
    check.candidate += pair.a;
    check.baseline += pair.b;
    check.won += pair.a > pair.b;
    check.lost += pair.a < pair.b;
    binary = binary && (pair.a == 0 || pair.a == 1) && (pair.b == 0 || pair.b == 1);
    differences.push_back(pair.a - pair.b);
    clusters.push_back(pair.cluster);
  }
  const auto n = static_cast<double>(check.n);
  check.candidate /= n;
  check.baseline /= n;
  check.change = check.candidate - check.baseline;
  std::sort(clusters.begin(), clusters.end());
  const bool is_clustered = std::adjacent_find(clusters.begin(), clusters.end()) != clusters.end();
  if (binary && !is_clustered) {
    const NonInferiority test =
        noninferiority_paired(check.n, check.won, check.lost, margin, alpha);
    check.change = test.delta;
    check.one_sided = test.one_sided;
    check.p_loss = 1 - normal_upper_tail(tango_statistic(check.n, check.won, check.lost, 0));
    // With next to nothing discordant the share is known by its upper bound only.
    const auto d = static_cast<double>(check.won + check.lost);
    const double p_d = d >= 6 ? d / n : wilson(d, n).high;
    check.certifiable = smallest_margin(n, p_d, alpha, kPower);
    if (margin > 0) check.items_needed = items_for_margin(p_d, margin, alpha, kPower);
  } else {
    clusters.clear();
    for (const ScorePair& pair : pairs) clusters.push_back(pair.cluster);
    const ClusteredMean mean = clustered_mean(differences, clusters);
    if (mean.se_cluster)
      fill_by_error(check, *mean.se_cluster, static_cast<double>(mean.clusters) - 1, alpha);
  }
  if (check.one_sided)
    check.outcome = outcome_of(gate_verdict(check.change, *check.one_sided, margin));
  return check;
}

void explain(GateCheck& check) {
  const std::string allowed = plain_points(check.margin);
  switch (check.outcome) {
    case GateOutcome::Pass:
      if (check.one_sided && check.one_sided->low > check.margin && check.margin > 0)
        check.why = "better by more than the margin: look for a leak or another scorer";
      return;
    case GateOutcome::Regression:
      check.why = fmt::format(
          "lost {} points ({} to {}), allowed {}{}", plain_points(check.change),
          signed_points(check.one_sided->low), signed_points(check.one_sided->high), allowed,
          check.change < -check.margin ? "" : "; more than half of it, and not chance");
      return;
    case GateOutcome::Inconclusive:
      break;
  }
  if (!check.why.empty()) return;
  if (!check.certifiable) {
    check.why = "too few items for any bound";
  } else if (check.certifiable > check.margin) {
    check.why = fmt::format("{} items certify {} points at best, {} are wanted",
                            with_commas(check.n), plain_points(*check.certifiable), allowed);
    if (check.items_needed)
      check.why +=
          fmt::format("; about {} items would do",
                      with_commas(static_cast<std::int64_t>(std::ceil(*check.items_needed))));
  } else {
    check.why = fmt::format("the change may be as low as {}, allowed -{}",
                            check.one_sided ? signed_points(check.one_sided->low) : "?", allowed);
  }
}

/// Share of items with some status, held by evidence: it fails only where the rise is no chance.
GateCheck status_check(const std::string& name, std::int64_t n, std::int64_t base_only,
                       std::int64_t candidate_only, std::int64_t both, const GateOptions& options) {
  GateCheck check;
  check.group = "status";
  check.name = name;
  check.n = n;
  check.margin = options.status_margin;
  check.won = base_only;
  check.lost = candidate_only;
  check.baseline = static_cast<double>(both + base_only) / static_cast<double>(n);
  check.candidate = static_cast<double>(both + candidate_only) / static_cast<double>(n);
  check.change = check.candidate - check.baseline;
  // A rise is a loss: the signs turn.
  const NonInferiority test =
      noninferiority_paired(n, base_only, candidate_only, options.status_margin, options.alpha);
  check.one_sided = Interval{-test.one_sided.high, -test.one_sided.low};
  if (test.verdict == GateVerdict::Regression) {
    check.outcome = GateOutcome::Regression;
    check.why = fmt::format("{} rose by {} points ({} to {}), allowed {}", name,
                            plain_points(check.change), signed_points(check.one_sided->low),
                            signed_points(check.one_sided->high), plain_points(check.margin));
  } else if (check.change > check.margin) {
    check.outcome = GateOutcome::Inconclusive;
    check.why = fmt::format("{} rose by {} points, allowed {}; it may be chance", name,
                            plain_points(check.change), plain_points(check.margin));
  } else {
    check.outcome = GateOutcome::Pass;
  }
  return check;
}

std::optional<double> margin_for(const std::string& suite, std::int64_t n,
                                 const GateOptions& options) {
  for (const std::string& name : {suite, base_of_suite(suite)})
    if (const auto own = options.margin_of.find(name); own != options.margin_of.end())
      return own->second;
  return options.margin ? options.margin : usual_margin(n);
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Checks of all suites, candidate against one other, and of their mean.
std::vector<GateCheck> checks_against(const ScoreBook& book, const PairedScores& scores,
                                      const std::string& group, double factor,
                                      const GateOptions& options) {
  std::map<std::uint32_t, std::vector<ScorePair>> by_suite, worst;
  std::vector<std::uint32_t> order;
  for (const ScorePair& pair : scores.pairs) {
    auto [at, is_new] = by_suite.try_emplace(pair.suite);
    if (is_new) order.push_back(pair.suite);
    at->second.push_back(pair);
  }
  for (const ScorePair& pair : scores.worst) worst[pair.suite].push_back(pair);
  std::vector<GateCheck> checks;
  for (const std::uint32_t suite : order) {
    const std::vector<ScorePair>& pairs = by_suite[suite];
    const std::string& name = book.suites()[suite].name;
    const auto n = static_cast<std::int64_t>(pairs.size());
    const std::optional<double> margin = margin_for(name, n, options);
    GateCheck check = suite_check(pairs, factor * margin.value_or(0.04), options.alpha);
    check.group = group;
    check.name = name;
    check.decides = margin.has_value();
    const auto missing = static_cast<double>(worst[suite].size() - pairs.size());
    if (missing > options.most_missing * static_cast<double>(worst[suite].size())) {
      const GateCheck low = suite_check(worst[suite], check.margin, options.alpha);
      if (check.outcome == GateOutcome::Pass && low.outcome != GateOutcome::Pass) {
        check.outcome = GateOutcome::Inconclusive;
        check.why = fmt::format(
            "{:.1f} % of the answers are missing; were they wrong, it would not "
            "pass",
            100 * missing / static_cast<double>(worst[suite].size()));
      }
    }
    checks.push_back(std::move(check));
  }
  std::vector<double> p;
  for (const GateCheck& check : checks) p.push_back(check.p_loss);
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < checks.size(); ++i) {
    GateCheck& check = checks[i];
    check.p_loss = adjusted[i];
    if (check.outcome == GateOutcome::Regression && adjusted[i] >= options.alpha) {
      check.outcome = GateOutcome::Inconclusive;
      check.why =
          "lost more than half of what is allowed, which among so many suites may be chance";
    }
    explain(check);
  }
  if (checks.size() < 2) return checks;

  GateCheck macro;
  macro.group = group == "suite" ? "macro" : group;
  macro.name = "all";
  const std::vector<ScorePair> pairs = without_controls(book, scores.pairs);
  const Contrast all =
      weighted_contrast(pairs, suite_weights(book, pairs), {2 * options.alpha, 42});
  macro.n = all.n;
  macro.baseline = all.mean_b;
  macro.candidate = all.mean_a;
  macro.change = all.difference;
  macro.won = all.won;
  macro.lost = all.lost;
  macro.one_sided = all.interval;
  // The two-sided detectable difference at 2 alpha is the smallest margin of the one-sided test.
  macro.certifiable = all.detectable;
  macro.margin = factor * options.macro_margin.value_or(0.01);
  if (macro.certifiable)
    macro.items_needed =
        static_cast<double>(macro.n) * std::pow(*macro.certifiable / macro.margin, 2);
  if (macro.one_sided)
    macro.outcome = outcome_of(gate_verdict(macro.change, *macro.one_sided, macro.margin));
  explain(macro);
  checks.push_back(std::move(macro));
  return checks;
}

void add_statuses(const ScoreBook::Column& base, const ScoreBook::Column& candidate,
                  const PairedScores& scores, const GateOptions& options, GateReport& report) {
  struct Counter {
    const char* name;
    std::uint32_t ItemOutcome::*count;
  };
  for (const auto& [name, count] :
       {Counter{"cut off", &ItemOutcome::cut_off}, Counter{"no answer", &ItemOutcome::no_answer},
        Counter{"refused", &ItemOutcome::refused}}) {
    std::int64_t base_only = 0, candidate_only = 0, both = 0;
    for (const ScorePair& pair : scores.pairs) {
      const bool was = base.outcomes[pair.item].*count > 0,
                 is = candidate.outcomes[pair.item].*count > 0;
      base_only += was && !is;
      candidate_only += is && !was;
      both += was && is;
    }
    report.checks.push_back(status_check(name, static_cast<std::int64_t>(scores.pairs.size()),
                                         base_only, candidate_only, both, options));
  }
  GateCheck failed;
  failed.group = "status";
  failed.name = "failed";
  failed.n = static_cast<std::int64_t>(scores.pairs.size()) + scores.missing;
  const std::int64_t worse = std::max(scores.missing_a, scores.missing_b);
  const auto all = static_cast<double>(std::max<std::int64_t>(1, failed.n));
  failed.candidate = static_cast<double>(scores.missing_a) / all;
  failed.baseline = static_cast<double>(scores.missing_b) / all;
  failed.change = failed.candidate - failed.baseline;
  failed.margin = options.most_missing;
  failed.outcome = static_cast<double>(worse) <= options.most_missing * all
                       ? GateOutcome::Pass
                       : GateOutcome::Inconclusive;
  if (failed.outcome != GateOutcome::Pass)
    failed.why = fmt::format("{} of {} answers failed on one side; at most {:.1f} % may",
                             with_commas(worse), with_commas(failed.n), 100 * options.most_missing);
  report.checks.push_back(std::move(failed));

  std::vector<double> before, after;
  for (const ScorePair& pair : scores.pairs) {
    before.push_back(static_cast<double>(base.outcomes[pair.item].tokens));
    after.push_back(static_cast<double>(candidate.outcomes[pair.item].tokens));
  }
  const double was = median(before), is = median(after);
  if (was > 0 && std::abs(is / was - 1) > options.token_change) {
    report.notes.push_back(
        fmt::format("The median answer takes {:.0f} tokens instead of {:.0f} "
                    "({:+.0f} %).",
                    is, was, 100 * (is / was - 1)));
  }
}

void conclude(GateReport& report) {
  std::vector<const GateCheck*> regressed, open;
  int suites = 0;
  const GateCheck* macro = nullptr;
  for (const GateCheck& check : report.checks) {
    if (!check.decides) continue;
    suites += check.group == "suite";
    if (check.group == "macro") macro = &check;
    if (check.outcome == GateOutcome::Regression) regressed.push_back(&check);
    if (check.outcome == GateOutcome::Inconclusive) open.push_back(&check);
  }
  const auto title = [](const GateCheck& check) {
    if (check.group == "macro") return std::string("the mean over the suites");
    if (check.group == "anchor") return fmt::format("{} against the anchor", check.name);
    return check.name;
  };
  if (!regressed.empty()) {
    report.outcome = GateOutcome::Regression;
    report.sentence = fmt::format("Regression on {}: {}.", title(*regressed[0]), regressed[0]->why);
    if (regressed.size() > 1) {
      std::vector<std::string> others;
      for (std::size_t i = 1; i < regressed.size(); ++i) others.push_back(title(*regressed[i]));
      report.sentence += fmt::format(" Also: {}.", fmt::join(others, ", "));
    }
    return;
  }
  if (!open.empty()) {
    report.outcome = GateOutcome::Inconclusive;
    report.sentence = open[0]->group == "status"
                          ? fmt::format("Inconclusive: nothing regressed, but {}.", open[0]->why)
                          : fmt::format("Inconclusive: nothing regressed, but {} cannot tell: {}.",
                                        title(*open[0]), open[0]->why);
    const bool by_size = open[0]->group != "status" && open[0]->certifiable &&
                         *open[0]->certifiable > open[0]->margin;
    if (by_size)
      report.sentence += fmt::format(
          " Ask more items or samples, widen its margin to {:.1f}{}.",
          std::ceil(1000 * *open[0]->certifiable) / 10,
          open[0]->group == "suite" && suites > 1 ? ", or judge it in the macro gate alone" : "");
    return;
  }
  report.outcome = GateOutcome::Pass;
  const GateCheck& first = report.checks[0];
  if (macro && suites == 0) {
    report.sentence = fmt::format(
        "Pass: the change of the mean over the suites is {}{}, allowed -{}.",
        signed_points(macro->change),
        macro->one_sided ? fmt::format(" ({} to {})", signed_points(macro->one_sided->low),
                                       signed_points(macro->one_sided->high))
                         : "",
        plain_points(macro->margin));
  } else if (macro) {
    report.sentence = fmt::format(
        "Pass: {} {} within {} margin; the change of the mean is {}{}, allowed -{}.", suites,
        suites == 1 ? "suite" : "suites", suites == 1 ? "its" : "their",
        signed_points(macro->change),
        macro->one_sided ? fmt::format(" ({} to {})", signed_points(macro->one_sided->low),
                                       signed_points(macro->one_sided->high))
                         : "",
        plain_points(macro->margin));
  } else {
    report.sentence = fmt::format(
        "Pass: the change on {} is {}{}, allowed -{}.", first.name, signed_points(first.change),
        first.one_sided ? fmt::format(" ({} to {})", signed_points(first.one_sided->low),
                                      signed_points(first.one_sided->high))
                        : "",
        plain_points(first.margin));
  }
}

/// What the candidate was not asked is no pass: the part that was asked may be the easy one.
void check_whole(const PairedScores& scores, const GateOptions& options, GateReport& report) {
  const auto all = static_cast<double>(scores.pairs.size()) + static_cast<double>(scores.missing) +
                   static_cast<double>(scores.not_asked_a);
  if (options.allow_partial ||
      static_cast<double>(scores.not_asked_a) <= options.most_missing * all)
    return;
  GateCheck check;
  check.group = "status";
  check.name = "not asked";
  check.n = static_cast<std::int64_t>(all);
  check.margin = options.most_missing;
  check.candidate = static_cast<double>(scores.not_asked_a) / all;
  check.change = check.candidate;
  check.outcome = GateOutcome::Inconclusive;
  check.why = fmt::format(
      "the candidate was not asked {} of {} items that the baseline has; ask "
      "them, or say --partial",
      with_commas(scores.not_asked_a), with_commas(check.n));
  report.checks.push_back(std::move(check));
}

/// A suite that was left when a comparison was certain holds a part that was chosen by its result.
void distrust_stopped(const ScoreBook::Column& base, const ScoreBook::Column& candidate,
                      GateReport& report) {
  for (GateCheck& check : report.checks) {
    const bool is_stopped =
        base.stopped.contains(check.name) || candidate.stopped.contains(check.name);
    if (check.group == "status" || !is_stopped) continue;
    check.outcome = GateOutcome::Inconclusive;
    check.decides = true;
    check.why = "its answers were stopped early; a gate needs the whole suite";
  }
}

/// Throws Error for a margin of a suite that nobody answered.
void know_margins(const ScoreBook& book, const GateOptions& options) {
  std::set<std::string> names;
  for (const BookSuite& suite : book.suites()) {
    names.insert(suite.name);
    names.insert(base_of_suite(suite.name));
  }
  const std::vector<std::string> known(names.begin(), names.end());
  for (const auto& [name, margin] : options.margin_of) {
    if (names.contains(name)) continue;
    throw Error(fmt::format("--margin: no suite \"{}\" among the answers{}\n        there are: {}",
                            name, did_you_mean(name, known), fmt::join(known, ", ")));
  }
}

/// Nothing can be compared because one side failed throughout.
GateReport dead_report(const PairedScores& scores, const GateOptions& options) {
  GateReport report;
  report.alpha = options.alpha;
  GateCheck check;
  check.group = "status";
  check.name = "failed";
  check.n = scores.missing;
  check.margin = options.most_missing;
  const auto all = static_cast<double>(scores.missing);
  check.candidate = static_cast<double>(scores.missing_a) / all;
  check.baseline = static_cast<double>(scores.missing_b) / all;
  check.change = check.candidate - check.baseline;
  check.why = fmt::format("{} of {} answers of the candidate failed, {} of the baseline",
                          with_commas(scores.missing_a), with_commas(scores.missing),
                          with_commas(scores.missing_b));
  report.sentence =
      fmt::format("Inconclusive: no item has an answer on both sides: {}.", check.why);
  report.checks.push_back(std::move(check));
  return report;
}

}  // namespace

std::optional<double> usual_margin(std::int64_t n) {
  if (n >= 1000) return 0.025;
  if (n >= 400) return 0.04;
  return std::nullopt;
}

GateReport gate(const ScoreBook& book, const std::string& baseline, const std::string& candidate,
                const std::string& anchor, const GateOptions& options) {
  const ScoreBook::Column &base = book.column(baseline), &tested = book.column(candidate);
  const PairedScores scores = paired_scores(book, tested, base);
  know_margins(book, options);
  if (scores.pairs.empty() && scores.missing > 0) return dead_report(scores, options);
  if (scores.pairs.empty()) {
    throw Error(
        "gate: baseline and candidate have no graded item in common\n        without -s, "
        "files of answers must carry grades; -s SUITES grades them");
  }
  GateReport report;
  report.alpha = options.alpha;
  report.checks = checks_against(book, scores, "suite", 1, options);
  const bool has_macro = report.checks.back().group == "macro";
  bool some_decides = has_macro;
  for (const GateCheck& check : report.checks) some_decides = some_decides || check.decides;
  if (!some_decides) {
    const GateCheck& only = report.checks[0];
    throw Error(
        fmt::format("gate: {} has {} items, too few for a usual margin\n        give one "
                    "with --margin POINTS; {} items certify {} points at best",
                    only.name, with_commas(only.n), with_commas(only.n),
                    only.certifiable ? plain_points(*only.certifiable) : "no"));
  }
  for (const GateCheck& check : report.checks)
    if (!check.decides)
      report.notes.push_back(
          fmt::format("{} ({} items) is judged in the mean alone; --margin {}=POINTS gives it a "
                      "margin of its own.",
                      check.name, with_commas(check.n), check.name));
  if (!anchor.empty()) {
    const PairedScores drift = paired_scores(book, tested, book.column(anchor));
    if (drift.pairs.empty())
      throw Error("gate: anchor and candidate have no graded item in common");
    for (GateCheck& check : checks_against(book, drift, "anchor", 2, options))
      report.checks.push_back(std::move(check));
  }
  distrust_stopped(base, tested, report);
  add_statuses(base, tested, scores, options, report);
  check_whole(scores, options, report);
  report.lost_items = better_items(book, scores.pairs, false, kNamedItems);
  report.won_items = better_items(book, scores.pairs, true, kNamedItems);
  for (const ScorePair& pair : scores.pairs) {
    report.lost += pair.a < pair.b;
    report.won += pair.a > pair.b;
  }
  if (scores.not_asked_a + scores.not_asked_b > 0) {
    report.notes.push_back(fmt::format("{} items that only one side was asked are left out.",
                                       with_commas(scores.not_asked_a + scores.not_asked_b)));
  }
  if (scores.on_neither > 0)
    report.notes.push_back(fmt::format("Neither side has an answer to {} items; they are left out.",
                                       with_commas(scores.on_neither)));
  conclude(report);
  return report;
}

std::vector<NoiseRow> calibrate(const ScoreBook& book, const GateOptions& options) {
  const auto& columns = book.columns();
  if (columns.size() < 2)
    throw Error(
        "gate calibrate: at least two sets of answers of the same model are wanted\n        "
        "give --baseline twice, or a run with --samples 2 or more");
  std::map<std::string, NoiseRow> rows;
  std::vector<std::string> order;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t j = i + 1; j < columns.size(); ++j) {
      const PairedScores scores = paired_scores(book, columns[j], columns[i]);
      for (const GateCheck& check : checks_against(book, scores, "suite", 1, options)) {
        auto [at, is_new] = rows.try_emplace(check.name);
        NoiseRow& row = at->second;
        if (is_new) {
          row.suite = check.name;
          order.push_back(check.name);
        }
        ++row.pairs;
        row.items += check.n;
        row.discordant +=
            static_cast<double>(check.won + check.lost) / static_cast<double>(check.n);
        row.certifiable = std::max(row.certifiable, check.certifiable.value_or(0));
        row.margin = check.margin;
        row.passed += check.outcome == GateOutcome::Pass;
        row.alarms += check.outcome == GateOutcome::Regression;
      }
    }
  }
  std::vector<NoiseRow> out;
  for (const std::string& name : order) {
    NoiseRow& row = rows[name];
    row.items /= row.pairs;
    row.discordant /= row.pairs;
    out.push_back(row);
  }
  return out;
}

}  // namespace leitai
