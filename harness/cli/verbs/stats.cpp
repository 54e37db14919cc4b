#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/workbench.h"
#include "harness/core/codec.h"
#include "harness/core/text.h"
#include "harness/stats/function.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb stats_verb;
constinit const cli::Verb stats_verb = {
    .name = "stats",
    .group = "Workbench (JSON lines in, JSON lines out)",
    .summary = "evaluates one statistic of the library",
    .usage = "FUNCTION < lines      {\"input\": {...}} in, {\"result\": {...}} out",
    .examples =
        "echo '{\"input\": {\"w\": 14, \"l\": 5}}' | leitai stats beta_mixture\n"
        "echo '{\"input\": {\"n\": 10, \"c\": 3, \"k\": 5}}' | leitai stats pass_at_k",
    .run = run};

namespace {

const StatFunction& find_function(const std::string& name) {
  std::vector<std::string> known;
  std::string list;
  for (const StatSubject* subject : stat_subjects()) {
    std::string line;
    for (const StatFunction& function : subject->functions) {
      if (function.name == name) return function;
      known.emplace_back(function.name);
      line += fmt::format("{}{}", line.empty() ? "" : ", ", function.name);
    }
    list += fmt::format("\n        {}: {}", subject->name, line);
  }
  throw Error(fmt::format("{}: there is no such function{}\n        functions by subject:{}", name,
                          did_you_mean(name, known), list));
}

int run(std::span<const std::string> args, cli::Global& global) {
  std::optional<std::string> in;
  std::vector<std::string> operands;
  cli::Command command(stats_verb, global);
  command.text("in", "FILE", "read lines from this file", in)
      .operands("the function", 1, 1, operands);
  if (!command.parse(args)) return 0;
  const StatFunction& function = find_function(operands[0]);
  return cli::serve_lines(in, [&](const nlohmann::ordered_json& line) {
    const nlohmann::json parsed(line);
    const auto input = parsed.find("input");
    if (input == parsed.end()) throw Error("field \"input\" is missing");
    const nlohmann::json params = parsed.value("params", nlohmann::json::object());
    return dump({{"result", function.evaluate(*input, params)}});
  });
}

}  // namespace

}  // namespace leitai
