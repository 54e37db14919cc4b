#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leitai {

/// Status of a score: the closed list of the grading specification (0.1).
enum class ScoreStatus {
  Correct,
  Incorrect,
  NoAnswer,
  Refused,
  Multi,
  Ambiguous,
  InvalidLabel,
  TruncatedReasoning,
  UnterminatedReasoning,
  EmptyAnswer,
  CompileError,
  RuntimeError,
  WrongOutput,
  Timeout,
  MemoryLimit,
  SandboxViolation,
  JudgeInvalid,
  InfraError
};

/// An opinion on a response; can be given again by another scorer or version.
struct Score {
  std::string scorer;  // name@version: "numeric@1"
  ScoreStatus status = ScoreStatus::NoAnswer;
  std::optional<double> score;  // in [0, 1]; absent where none could be given
  std::optional<std::string> extracted;
  std::string tier;  // rule that fired: "T1", ...; "" if none
  std::optional<std::pair<std::size_t, std::size_t>> span;  // bytes [begin, end) of the raw text
  std::vector<std::string> flags;  // "name=got/of": a measure beside the score
  std::string why;                 // one sentence for `show`
};

}  // namespace leitai
