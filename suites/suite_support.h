#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/suite.h"

namespace leitai {

/// Items that are asked of `whole` under a limit: a count, or a share rounded up. Throws Error for
/// a limit that is not positive.
std::int64_t limited(std::int64_t whole, const std::optional<double>& limit,
                     std::string_view where);

/// Names of the options that are set, as in the config file. `seed` is left out: every suite may be
/// given one.
std::vector<std::string> options_set(const SuiteOptions& options);

/// Throws Error where an option is set that is not in `known`.
void check_options(const SuiteOptions& options, std::span<const std::string> known,
                   std::string_view suite, std::string_view where);

/// Days as "2024-08-01"; "" where a side is open.
struct DateWindow {
  std::string from;   // inclusive
  std::string until;  // exclusive
  bool is_open() const { return from.empty() && until.empty(); }
  bool holds(std::string_view day) const {
    return (from.empty() || day >= from) && (until.empty() || day < until);
  }
};

/// The options `from` and `until`; throws Error for what is no date, and a window without a day.
DateWindow date_window(const SuiteOptions& options, std::string_view where);

}  // namespace leitai
