#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "suites/extractors/answer.h"
#include "suites/extractors/answer_list.h"
#include "suites/extractors/words.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer blanks_scorer;
constinit const Scorer blanks_scorer = {
    .name = "blanks",
    .version = 1,
    .help = "a label for each of several blanks in order; the score is the share that is right",
    .grade = grade,
    .has_measures = true};

namespace {

/// The letters that may be answers: `labels` of the fields, else A to D.
std::string read_labels(const GradeInput& input) {
  if (!input.fields) return "ABCD";
  const auto labels = input.fields->find("labels");
  if (labels == input.fields->end() || labels->is_null()) return "ABCD";
  if (!labels->is_string()) throw Error("labels: the letters that may be answers are wanted");
  return labels->get<std::string>();
}

Score judge(const GradeInput& input) {
  Prepared prepared = prepare(input, blanks_scorer);
  Score& score = prepared.score;
  if (prepared.is_decided) return score;
  const std::string labels = read_labels(input);
  const Folded folded = fold(prepared.split.answer);
  if (input.gold.empty()) {
    decide(score, ScoreStatus::Incorrect, "there is no gold answer to compare with");
    score.score = std::nullopt;
    return score;
  }
  const AnswerList found = answer_list(folded, input.gold.size(), labels);
  if (found.labels.empty()) {
    const bool refused = declines(lower(folded.text));
    decide(score, refused ? ScoreStatus::Refused : ScoreStatus::NoAnswer,
           refused ? "the answer declines" : "no list of answers found");
    return score;
  }
  score.tier = found.tier;
  std::string shown;
  std::size_t right = 0, given = 0;
  for (std::size_t i = 0; i < input.gold.size(); ++i) {
    const std::string& label = found.labels[i];
    right += label == input.gold[i];
    given += !label.empty();
    shown += (i == 0 ? "" : " ") + (label.empty() ? std::string("-") : label);
  }
  score.extracted = shown;
  set_span(score, prepared.split, found.begin, found.end);
  if (given < input.gold.size()) score.flags.push_back("blanks_missing");
  const bool all = right == input.gold.size();
  decide(score, all ? ScoreStatus::Correct : ScoreStatus::Incorrect,
         fmt::format("{} ({}): {} of {} are right; wanted: {}", shown, found.tier, right,
                     input.gold.size(), fmt::join(input.gold, " ")));
  score.score = static_cast<double>(right) / static_cast<double>(input.gold.size());
  return score;
}

Score grade(const GradeInput& input) {
  Score score = judge(input);
  add_points(score, input, input.gold.size());
  return score;
}

}  // namespace

}  // namespace leitai
