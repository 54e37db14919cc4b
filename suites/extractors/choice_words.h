#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leitai {

/// Words that are looked for at one place of a text, the longest first. Lower case.
class WordSet {
 public:
  WordSet() = default;
  explicit WordSet(std::vector<std::u32string> words);

  /// Length of the word that stands at `at`; 0 where there is none. A word that begins or ends in a
  /// Latin or Cyrillic letter stands alone there.
  std::size_t at(std::u32string_view text, std::size_t at) const;
  /// Length of the word that ends at `end`.
  std::size_t before(std::u32string_view text, std::size_t end) const;
  bool is_in(std::u32string_view text, std::size_t begin, std::size_t end) const;

  /// May a word begin with these two characters? False is certain; true is not.
  bool may_begin(char32_t first, char32_t second) const {
    if (first >= 128) return (beyond_[first / 64 % 64] >> (first % 64) & 1) != 0;
    return (seconds_[first] >> (second % 64) & 1) != 0;
  }

 private:
  std::array<std::uint64_t, 128> seconds_{};  // by the first character: the second, modulo 64
  std::array<std::uint64_t, 64> beyond_{};    // first characters beyond ASCII, modulo 4096
  std::array<std::vector<std::u32string>, 128> ascii_first_;
  std::unordered_map<char32_t, std::vector<std::u32string>> by_first_, by_last_;
};

/// choice.yaml
struct ChoiceWords {
  WordSet answers, options, links, verbs, fillers, right, right_fillers, not_before, not_behind,
      joiners, corrections, bridges, conclusions, refusals, after_label, verdicts_right,
      verdicts_wrong, all_but, beats;
};

const ChoiceWords& choice_words();

}  // namespace leitai
