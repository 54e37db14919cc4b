#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "suites/house/wording.h"

namespace leitai::house {

/// An exact rational number in lowest terms; the denominator is positive.
struct Ratio {
  std::int64_t num = 0;
  std::int64_t den = 1;
  bool operator==(const Ratio&) const = default;
};

/// A story about quantities, free of any language.
struct LedgerItem {
  std::vector<Sentence> sentences;  // the story, then the question
  std::string answer;               // "14", "12.50", "3/8"
};

/// Item `index` of `seed` at `level` 1 to 5; another `salt` is another draw of it:
///   1  one or two steps, one person, numbers to 9      4  prices in money, discounts, change, a
///   distractor 2  three steps, two people, numbers to 20          5  fractions of the rest, or
///   long stories with comparison 3  groups and halves, four steps, numbers to 60
/// No quantity is ever negative; counts that are spoken are at least 3, so that every language has
/// one plural.
LedgerItem make_ledger(std::uint64_t seed, std::int64_t index, int level, int salt = 0);

/// The answer worked out from the sentences alone, for tests: an interpreter that shares nothing
/// with the generator.
std::string solve_ledger(const LedgerItem& item);

}  // namespace leitai::house
