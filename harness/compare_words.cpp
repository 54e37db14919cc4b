#include "harness/compare_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/core/figures.h"
#include "harness/core/text.h"
#include "harness/stats/power.h"

namespace leitai {

namespace {

constexpr double kManyCutOff = 0.01;     // share of items above which a caution is due
constexpr double kWorthSaying = 1.1;     // ratio of cost or speed
constexpr std::size_t kNamedBuilds = 4;  // of a served model

std::string between(const Interval& interval) {
  return fmt::format("{} to {}", signed_points(interval.low), signed_points(interval.high));
}

/// "p < .001", "p = .041"
std::string p_words(double p) {
  const std::string text = chance_text(p);
  return text.starts_with('<') ? "p " + text : "p = " + text;
}

std::string items(std::int64_t n) {
  return fmt::format("{} {}", with_commas(n), n == 1 ? "item" : "items");
}

/// "and costs 4.6 times as much", "" where it costs about the same or nobody knows.
std::string cost_clause(const Comparison& c) {
  if (c.a.currency.empty() || c.a.currency != c.b.currency) return "";
  if (!(c.a.cost > 0 && c.b.cost > 0)) return "";
  const double ratio = c.a.cost / c.b.cost;
  if (ratio >= kWorthSaying) return fmt::format(" and costs {:.1f} times as much", ratio);
  if (ratio <= 1 / kWorthSaying) return fmt::format(" and costs {:.0f} % as much", 100 * ratio);
  return " and costs about the same";
}

/// What the items can see, and how many would see a point.
std::string resolution(const Contrast& row) {
  std::string out;
  if (row.detectable) {
    out = fmt::format("with {} the smallest visible difference is {} points", items(row.n),
                      plain_points(*row.detectable));
  } else {
    out =
        fmt::format("{} {} too few to see any difference", items(row.n), row.n == 1 ? "is" : "are");
  }
  if (!row.items_for_a_point) return out;
  const double needed = *row.items_for_a_point;
  if (needed <= static_cast<double>(row.n)) return out;
  if (row.group == "index") {
    return out + fmt::format("; about {:.1f} times the items would be needed for 1 point",
                             needed / static_cast<double>(row.n));
  }
  // Two leading digits: more would pretend to know.
  const double unit = std::pow(10.0, std::max(0.0, std::floor(std::log10(needed)) - 1));
  return out + fmt::format("; about {} items would be needed for 1 point",
                           with_commas(static_cast<std::int64_t>(std::ceil(needed / unit) * unit)));
}

std::string sentence_of(const Comparison& c, const Findings& findings) {
  const Contrast& row = c.headline;
  const std::string interval =
      row.interval ? fmt::format("{}, ", between(*row.interval)) : std::string();
  if (row.standing == Standing::Indistinguishable) {
    if (row.won == 0 && row.lost == 0) {
      return fmt::format(
          "Not resolved. {} and {} cannot be told apart: they scored alike on all {}.", c.a.model,
          c.b.model, items(row.n));
    }
    if (findings.too_many_missing) {
      return fmt::format(
          "Not resolved. {} and {} cannot be told apart: too many answers are missing "
          "({} of {}).",
          c.a.model, c.b.model, with_commas(findings.missing), items(findings.missing + row.n));
    }
    return fmt::format(
        "Not resolved. {} and {} cannot be told apart: {} points lie between them "
        "({}{}); {}.",
        c.a.model, c.b.model, plain_points(row.difference), interval, p_words(row.p),
        resolution(row));
  }
  const bool ahead = row.standing == Standing::Ahead;
  return fmt::format(
      "{}. {} is {}: it scores {} points {} {}{} ({}{}; {} {} only {} scored "
      "better, {} only {}).",
      ahead ? "Yes" : "No", c.a.model, ahead ? "ahead" : "behind", plain_points(row.difference),
      ahead ? "above" : "below", c.b.model, cost_clause(c), interval, p_words(row.p),
      with_commas(row.won), row.won == 1 ? "item where" : "items where", c.a.model,
      with_commas(row.lost), c.b.model);
}

std::string builds_of(const Side& side) {
  std::int64_t all = 0;
  std::vector<std::pair<std::int64_t, std::string>> order;
  for (const auto& [name, n] : side.served) {
    all += n;
    order.emplace_back(n, name);
  }
  std::sort(order.rbegin(), order.rend());
  std::vector<std::string> parts;
  for (const auto& [n, name] : order) {
    if (parts.size() == kNamedBuilds) break;
    parts.push_back(
        fmt::format("{} {:.0f} %", name, 100 * static_cast<double>(n) / static_cast<double>(all)));
  }
  return fmt::format("{} was served by {} builds: {}.", side.model, order.size(),
                     fmt::join(parts, ", "));
}

void caution_of_counts(Comparison& c) {
  const auto n = static_cast<double>(c.headline.n);
  const auto many = [&](std::int64_t a, std::int64_t b) {
    return static_cast<double>(std::max(a, b)) > kManyCutOff * n;
  };
  const auto say = [&](std::int64_t a, std::int64_t b, std::string_view what) {
    c.cautions.push_back(fmt::format("{}: {} {}, {} {}. They count as wrong.", what, c.a.model,
                                     items(a), c.b.model, with_commas(b)));
  };
  if (many(c.a.cut_off, c.b.cut_off)) say(c.a.cut_off, c.b.cut_off, "Cut off before answering");
  if (many(c.a.refused, c.b.refused)) say(c.a.refused, c.b.refused, "Refused or filtered");
  if (many(c.a.no_answer, c.b.no_answer)) say(c.a.no_answer, c.b.no_answer, "No answer found");
}

void caution_of_protocol(Comparison& c) {
  std::set<std::string> names;
  for (const auto& [name, value] : c.a.protocol) names.insert(name);
  for (const auto& [name, value] : c.b.protocol) names.insert(name);
  std::vector<std::string> differ;
  for (const std::string& name : names) {
    const auto of = [&](const Side& side) {
      const auto found = side.protocol.find(name);
      return found == side.protocol.end() ? std::string("not set") : found->second;
    };
    if (of(c.a) != of(c.b)) differ.push_back(fmt::format("{} {} and {}", name, of(c.a), of(c.b)));
  }
  if (differ.empty()) return;
  c.cautions.push_back(fmt::format("The two were not asked alike: {}.", fmt::join(differ, "; ")));
}

}  // namespace

void describe(Comparison& c, const Findings& findings) {
  c.sentence = sentence_of(c, findings);
  for (const auto& [suite, row] : findings.rests_on) {
    const bool turned = row.standing != Standing::Indistinguishable;
    c.cautions.push_back(
        fmt::format("It rests on {}. Without it the difference is {}{}: {}.", suite,
                    signed_points(row.difference),
                    row.interval ? fmt::format(" ({})", between(*row.interval)) : std::string(),
                    turned ? "the other way round" : "not resolved"));
  }
  caution_of_counts(c);
  const auto failed = [&](const Side& side) {
    if (side.failed == 0) return;
    c.cautions.push_back(fmt::format("{} failed for {} and {} in no score.", items(side.failed),
                                     side.model, side.failed == 1 ? "is" : "are"));
  };
  failed(c.a);
  failed(c.b);
  if (findings.bounds && findings.missing > 0) {
    c.cautions.push_back(
        fmt::format("Were the {} missing answers all wrong for {} and right for {}, the difference "
                    "would be {}; the other way round {}.{}",
                    with_commas(findings.missing), c.a.model, c.b.model,
                    signed_points(findings.bounds->low), signed_points(findings.bounds->high),
                    findings.too_many_missing ? " More than 0.5 % are missing: the verdict stands "
                                                "only where both agree."
                                              : ""));
  }
  const auto not_asked = [&](const Side& side, const Side& other) {
    if (side.not_asked == 0) return;
    c.notes.push_back(fmt::format("{} that {} answered {} no answer of {} and {} left out.",
                                  items(side.not_asked), other.model,
                                  side.not_asked == 1 ? "has" : "have", side.model,
                                  side.not_asked == 1 ? "is" : "are"));
  };
  not_asked(c.a, c.b);
  not_asked(c.b, c.a);
  if (c.a.served.size() > 1) c.cautions.push_back(builds_of(c.a));
  if (c.b.served.size() > 1) c.cautions.push_back(builds_of(c.b));
  caution_of_protocol(c);
  if (const std::int64_t n = c.ungraded; n > 0) {
    c.notes.push_back(fmt::format("{} {} no grade and {} left out.", items(n),
                                  n == 1 ? "has" : "have", n == 1 ? "is" : "are"));
  }
  if (findings.doubled > 0) {
    c.notes.push_back(fmt::format("{} stored in several of the runs; the first run given counts.",
                                  items(findings.doubled)));
  }
  if (findings.has_published_grades) {
    c.notes.push_back(
        "Grades are those that the publishers of the answers gave; leitai graded nothing.");
  }
  if (c.has_repeats) c.notes.push_back(fmt::format("Several samples an item: {}.", c.reducer));
  if (c.headline.standing != Standing::Indistinguishable && c.headline.detectable) {
    c.notes.push_back(fmt::format("Smallest difference these {} could see: {} points.",
                                  items(c.headline.n), plain_points(*c.headline.detectable)));
  }
}

}  // namespace leitai
