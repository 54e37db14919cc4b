#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/workbench.h"
#include "harness/core/codec.h"
#include "suites/scorers/workbench.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb grade_verb;
constinit const cli::Verb grade_verb = {
    .name = "grade",
    .group = "Workbench (JSON lines in, JSON lines out)",
    .summary = "grades answers with one scorer and says why",
    .usage =
        "SCORER < lines        SCORER: numeric, exact, contains, regex, json_schema, choice,\n"
        "                      math, code, reasoning, squad, rouge, loglikelihood; and bleu,\n"
        "                      chrf, ter on whole corpora",
    .examples =
        "echo '{\"text\": \"so 2 + 2 = 4. The answer is 4.\", \"gold\": \"4\"}' | leitai grade "
        "numeric\n"
        "echo '{\"text\": \"Paris.\", \"gold\": [\"Paris\", \"paris\"]}' | leitai grade exact\n"
        "leitai grade regex --in answers.jsonl\n"
        "echo '{\"language\": \"python\", \"text\": \"def f(x): return x + 1\", "
        "\"tests\": \"def test_f(): assert f(1) == 2\"}' | leitai grade code\n"
        "                      (what tests of one's own may use: suites/README.md, Own tests)",
    .run = run};

namespace {

int run(std::span<const std::string> args, cli::Global& global) {
  std::optional<std::string> in;
  std::vector<std::string> operands;
  cli::Command command(grade_verb, global);
  command.text("in", "FILE", "read lines from this file", in)
      .operands("the scorer", 1, 1, operands);
  if (!command.parse(args)) return 0;
  const auto grader = find_workbench_grader(operands[0]);
  return cli::serve_lines(
      in, [&](const nlohmann::ordered_json& line) { return dump(grader(nlohmann::json(line))); });
}

}  // namespace

}  // namespace leitai
