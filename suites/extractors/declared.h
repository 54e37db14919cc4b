#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/score.h"
#include "suites/extractors/folding.h"

namespace leitai {

struct DeclaredOptions {
  std::vector<std::string> choices;  // closed words, such as "yes" and "no"; empty: any text
  bool is_truncated = false;         // declarations only
};

/// The words that a text gives as its answer, where these are neither a number nor a label: in a
/// box, behind what declares an answer ("The answer is", "Answer:"), or alone on the last line.
struct DeclaredAnswer {
  std::optional<ScoreStatus> status;  // NoAnswer, Refused; absent: there is one
  std::vector<std::string> readings;  // as written, then without what follows its first sentence
  std::size_t begin = 0, end = 0;     // bytes of the source
  std::string tier;                   // "box", "marker", "line", "only", ""
  std::vector<std::string> flags;     // fallback
};

/// `source` is the text that `folded` was made of. Linear.
DeclaredAnswer declared_answer(std::string_view source, const Folded& folded,
                               const DeclaredOptions& options);

}  // namespace leitai
