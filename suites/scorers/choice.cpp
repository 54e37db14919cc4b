#include "suites/extractors/choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "suites/extractors/answer.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer choice_scorer;
constinit const Scorer choice_scorer = {
    .name = "choice",
    .version = 2,
    .help = "the option that the answer chooses, by label or by its own words",
    .grade = grade,
    .has_measures = true};

namespace {

Score judge(const GradeInput& input) {
  if (input.fields == nullptr) throw Error(kOptionsWanted);
  ChoiceOptions options = read_choice_options(*input.fields);
  Prepared prepared = prepare(input, choice_scorer);
  Score& score = prepared.score;
  if (prepared.is_decided) return score;
  options.is_truncated = prepared.split.truncated;
  const ChoiceAnswer found = choice_answer(fold(prepared.split.answer), options);
  score.tier = found.tier;
  score.flags.insert(score.flags.end(), found.flags.begin(), found.flags.end());
  if (found.end > found.begin) set_span(score, prepared.split, found.begin, found.end);
  const std::string shown = fmt::format("{}", fmt::join(found.labels, ","));
  if (!shown.empty()) score.extracted = shown;
  if (found.status) {
    switch (*found.status) {
      case ScoreStatus::Multi:
        decide(score, *found.status, fmt::format("several options are chosen: {}", shown));
        break;
      case ScoreStatus::Ambiguous:
        decide(score, *found.status,
               fmt::format("several options are named and none is chosen: {}", shown));
        break;
      case ScoreStatus::InvalidLabel:
        decide(score, *found.status, "the label that is given is no option's");
        break;
      case ScoreStatus::Refused:
        decide(score, *found.status, "the answer declines and names no option");
        break;
      default:
        decide(score, *found.status, "no option is chosen");
    }
    return score;
  }
  if (input.gold.empty()) {
    decide(score, ScoreStatus::Incorrect,
           fmt::format("{} ({}); there is no gold answer to compare with", shown, found.tier));
    score.score = std::nullopt;
    return score;
  }
  std::vector<std::string> wanted;
  bool equal = false;
  for (const std::string& gold : input.gold) {
    std::vector<std::string> labels = choice_gold(gold, options);
    if (!options.is_multi_select) equal = equal || labels == found.labels;
    wanted.insert(wanted.end(), labels.begin(), labels.end());
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  if (options.is_multi_select) {
    std::vector<std::string> given = found.labels;
    std::sort(given.begin(), given.end());
    equal = given == wanted;
    const bool is_part = std::includes(wanted.begin(), wanted.end(), given.begin(), given.end());
    if (!equal && is_part && !given.empty()) score.flags.push_back("proper_subset");
  }
  decide(score, equal ? ScoreStatus::Correct : ScoreStatus::Incorrect,
         fmt::format("{} ({}) is {}{}", shown, found.tier, equal ? "" : "not ",
                     fmt::join(wanted, ",")));
  return score;
}

Score grade(const GradeInput& input) {
  Score score = judge(input);
  add_points(score, input, 1);
  return score;
}

}  // namespace

}  // namespace leitai
