#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Pieces that the text metrics share: words and n-grams as Python's strings have them, since the
/// published numbers come from there.
namespace leitai::metrics {

using Words = std::vector<std::u32string>;

/// str.split(): runs of what is not white space.
Words split_blank(std::u32string_view text);

std::u32string_view strip(std::u32string_view text);   // str.strip()
std::u32string_view rstrip(std::u32string_view text);  // str.rstrip()

/// str.lower()
std::u32string lower(std::u32string_view text);

/// string.punctuation
bool is_ascii_mark(char32_t c);

/// Every word gets the number of its first occurrence, so that an n-gram of words is a string of
/// numbers. Not thread-safe; one for each comparison.
class WordNumbers {
 public:
  std::u32string numbers(const Words& words);

 private:
  std::unordered_map<std::u32string, char32_t> known_;
};

using Counts = std::unordered_map<std::u32string, std::int64_t>;

/// The n-grams of order `n`; none where the sequence is shorter.
Counts ngrams(std::u32string_view sequence, int n);

}  // namespace leitai::metrics
