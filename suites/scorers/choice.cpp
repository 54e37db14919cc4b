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
    .version = 1,
    .help = "the option that the answer chooses, by label or by its own words",
    .grade = grade};

namespace {

ChoiceOptions read_options(const GradeInput& input) {
  ChoiceOptions out;
  const nlohmann::json* fields = input.fields;
  const auto refuse = [] {
    throw Error("options: {letter: text} is wanted\n        give the options of the question");
  };
  if (fields == nullptr || !fields->contains("options")) refuse();
  const nlohmann::json& options = (*fields)["options"];
  if (!options.is_object() || options.empty()) refuse();
  for (const auto& [label, text] : options.items()) {
    if (!text.is_string()) refuse();
    out.options.emplace_back(label, text.get<std::string>());
  }
  if (const auto several = fields->find("multi_select");
      several != fields->end() && !several->is_null()) {
    if (!several->is_boolean()) throw Error("multi_select: true or false is wanted");
    out.is_multi_select = several->get<bool>();
  }
  return out;
}

/// The labels that a gold answer names: a label, labels side by side or in a list, or an option's
/// text.
std::vector<std::string> gold_labels(const std::string& gold, const ChoiceOptions& options) {
  std::vector<std::string> out;
  for (const auto& [label, text] : options.options) {
    if (gold == label) return {label};
  }
  for (const auto& [label, text] : options.options) {
    if (gold == text) return {label};
  }
  const Folded folded = fold(gold);
  ChoiceOptions several = options;
  several.is_multi_select = true;
  for (std::string& label : choice_answer(folded, several).labels) out.push_back(std::move(label));
  return out;
}

Score grade(const GradeInput& input) {
  ChoiceOptions options = read_options(input);
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
    std::vector<std::string> labels = gold_labels(gold, options);
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

}  // namespace

}  // namespace leitai
