#include "suites/suite_support.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <tuple>

#include "harness/core/error.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"

namespace leitai {

std::int64_t limited(std::int64_t whole, const std::optional<double>& limit,
                     std::string_view where) {
  if (!limit) return whole;
  if (!(*limit > 0))
    throw Error(fmt::format(
        "{}: limit: {} is not positive; a number of items or a share such as 0.1 is wanted", where,
        *limit));
  if (*limit >= 1) return std::min(whole, static_cast<std::int64_t>(std::min(*limit, 9e15)));
  return std::min(whole,
                  static_cast<std::int64_t>(std::ceil(*limit * static_cast<double>(whole) - 1e-9)));
}

std::vector<std::string> options_set(const SuiteOptions& options) {
  std::vector<std::string> out;
  const auto add = [&](bool is_set, const char* name) {
    if (is_set) out.emplace_back(name);
  };
  add(!options.subsets.empty(), "subsets");
  add(!options.languages.empty(), "languages");
  add(!options.levels.empty(), "levels");
  add(options.items.has_value(), "items");
  add(options.limit.has_value(), "limit");
  add(options.few_shot.has_value(), "few_shot");
  add(options.mode.has_value(), "mode");
  add(options.max_tokens.has_value(), "max_tokens");
  add(options.options.has_value(), "options");
  add(options.short_prompt.has_value(), "short_prompt");
  add(options.from.has_value(), "from");
  add(options.until.has_value(), "until");
  return out;
}

void check_options(const SuiteOptions& options, std::span<const std::string> known,
                   std::string_view suite, std::string_view where) {
  for (const std::string& name : options_set(options)) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw Error(fmt::format("{}: {} has no option \"{}\"\n        it has: {}", where, suite, name,
                            fmt::join(known, ", ")));
  }
}

DateWindow date_window(const SuiteOptions& options, std::string_view where) {
  static const Regex kDay("^\\d{4}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\\d|3[01]))?$");
  DateWindow out;
  for (const auto& [name, wanted, day] : {std::tuple{"from", &options.from, &out.from},
                                          std::tuple{"until", &options.until, &out.until}}) {
    if (!*wanted) continue;
    if (!kDay.search(**wanted))
      throw Error(
          fmt::format("{}: {}: \"{}\" is no date; 2024-08-01 is wanted, or 2024-08 for the same",
                      where, name, **wanted));
    *day = (*wanted)->size() == 7 ? **wanted + "-01" : **wanted;
    const auto part = [&](std::size_t at, std::size_t size) {
      return static_cast<unsigned>(parse_int(day->substr(at, size)).value_or(0));
    };
    if (!std::chrono::year_month_day(std::chrono::year(static_cast<int>(part(0, 4))),
                                     std::chrono::month(part(5, 2)), std::chrono::day(part(8, 2)))
             .ok())
      throw Error(fmt::format("{}: {}: {} has no such day\n        a day of the calendar is wanted",
                              where, name, **wanted));
  }
  if (!out.from.empty() && !out.until.empty() && out.from >= out.until)
    throw Error(
        fmt::format("{}: from {} until {}: no day lies between them\n        `until` is the "
                    "day after the last one",
                    where, out.from, out.until));
  return out;
}

}  // namespace leitai
