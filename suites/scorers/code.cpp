#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/coding/code_task.h"
#include "suites/extractors/answer.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer code_scorer;
constinit const Scorer code_scorer = {
    .name = "code",
    .version = 2,
    .help = "the program that the answer holds, run against tests in the sandbox",
    .grade = grade,
    .runs_programs = true};

namespace {

Score grade(const GradeInput& input) {
  if (!input.fields) throw Error("language: missing; the scorer code needs it, and tests");
  return grade_code(input, code_scorer).score;
}

}  // namespace

}  // namespace leitai
