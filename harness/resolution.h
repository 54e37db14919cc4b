#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/score_book.h"

namespace leitai {

/// Share of the items on which two models of different families usually differ (scoring
/// specification B7: 15 to 30 %).
constexpr double kUsualDiscordance = 0.2;

/// What a number of items can tell about two models, at 5 % and with 80 % power.
struct Resolution {
  std::string name;  // suite, or "all"
  std::int64_t items = 0;
  double discordance = kUsualDiscordance;
  bool is_measured = false;            // from stored answers; else the usual share
  std::optional<double> smallest;      // visible difference; absent: none is
  std::optional<double> items_needed;  // for the wanted difference; absent: none was wanted, or it
                                       // exceeds what can differ
};

/// Rows of suites, and of the index where there are several. `items[i]` of suites[i] will be asked;
/// `book` holds what is stored already, if anything. `wanted` is a difference as a share.
std::vector<Resolution> resolution_of(const std::vector<BookSuite>& suites,
                                      const std::vector<std::int64_t>& items, const ScoreBook* book,
                                      std::optional<double> wanted);

}  // namespace leitai
