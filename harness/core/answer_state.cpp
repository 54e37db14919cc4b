#include "harness/core/answer_state.h"

#include <algorithm>

namespace leitai {

bool is_failed(const Response& response, const std::optional<Score>& score) {
  return response.outcome == Outcome::Failed ||
         (score &&
          (score->status == ScoreStatus::InfraError || score->status == ScoreStatus::JudgeInvalid));
}

bool is_cut_off(const Response& response, const std::optional<Score>& score) {
  if (response.outcome == Outcome::Truncated) return true;
  if (response.outcome != Outcome::Answered || response.finish_reason == FinishReason::Stop)
    return false;
  return score && score->status != ScoreStatus::Correct &&
         std::find(score->flags.begin(), score->flags.end(), "truncated_answer") !=
             score->flags.end();
}

bool is_refused(const Response& response, const std::optional<Score>& score) {
  return response.outcome == Outcome::Filtered || (score && score->status == ScoreStatus::Refused);
}

bool is_without_answer(const Response& response, const std::optional<Score>& score) {
  if (response.outcome == Outcome::Empty) return true;
  if (response.outcome != Outcome::Answered || !score) return false;
  switch (score->status) {
    case ScoreStatus::NoAnswer:
    case ScoreStatus::Multi:
    case ScoreStatus::Ambiguous:
    case ScoreStatus::InvalidLabel:
    case ScoreStatus::EmptyAnswer:
      return true;
    default:
      return false;
  }
}

AnswerState state_of(const Response& response, const std::optional<Score>& score) {
  if (is_failed(response, score)) return AnswerState::Failed;
  if (score && score->status == ScoreStatus::Correct) return AnswerState::Right;
  if (is_cut_off(response, score)) return AnswerState::CutOff;
  if (is_refused(response, score)) return AnswerState::Refused;
  if (is_without_answer(response, score)) return AnswerState::NoAnswer;
  return score ? AnswerState::Wrong : AnswerState::Ungraded;
}

std::string_view to_text(AnswerState state) {
  switch (state) {
    case AnswerState::Right:
      return "right";
    case AnswerState::Wrong:
      return "wrong";
    case AnswerState::CutOff:
      return "cutoff";
    case AnswerState::Refused:
      return "refused";
    case AnswerState::NoAnswer:
      return "noanswer";
    case AnswerState::Failed:
      return "failed";
    case AnswerState::Ungraded:
      break;
  }
  return "ungraded";
}

}  // namespace leitai
