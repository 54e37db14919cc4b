#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "harness/core/suite.h"

/// What generated suites share.
namespace leitai::house {

inline constexpr std::uint64_t kUsualSeed = 42;

/// Levels that are asked in turn: those of the options, 1 to 5 where none are given. Throws Error
/// for a level outside 1 to 5.
std::vector<int> levels_of(const std::string& name, const SuiteOptions& options);

/// The facts of `name` ("house/ledger") in `language`, its size by `items` and `limit`: a generator
/// has no end, so a limit above the default number simply makes more.
SuiteInfo generated_info(const std::string& name, const std::string& language,
                         const SuiteOptions& options);

/// `version` of a generator with what makes other items or prompts of it: a seed other than 42,
/// levels, the short prompt.
std::string generated_version(std::string_view version, const SuiteOptions& options);

/// "+seed7"; "" for the usual one.
std::string seed_in_version(std::uint64_t seed);

/// Which draw of each item is taken: the first that asks something else than all items before it.
/// Thread-safe.
class Draws {
 public:
  /// `said` tells what draw `salt` of an item asks, in words that are equal where the same is
  /// asked.
  using Said = std::function<std::string(std::int64_t item, int salt)>;
  int of(std::int64_t item, const Said& said);

 private:
  std::mutex mutex_;
  std::vector<std::uint8_t> salts_;         // of items from 0 on; guarded by mutex_
  std::unordered_set<std::uint64_t> said_;  // by these; guarded by mutex_
};

}  // namespace leitai::house
