#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/score.h"

namespace leitai {

struct ReasoningInput {
  std::string_view text;
  const std::string* field = nullptr;  // reasoning that arrived apart; null or blank: none
  std::string_view finish_reason;      // "stop", "length", ... or ""
  bool prompt_opens_think = false;     // the chat template opened the block itself
};

/// What is left to grade once the thought is taken off (scoring-and-statistics.md A1 with its
/// settled cases).
struct ReasoningSplit {
  /// A stretch of `answer` that stands in the source as it is.
  struct Piece {
    std::size_t answer_begin;
    std::size_t source_begin;
    std::size_t size;
  };

  std::string answer;     // trimmed; a removed block leaves one "\n"; "" with a status
  std::string reasoning;  // the separate field, then the removed pieces without their outer tags
  std::optional<ScoreStatus>
      status;  // TruncatedReasoning, UnterminatedReasoning or EmptyAnswer; absent: grade `answer`
  bool truncated = false;  // the answer was cut: only explicit declarations count
  std::vector<std::string>
      flags;                  // truncated_answer, tag_in_answer, stray_closer, specials_stripped
  std::vector<Piece> pieces;  // ascending

  /// Byte offset in the source of a byte of `answer`, or of its end.
  std::size_t source_offset(std::size_t answer_offset) const;
};

/// Total and linear in the text.
ReasoningSplit split_reasoning(const ReasoningInput& input);

}  // namespace leitai
