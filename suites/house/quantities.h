#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "suites/house/chain.h"

namespace leitai::house {

/// A number that the question writes with digits.
struct Quantity {
  std::size_t begin = 0, end = 0;
  Rational value;
  int n_decimals = 0;
  bool has_commas = false;
  bool is_money = false;
  bool is_percent = false;
  bool is_fixed = false;
  bool wants_vowel = false;      // behind "an", or "a": begins with a vowel, or must not
  bool wants_consonant = false;  // when spoken
  std::string next;              // the word behind it
};

/// All of them in order; fixed are those that are no amount ("7:30", "5th", "#3", "3/4", years) or
/// a known fact ("4 legs").
std::vector<Quantity> quantities_of(std::string_view text);

/// What may stand in its place: as many digits, as round, about as large; never 1.
std::vector<Rational> others_of(const Quantity& one, std::string_view text);

/// As the question writes it: with its decimals and commas.
std::string written(const Quantity& one, const Rational& value, std::string_view text);

/// What keeps all numbers of a question from changing: an offer ("buy 2 get 1"), of which numbers
/// hang together in more ways than a chain says, or a matter of the world (Halley's comet); ""
/// where nothing does.
std::string subject_trouble(std::string_view text);

/// Numbers of words: those that are `said` ("twenty-one"), and those that a word's meaning brings
/// along ("week": 7).
struct WordNumbers {
  std::vector<Rational> said, meant;
  /// "two weeks" and "2 weeks" are 14: the number in front of such a word, and what both make.
  std::vector<std::pair<Rational, Rational>> made;
};
WordNumbers numbers_of_words(std::string_view text);

}  // namespace leitai::house
