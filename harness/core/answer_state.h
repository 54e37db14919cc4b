#pragma once

#include <optional>
#include <string_view>

#include "harness/core/response.h"
#include "harness/core/score.h"

/// What became of a stored answer, in the words of the columns (INTERFACE.md section 5).
namespace leitai {

/// No score can be given: the request failed, or grading itself did. Not part of any mean.
bool is_failed(const Response& response, const std::optional<Score>& score);

/// It ends before the answer does: at the limit of tokens; or it is not right, and its grade says
/// that it breaks off (flag truncated_answer) where no service said that it was finished.
bool is_cut_off(const Response& response, const std::optional<Score>& score);

/// Blocked by the service, or the model declined and gave no answer.
bool is_refused(const Response& response, const std::optional<Score>& score);

/// Finished normally without an answer that could be compared.
bool is_without_answer(const Response& response, const std::optional<Score>& score);

/// One word for one answer. A right answer that was cut off afterwards is right.
enum class AnswerState { Right, Wrong, CutOff, Refused, NoAnswer, Failed, Ungraded };

AnswerState state_of(const Response& response, const std::optional<Score>& score);

/// "right", "wrong", "cutoff", "refused", "noanswer", "failed", "ungraded": as `ls --where` takes
/// them.
std::string_view to_text(AnswerState state);

}  // namespace leitai
