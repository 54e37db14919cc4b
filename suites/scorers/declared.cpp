#include "suites/extractors/declared.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/extractors/answer.h"
#include "suites/extractors/quasi_exact.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer declared_scorer;
constinit const Scorer declared_scorer = {
    .name = "declared",
    .version = 1,
    .help = "the words that are declared as the answer, compared like exact; `choices` closes them",
    .grade = grade};

namespace {

/// Brackets and other marks count, blanks do not.
std::string without_blanks(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  return out;
}

DeclaredOptions read_fields(const GradeInput& input) {
  DeclaredOptions out;
  if (!input.fields) return out;
  const auto choices = input.fields->find("choices");
  if (choices == input.fields->end() || choices->is_null()) return out;
  if (!choices->is_array()) throw Error("choices: a list of words is wanted");
  for (const auto& word : *choices) {
    if (!word.is_string() || word.get_ref<const std::string&>().empty())
      throw Error("choices: a list of words is wanted");
    out.choices.push_back(word.get<std::string>());
  }
  return out;
}

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, declared_scorer);
  Score& score = prepared.score;
  if (prepared.is_decided) return score;
  DeclaredOptions options = read_fields(input);
  options.is_truncated = prepared.split.truncated;
  const std::string& answer = prepared.split.answer;
  const DeclaredAnswer found = declared_answer(answer, fold(answer), options);
  score.tier = found.tier;
  score.flags.insert(score.flags.end(), found.flags.begin(), found.flags.end());
  if (found.status) {
    decide(score, *found.status,
           *found.status == ScoreStatus::Refused
               ? "the answer declines"
               : (options.is_truncated ? "cut off before an answer was declared"
                                       : "no answer is declared"));
    return score;
  }
  score.extracted = repair_utf8(found.readings[0]);
  set_span(score, prepared.split, found.begin, found.end);
  for (const std::string& reading : found.readings) {
    for (const std::string& gold : input.gold) {
      if (!is_quasi_equal(reading, gold, input.language) &&
          without_blanks(reading) != without_blanks(gold))
        continue;
      decide(score, ScoreStatus::Correct,
             fmt::format("{} ({}) equals {}", in_quotes(reading), found.tier, in_quotes(gold)));
      return score;
    }
  }
  if (input.gold.empty()) {
    decide(score, ScoreStatus::Incorrect, "there is no gold answer to compare with");
    score.score = std::nullopt;
    return score;
  }
  decide(score, ScoreStatus::Incorrect,
         fmt::format("{} ({}) is not {}", in_quotes(found.readings[0]), found.tier,
                     in_quotes(input.gold[0])));
  return score;
}

}  // namespace

}  // namespace leitai
