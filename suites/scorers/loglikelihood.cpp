#include "suites/metrics/loglikelihood.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/extractors/answer.h"
#include "suites/extractors/choice.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer loglikelihood_scorer;
constinit const Scorer loglikelihood_scorer = {
    .name = "loglikelihood",
    .version = 1,
    .help = "the most likely option for each byte; the other measures stand beside the score",
    .grade = grade,
    .has_measures = true};

namespace {

using Json = nlohmann::json;

/// Labels of the options in the order of the continuations: those of the item, else A, B, ...
std::vector<std::string> labels_of(const GradeInput& input, std::size_t n) {
  std::vector<std::string> out;
  if (input.fields != nullptr && input.fields->contains("options")) {
    for (const auto& [label, text] : read_choice_options(*input.fields).options)
      out.push_back(label);
    if (out.size() == n) return out;
    out.clear();
  }
  for (std::size_t i = 0; i < n; ++i)
    out.push_back(i < 26 ? std::string(1, static_cast<char>('A' + i)) : std::to_string(i));
  return out;
}

/// Position of an accepted answer, given as label, text of the option or of what was scored, or
/// 0-based position.
std::optional<std::size_t> position_of(const std::string& gold, const GradeInput& input,
                                       const std::vector<std::string>& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == gold) return i;
  }
  for (std::size_t i = 0; i < input.continuations.size(); ++i) {
    if (trim(input.continuations[i]) == trim(gold)) return i;
  }
  if (input.fields != nullptr && input.fields->contains("options")) {
    const auto& options = read_choice_options(*input.fields).options;
    for (std::size_t i = 0; i < options.size() && i < labels.size(); ++i) {
      if (options[i].second == gold) return i;
    }
  }
  const auto number = parse_int(gold);
  if (number && *number >= 0 && *number < static_cast<std::int64_t>(labels.size()))
    return static_cast<std::size_t>(*number);
  return std::nullopt;
}

std::vector<double> unconditional_of(const GradeInput& input) {
  if (input.fields == nullptr || !input.fields->is_object()) return {};
  const auto found = input.fields->find("unconditional");
  if (found == input.fields->end() || !found->is_array()) return {};
  std::vector<double> out;
  for (const Json& one : *found) {
    if (!one.is_number()) throw Error("unconditional: a list of numbers is wanted");
    out.push_back(one.get<double>());
  }
  return out;
}

Score grade(const GradeInput& input) {
  Score score;
  score.scorer = fmt::format("{}@{}", loglikelihood_scorer.name, loglikelihood_scorer.version);
  const std::size_t n = input.continuation_logprobs.size();
  if (n == 0 || input.continuations.size() != n) {
    decide(score, ScoreStatus::NoAnswer, "there are no log-probabilities of the options");
    return score;
  }
  const std::vector<std::string> labels = labels_of(input, n);
  const std::vector<double> unconditional = unconditional_of(input);
  const metrics::OptionPicks picks = metrics::pick_options(
      {input.continuations, input.continuation_logprobs, input.continuation_tokens, unconditional});
  score.tier = "bytes";
  score.extracted = labels[picks.bytes];
  std::vector<std::size_t> gold;
  for (const std::string& one : input.gold) {
    const auto position = position_of(one, input, labels);
    if (!position)
      throw Error(fmt::format("gold: {} is none of the {} options", in_quotes(one), n));
    if (std::find(gold.begin(), gold.end(), *position) == gold.end()) gold.push_back(*position);
  }
  if (gold.empty()) {
    decide(score, ScoreStatus::Incorrect, "there is no gold answer to compare with");
    score.score = std::nullopt;
    return score;
  }
  std::string said;
  const auto tell = [&](const char* name, std::optional<std::size_t> pick) {
    if (!pick) return;
    const bool is_right = std::find(gold.begin(), gold.end(), *pick) != gold.end();
    score.flags.push_back(fmt::format("{}={}/1", name, is_right ? 1 : 0));
    said += fmt::format("{} {}, ", name, labels[*pick]);
  };
  tell("acc", picks.sum);
  tell("acc_norm", picks.characters);
  tell("acc_bytes", picks.bytes);
  tell("acc_tokens", picks.tokens);
  tell("acc_mutual_info", picks.mutual_information);
  const std::vector<double> p = metrics::likelihoods(input.continuation_logprobs);
  const bool is_right = std::find(gold.begin(), gold.end(), picks.bytes) != gold.end();
  std::vector<std::string> wanted;
  for (const std::size_t one : gold) wanted.push_back(labels[one]);
  decide(score, is_right ? ScoreStatus::Correct : ScoreStatus::Incorrect,
         fmt::format("{}wanted {}; likelihood of it {:.6f}, Brier {:.6f}", said,
                     fmt::join(wanted, ","), metrics::true_share(p, gold),
                     metrics::brier(p, gold[0])));
  return score;
}

}  // namespace

}  // namespace leitai
