#include "reports/gate_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/text.h"
#include "reports/drawing.h"
#include "reports/table.h"

namespace leitai {

namespace {

std::string glyph(GateOutcome outcome, const Style& style) {
  const bool plain = style.ascii || style.ambiguous_wide;
  switch (outcome) {
    case GateOutcome::Pass:
      return plain ? "ok" : "\u2713";
    case GateOutcome::Regression:
      return plain ? "v" : "\u25BC";
    case GateOutcome::Inconclusive:
      break;
  }
  return plain ? "?" : "\u229D";
}

std::string_view role(GateOutcome outcome) {
  return outcome == GateOutcome::Regression ? "1;35" : "1";
}

std::string title_of(const GateCheck& check) {
  if (check.group == "macro") return "mean";
  if (check.group == "anchor")
    return (check.name == "all" ? std::string("mean") : check.name) + " / anchor";
  return check.name;
}

bool is_scored(const GateCheck& check) { return check.group != "status"; }

std::string word_of(const GateCheck& check) {
  return check.decides ? std::string(to_text(check.outcome)) : "in the mean";
}

std::string status_line(const GateCheck& check, const Style& style) {
  if (check.name == "failed") {
    return fmt::format("{} failed {:.1f} % of {:.1f} %", glyph(check.outcome, style),
                       100 * std::max(check.candidate, check.baseline), 100 * check.margin);
  }
  return fmt::format("{} {} {} of +{:.1f}", glyph(check.outcome, style), check.name,
                     change_text(check.change, style), 100 * check.margin);
}

nlohmann::ordered_json check_json(const GateCheck& check) {
  const auto number = [](const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
  };
  nlohmann::ordered_json out{
      {"group", check.group},         {"name", check.name},    {"outcome", to_text(check.outcome)},
      {"decides", check.decides},     {"n", check.n},          {"baseline", check.baseline},
      {"candidate", check.candidate}, {"change", check.change}};
  out["one_sided"] = check.one_sided
                         ? nlohmann::ordered_json{check.one_sided->low, check.one_sided->high}
                         : nlohmann::ordered_json(nullptr);
  out["margin"] = check.margin;
  out["lost"] = check.lost;
  out["won"] = check.won;
  out["p_loss"] = check.p_loss;
  out["certifiable_margin"] = number(check.certifiable);
  out["items_needed"] = number(check.items_needed);
  out["why"] = check.why;
  return out;
}

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : escape_controls(text)) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string listed(const std::vector<std::string>& items, std::int64_t all) {
  std::string out = fmt::format("{}", fmt::join(items, ", "));
  if (static_cast<std::int64_t>(items.size()) < all)
    out += fmt::format(" ... {} more", with_commas(all - static_cast<std::int64_t>(items.size())));
  return out;
}

}  // namespace

std::string_view to_text(GateOutcome outcome) {
  switch (outcome) {
    case GateOutcome::Pass:
      return "pass";
    case GateOutcome::Regression:
      return "regression";
    case GateOutcome::Inconclusive:
      break;
  }
  return "inconclusive";
}

std::string gate_text(const GateReport& report, const Style& style) {
  std::string out =
      painted(prose(fmt::format("{} {}", glyph(report.outcome, style), report.sentence), 2, style),
              role(report.outcome), style);
  out += "\n";
  Table table;
  table.columns = {{.head = "", .side = Column::Side::Left, .is_name = true},
                   {.head = "baseline", .drop = 2},
                   {.head = "candidate", .drop = 2},
                   {.head = "change"},
                   {.head = "one-sided 95 %"},
                   {.head = "allowed"},
                   {.head = "lost", .drop = 3},
                   {.head = "won", .drop = 3},
                   {.head = "items", .drop = 1},
                   {.head = "", .side = Column::Side::Left}};
  if (report.alpha != 0.05)
    table.columns[4].head = fmt::format("one-sided {:g} %", 100 * (1 - report.alpha));
  for (const GateCheck& check : report.checks) {
    if (!is_scored(check)) continue;
    table.rows.push_back({glyph(check.outcome, style) + " " + title_of(check),
                          points(check.baseline, style), points(check.candidate, style),
                          change_text(check.change, style), change_interval(check.one_sided, style),
                          change_text(-check.margin, style), with_commas(check.lost),
                          with_commas(check.won), with_commas(check.n), word_of(check)});
  }
  out += render(table, style);
  for (const GateCheck& check : report.checks)
    if (!check.why.empty() && check.outcome != GateOutcome::Regression)
      out += prose(fmt::format("  {}: {}", title_of(check), check.why), 4, style);
  std::vector<std::string> statuses;
  for (const GateCheck& check : report.checks)
    if (!is_scored(check)) statuses.push_back(status_line(check, style));
  out += "\n" + wrapped(fmt::format("{}", fmt::join(statuses, "   ")), 0, style);
  for (const std::string& note : report.notes) out += prose("! " + note, 2, style);
  if (!report.lost_items.empty() || !report.won_items.empty()) out += "\n";
  if (!report.lost_items.empty())
    out += wrapped(fmt::format("lost ({}): {}", with_commas(report.lost),
                               listed(report.lost_items, report.lost)),
                   2, style);
  if (!report.won_items.empty())
    out += wrapped(
        fmt::format("won ({}): {}", with_commas(report.won), listed(report.won_items, report.won)),
        2, style);
  return out;
}

std::string gate_markdown(const GateReport& report) {
  const Style style;
  std::string out = fmt::format("### {} leitai gate: {}\n\n{}\n\n", glyph(report.outcome, style),
                                to_text(report.outcome), markdown_cell(report.sentence));
  out += fmt::format("Baseline {}, candidate {}.\n\n", markdown_cell(report.baseline),
                     markdown_cell(report.candidate));
  out += fmt::format(
      "| | baseline | candidate | change | one-sided {:g} % | allowed | lost | won | "
      "items | |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---|\n",
      100 * (1 - report.alpha));
  for (const GateCheck& check : report.checks) {
    if (!is_scored(check)) continue;
    out += fmt::format(
        "| {} {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", glyph(check.outcome, style),
        markdown_cell(title_of(check)), points(check.baseline, style),
        points(check.candidate, style), change_text(check.change, style),
        trim(change_interval(check.one_sided, style)), change_text(-check.margin, style),
        with_commas(check.lost), with_commas(check.won), with_commas(check.n), word_of(check));
  }
  out += "\n";
  std::vector<std::string> statuses;
  for (const GateCheck& check : report.checks)
    if (!is_scored(check)) statuses.push_back(status_line(check, style));
  out += fmt::format("{}\n", fmt::join(statuses, " \u00b7 "));
  for (const GateCheck& check : report.checks)
    if (!check.why.empty())
      out += fmt::format("- {}: {}\n", markdown_cell(title_of(check)), markdown_cell(check.why));
  for (const std::string& note : report.notes) out += "- " + markdown_cell(note) + "\n";
  const auto fold = [&](std::string_view what, const std::vector<std::string>& items,
                        std::int64_t all) {
    if (items.empty()) return;
    out += fmt::format("\n<details><summary>{} {} items</summary>\n\n{}\n\n</details>\n", what,
                       with_commas(all), markdown_cell(listed(items, all)));
  };
  fold("Lost", report.lost_items, report.lost);
  fold("Won", report.won_items, report.won);
  return out;
}

nlohmann::ordered_json gate_json(const GateReport& report) {
  nlohmann::ordered_json out{{"version", 1},
                             {"outcome", to_text(report.outcome)},
                             {"sentence", report.sentence},
                             {"baseline", report.baseline},
                             {"candidate", report.candidate},
                             {"alpha", report.alpha},
                             {"checks", nlohmann::ordered_json::array()}};
  for (const GateCheck& check : report.checks) out["checks"].push_back(check_json(check));
  out["notes"] = report.notes;
  out["lost"] = {{"n", report.lost}, {"first", report.lost_items}};
  out["won"] = {{"n", report.won}, {"first", report.won_items}};
  return out;
}

std::string gate_junit(const GateReport& report, bool inconclusive_fails) {
  int failures = 0, skipped = 0, all = 0;
  std::string cases;
  for (const GateCheck& check : report.checks) {
    if (!check.decides) continue;
    ++all;
    cases += fmt::format("    <testcase classname=\"leitai.gate.{}\" name=\"{}\"", check.group,
                         xml(title_of(check)));
    switch (check.outcome) {
      case GateOutcome::Pass:
        cases += "/>\n";
        break;
      case GateOutcome::Regression:
        ++failures;
        cases +=
            fmt::format(">\n      <failure type=\"regression\" message=\"{}\"/>\n    </testcase>\n",
                        xml(check.why));
        break;
      case GateOutcome::Inconclusive:
        if (inconclusive_fails) {
          ++failures;
          cases += fmt::format(
              ">\n      <failure type=\"inconclusive\" message=\"{}\"/>\n    </testcase>\n",
              xml(check.why));
          break;
        }
        ++skipped;
        cases += fmt::format(">\n      <skipped message=\"inconclusive: {}\"/>\n    </testcase>\n",
                             xml(check.why));
        break;
    }
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"leitai gate\" tests=\"{0}\" failures=\"{1}\" skipped=\"{2}\">\n"
      "  <testsuite name=\"leitai gate\" tests=\"{0}\" failures=\"{1}\" skipped=\"{2}\">\n{3}"
      "    <system-out>{4}</system-out>\n  </testsuite>\n</testsuites>\n",
      all, failures, skipped, cases, xml(report.sentence));
}

}  // namespace leitai
