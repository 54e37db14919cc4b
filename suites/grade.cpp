#include "suites/grade.h"

#include <fmt/format.h>

#include <exception>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "suites/scorers/workbench.h"

namespace leitai {

std::optional<Score> grade(const Item& item, const Response& response) {
  if (item.grading.scorer.empty() || response.outcome == Outcome::Failed) return std::nullopt;
  Score score;
  score.scorer = item.grading.scorer;
  const auto decided = [&](ScoreStatus status, double value, std::string why) {
    score.status = status;
    score.score = value;
    score.why = std::move(why);
    return score;
  };
  try {
    // An item with options is judged by its scorer when the model wrote, by likelihood when not.
    const bool is_scored = !response.continuation_logprobs.empty();
    const Scorer& scorer = find_scorer(is_scored ? "loglikelihood" : item.grading.scorer);
    score.scorer = fmt::format("{}@{}", scorer.name, scorer.version);
    nlohmann::json fields;
    if (!item.grading.fields_json.empty()) fields = nlohmann::json::parse(item.grading.fields_json);
    if (response.outcome == Outcome::Filtered ||
        (response.outcome == Outcome::Empty && !is_scored)) {
      if (scorer.has_measures) {
        GradeInput nothing;
        nothing.gold = item.grading.gold;
        nothing.language = item.language;
        nothing.fields = fields.is_object() ? &fields : nullptr;
        score.flags = scorer.grade(nothing).flags;
        std::erase_if(score.flags,
                      [](const std::string& one) { return one.find('=') == one.npos; });
      }
      return response.outcome == Outcome::Filtered
                 ? decided(ScoreStatus::Refused, 0,
                           "the service blocked the question or the answer")
                 : decided(ScoreStatus::EmptyAnswer, 0, "there is no text to grade");
    }
    GradeInput input;
    input.text = response.text;
    input.reasoning = response.reasoning ? &*response.reasoning : nullptr;
    input.gold = item.grading.gold;
    if (response.finish_reason) {
      input.finish_reason = to_text(*response.finish_reason);
    } else if (response.outcome == Outcome::Truncated) {
      input.finish_reason = to_text(FinishReason::Length);
    }
    input.language = item.language;
    input.fields = fields.is_object() ? &fields : nullptr;
    input.continuations = item.prompt.continuations;
    input.continuation_logprobs = response.continuation_logprobs;
    input.continuation_tokens = response.continuation_tokens;
    return scorer.grade(input);
  } catch (const std::exception& error) {
    score.status = ScoreStatus::InfraError;
    score.score = std::nullopt;
    score.why = error.what();
    return score;
  }
}

}  // namespace leitai
