#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "suites/math/exact.h"

namespace leitai::math {

struct Unit {
  std::string dimension;  // "length", "length^2", or "-" and the word of an unknown one
  long double factor = 1;
};

/// The lists of words.yaml, folded and in lower case (UTF-8 unless said).
struct Vocabulary {
  std::unordered_map<std::string, Unit> units;
  std::set<std::string> single_units;  // with their case
  std::set<std::string> square, cubic, short_words;
  std::unordered_map<std::u32string, Rational> scales;
  std::unordered_map<std::string, int> same;             // group number
  std::unordered_map<std::string, int> months, numbers;  // twenty ... ninety among the numbers
  std::unordered_map<std::string, int> parts;            // "thirds": 3
  std::vector<std::u32string> lead;                      // longest first
  std::vector<std::u32string> alternatives, conjunctions;
  std::set<std::u32string> both;
};

const Vocabulary& vocabulary();

/// Plural, "square", "^2" and "per" understood. Never fails: an unknown word is a unit of its own.
Unit resolve_unit(std::string_view text);
bool is_known_unit(std::string_view text);

/// "forty-two", "two hundred" and the like below a million; "three quarters", "one and a half".
MaybeRational number_in_words(std::string_view text);

/// Folded, lower case, UTF-8.
std::string lower_text(std::u32string_view text);

}  // namespace leitai::math
