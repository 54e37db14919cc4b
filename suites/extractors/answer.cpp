#include "suites/extractors/answer.h"

#include <fmt/format.h>

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
