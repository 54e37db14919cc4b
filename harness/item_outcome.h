#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/reporter.h"

namespace leitai {

/// How several samples of an item become one score.
struct Reducer {
  enum class Kind { Mean, PassAtK, MajAtK };
  Kind kind = Kind::Mean;
  int k = 0;
  bool operator==(const Reducer&) const = default;
};

/// "mean", "pass@4", "maj@8". Throws Error naming `where`.
Reducer parse_reducer(std::string_view text, std::string_view where);
std::string to_text(const Reducer& reducer);

/// What became of one item, over its samples.
struct ItemOutcome {
  double score = std::numeric_limits<double>::quiet_NaN();  // in [0, 1]; not a number: none
  std::int64_t tokens = 0;                                  // generated, over all samples
  double total_ms = 0;
  double cost = 0;  // in the model's currency
  std::uint32_t samples = 0;
  std::uint32_t failed = 0;
  std::uint32_t refused_requests = 0;  // of these, requests that could never be answered: no
                                       // recorded line, a malformed request
  std::uint32_t cut_off = 0;
  std::uint32_t refused = 0;
  std::uint32_t no_answer = 0;
  std::uint32_t ungraded = 0;

  bool is_scored() const { return score == score; }
};

/// Collects the samples of one item.
class SampleFold {
 public:
  explicit SampleFold(Reducer reducer) : reducer_(reducer) {}

  /// `is_graded`: the item names a scorer. An answer without a score is then worth 0 where nothing
  /// could earn a mark (cut off, filtered, empty).
  void add(const Response& response, const std::optional<Score>& score, bool is_graded);

  /// The outcome, and starts anew. pass@k and maj@k of fewer than k counting samples give none.
  ItemOutcome finish();

 private:
  std::optional<double> reduced() const;

  Reducer reducer_;
  ItemOutcome outcome_;
  std::vector<double> scores_;
  std::vector<std::optional<std::string>> votes_;  // extracted answers, for maj@k
};

}  // namespace leitai
