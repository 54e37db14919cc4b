#include "suites/extractors/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {

Prepared prepare(const GradeInput& input, const Scorer& scorer) {
  Prepared out;
  out.split =
      split_reasoning({input.text, input.reasoning, input.finish_reason, input.prompt_opens_think});
  out.score.scorer = fmt::format("{}@{}", scorer.name, scorer.version);
  out.score.flags = out.split.flags;
  if (!out.split.status) return out;
  out.is_decided = true;
  switch (*out.split.status) {
    case ScoreStatus::TruncatedReasoning:
      decide(out.score, *out.split.status,
             "the answer was cut off before anything but reasoning was written");
      break;
    case ScoreStatus::UnterminatedReasoning:
      decide(out.score, *out.split.status,
             "the reasoning was never closed; there is no answer after it");
      break;
    default:
      decide(out.score, *out.split.status, "there is no text to grade");
  }
  return out;
}

void decide(Score& score, ScoreStatus status, std::string why) {
  score.status = status;
  score.score = status == ScoreStatus::Correct ? 1.0 : 0.0;
  score.why = std::move(why);
}

void add_points(Score& score, const GradeInput& input, std::size_t blanks) {
  if (input.fields == nullptr || !input.fields->is_object()) return;
  const auto points = input.fields->find("points");
  if (points == input.fields->end()) return;
  if (!points->is_number() || points->get<double>() < 0)
    throw Error("points: a number is wanted, what each right answer earns");
  const double of = points->get<double>() * static_cast<double>(blanks);
  score.flags.push_back(fmt::format("points={}/{}", score.score.value_or(0) * of, of));
}

Score decide_by_measure(Prepared& prepared, const GradeInput& input, std::string_view name,
                        const std::function<double(std::string_view answer)>& measure) {
  Score& score = prepared.score;
  const std::string& answer = prepared.split.answer;
  score.extracted = repair_utf8(answer);
  score.tier = "whole";
  set_span(score, prepared.split, 0, answer.size());
  if (input.gold.empty()) {
    decide(score, ScoreStatus::Incorrect, "there is no accepted answer to compare with");
    return score;
  }
  constexpr double kRounding = 1e-12;
  const double value = std::clamp(measure(answer), 0.0, 1.0);
  const bool is_whole = value >= 1 - kRounding;
  decide(score, is_whole ? ScoreStatus::Correct : ScoreStatus::Incorrect,
         fmt::format("{} {:.4f} against {}", name, value, in_quotes(input.gold[0])));
  score.score = is_whole ? 1 : value;
  return score;
}

void set_span(Score& score, const ReasoningSplit& split, std::size_t begin, std::size_t end) {
  const std::size_t from = split.source_offset(begin);
  score.span = {from, end > begin ? split.source_offset(end - 1) + 1 : from};
}

std::string in_quotes(std::string_view text) {
  std::string out = repair_utf8(text.size() <= 80 ? text : text.substr(0, 77));
  if (text.size() > 80) out += "...";
  return '"' + out + '"';
}

}  // namespace leitai
