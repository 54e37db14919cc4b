#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leitai {

/// A compiled PCRE2 pattern (JIT, UTF). Immutable and thread-safe. Matching is bounded: past the
/// match limit `search` reports no match and sets `exhausted`.
class Regex {
 public:
  struct Options {
    bool ignore_case = false;
    bool dot_all = false;
    bool multi_line = false;
  };

  /// Throws Error with the offset if the pattern is malformed.
  explicit Regex(std::string_view pattern, Options options);
  explicit Regex(std::string_view pattern) : Regex(pattern, Options{}) {}
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  /// Byte ranges of the whole match and its groups; a group that took no part is absent.
  struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::vector<std::optional<std::pair<std::size_t, std::size_t>>> groups;  // [0] is group 1
    std::string_view group(std::string_view subject,
                           int number) const;  // 0: the whole match; "" when absent
  };

  /// First match at or after `from`. Invalid UTF-8 in `subject` never matches; repair it first.
  std::optional<Match> search(std::string_view subject, std::size_t from = 0,
                              bool* exhausted = nullptr) const;
  std::vector<Match> all(std::string_view subject) const;
  /// The subject with what `with` gives in place of each match.
  std::string replaced(std::string_view subject,
                       const std::function<std::string(const Match&)>& with) const;
  std::string without(std::string_view subject) const;  // every match taken out

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leitai
