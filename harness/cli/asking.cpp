#include "harness/cli/asking.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "harness/cli/compose.h"
#include "harness/cli/planned.h"
#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai::cli {

namespace {

/// Asks on the terminal; anything but y or yes is no.
bool is_agreed() {
  fmt::print(stderr, "ask them now? [y/N] ");
  std::string line;
  if (!std::getline(std::cin, line)) return false;
  const std::string word = ascii_lower(trim(line));
  return word == "y" || word == "yes";
}

}  // namespace

Executed ask_for_missing(const RunConfig& config, const std::optional<std::string>& suites_dir,
                         const Consent& consent, Global& global, const std::string& again) {
  RunConfig asked = config;
  std::erase_if(asked.models,
                [](const ModelEntry& entry) { return entry.model.backend == "replay"; });
  if (!asked.models.empty()) {
    const auto suites = open_suites(asked, suites_dir);
    const std::optional<Store> store = stored_run(asked);
    const std::vector<PlannedModel> models =
        planned_models(asked, suites, store ? &*store : nullptr);
    std::int64_t open = 0;
    std::string lines;
    for (const PlannedModel& one : models) {
      open += one.to_ask;
      if (one.to_ask == 0) continue;
      std::string money;
      for (const auto& [currency, amount] : one.cost_at_most)
        money += fmt::format(" and {:.2f} {} (prices as of {})", amount, currency,
                             one.prices ? one.prices->as_of : "an unknown date");
      lines += fmt::format("  {}: {} requests, at most {} new tokens{}   {}\n", one.id,
                           with_commas(one.to_ask), with_commas(one.completion_tokens_at_most),
                           money, one.describe);
    }
    if (open > 0 && !consent.ask) {
      throw Error(
          fmt::format("{} answers are not stored yet, and models are asked only with "
                      "--ask\n{}        add --ask, or take a run that holds the answers",
                      with_commas(open), lines));
    }
    if (open > 0 && !consent.yes) {
      fmt::print(stderr, "{}", lines);
      if (isatty(STDIN_FILENO) == 0)
        throw Error("there is no terminal to agree on\n        add --yes to ask them");
      if (!is_agreed()) throw Error("nothing was asked");
    }
  }
  return execute(config, suites_dir, global, again);
}

}  // namespace leitai::cli
