#pragma once

#include <functional>
#include <string_view>

#include "harness/core/scorer.h"
#include "suites/extractors/reasoning.h"

namespace leitai {

/// Where every scorer begins: the thought is taken off, the score has the scorer's name, the
/// split's flags and, where nothing is left to grade, its status.
struct Prepared {
  ReasoningSplit split;
  Score score;
  bool is_decided = false;
};

Prepared prepare(const GradeInput& input, const Scorer& scorer);

/// Sets status, score and `why`.
void decide(Score& score, ScoreStatus status, std::string why);

/// Where the fields say what a right answer earns (`points`, of each of `blanks`): the flag
/// "points=got/of", a measure beside the score. Call it once the score is decided.
void add_points(Score& score, const GradeInput& input, std::size_t blanks);

/// The whole answer judged by a measure in [0, 1] against `input.gold`: correct at 1, else that
/// part of a point. `measure` is not called without accepted answers.
Score decide_by_measure(Prepared& prepared, const GradeInput& input, std::string_view name,
                        const std::function<double(std::string_view answer)>& measure);

/// Sets the span from byte offsets in `split.answer`.
void set_span(Score& score, const ReasoningSplit& split, std::size_t begin, std::size_t end);

/// At most 80 bytes of `text` in quotes, for `why`.
std::string in_quotes(std::string_view text);

}  // namespace leitai
