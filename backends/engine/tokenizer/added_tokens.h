#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leitai {

/// A token that is found in the text before anything else is done with it.
struct AddedToken {
  int id = 0;
  std::string content;
  bool is_special = false;
  bool is_normalized = false;  // looked for after normalisation
  bool lstrip = false;         // takes white space before it
  bool rstrip = false;         // and after it
  bool single_word = false;    // only where no word character touches it
};

/// Leftmost, longest occurrences of many strings. Time of a position: the length of the longest
/// string at most.
class AddedTokenMatcher {
 public:
  explicit AddedTokenMatcher(std::vector<AddedToken> tokens);

  struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
    const AddedToken* token = nullptr;
  };

  bool is_empty() const { return tokens_.empty(); }

  /// First match at or after `from`.
  std::optional<Match> next(std::string_view text, std::size_t from) const;

 private:
  const AddedToken* longest_at(std::string_view text) const;

  std::vector<AddedToken> tokens_;  // sorted by content
  std::array<std::pair<std::size_t, std::size_t>, 256>
      by_first_{};  // range of tokens_ by first byte
};

}  // namespace leitai
