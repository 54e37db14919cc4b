#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/extractors/answer.h"
#include "suites/ifeval/checker.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer ifeval_scorer;
constinit const Scorer ifeval_scorer = {
    .name = "ifeval",
    .version = 1,
    .help = "every instruction of `instruction_id_list` is followed (strict; loose beside it)",
    .grade = grade,
    .has_measures = true};

namespace {

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, ifeval_scorer);
  Score& score = prepared.score;
  if (!input.fields || !input.fields->contains("instruction_id_list"))
    throw Error("instruction_id_list: missing; the scorer ifeval needs it");
  const nlohmann::json& ids = (*input.fields)["instruction_id_list"];
  const nlohmann::json kwargs = input.fields->value("kwargs", nlohmann::json());
  // White space at the ends is part of an answer as it is, and counts where letters are counted.
  const std::string& left = prepared.split.answer;
  const std::string_view answer =
      trim(input.text) == std::string_view(left) ? input.text : std::string_view(left);
  const ifeval::Verdicts verdicts = ifeval::check_instructions(answer, ids, kwargs, input.language);
  const auto marks = [](const std::vector<bool>& list) {
    std::string out;
    for (const bool one : list) out += one ? '1' : '0';
    return out;
  };
  const auto followed = [](const std::vector<bool>& list) {
    return fmt::format("{}/{}", std::count(list.begin(), list.end(), true), list.size());
  };
  score.extracted = "strict " + marks(verdicts.strict) + " loose " + marks(verdicts.loose);
  // The score is the strict verdict on the prompt; the three other measures of the benchmark go
  // with it, as so many of so many.
  score.flags.push_back(fmt::format("prompt_loose={}/1", verdicts.all_loose() ? 1 : 0));
  score.flags.push_back("instruction_strict=" + followed(verdicts.strict));
  score.flags.push_back("instruction_loose=" + followed(verdicts.loose));
  if (prepared.is_decided) return score;
  score.tier = "strict";
  std::string broken;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (verdicts.strict[i]) continue;
    broken += (broken.empty() ? "" : ", ") + ids[i].get<std::string>();
    if (verdicts.loose[i]) broken += " (loosely followed)";
  }
  decide(score, broken.empty() ? ScoreStatus::Correct : ScoreStatus::Incorrect,
         broken.empty() ? "follows every instruction" : "does not follow " + broken);
  return score;
}

}  // namespace

}  // namespace leitai
