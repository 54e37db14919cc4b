#include "suites/extractors/json_schema.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "suites/extractors/answer.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer json_schema_scorer;
constinit const Scorer json_schema_scorer = {
    .name = "json_schema",
    .version = 1,
    .help = "the JSON of the answer fits `schema` (draft 2020-12)",
    .grade = grade};

namespace {

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, json_schema_scorer);
  Score& score = prepared.score;
  if (!input.fields || !input.fields->contains("schema"))
    throw Error("schema: missing; the scorer json_schema needs it");
  const nlohmann::json& schema = (*input.fields)["schema"];
  check_schema(schema);
  if (prepared.is_decided) return score;
  const std::string& answer = prepared.split.answer;
  const auto found = find_json(answer);
  if (!found) {
    decide(score, ScoreStatus::NoAnswer, "no JSON found");
    return score;
  }
  score.extracted = std::string(found->text);
  score.tier = found->tier;
  const auto begin = static_cast<std::size_t>(found->text.data() - answer.data());
  set_span(score, prepared.split, begin, begin + found->text.size());
  const std::vector<std::string> errors = validate_json(schema, nlohmann::json::parse(found->text));
  if (errors.empty()) {
    decide(score, ScoreStatus::Correct, "fits the schema");
  } else {
    decide(score, ScoreStatus::Incorrect, fmt::format("{}", fmt::join(errors, "; ")));
  }
  return score;
}

}  // namespace

}  // namespace leitai
