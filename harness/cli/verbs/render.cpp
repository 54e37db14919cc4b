#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/workbench.h"
#include "harness/core/error.h"
#include "harness/io/files.h"
#include "harness/jinja/workbench.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb render_verb;
constinit const cli::Verb render_verb = {
    .name = "render",
    .group = "Workbench (JSON lines in, JSON lines out)",
    .summary = "renders a Jinja template: a chat template or a task's prompt",
    .usage = "[FILE.jinja] --env chat|lm-eval [--now 2025-07-04T12:34:56] < lines",
    .examples =
        "echo '{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}' | leitai render "
        "chat.jinja --env chat\n"
        "echo '{\"template\": \"{{ a }}!\", \"context\": {\"a\": 1}}' | leitai render --env "
        "lm-eval",
    .run = run};

namespace {

int run(std::span<const std::string> args, cli::Global& global) {
  std::optional<std::string> in, environment, now;
  std::vector<std::string> operands;
  cli::Command command(render_verb, global);
  command
      .text("env", "chat|lm-eval",
            "rules of the environment: chat templates (transformers) or lm-eval task files",
            environment)
      .text("now", "TIME", "what strftime_now sees, such as 2025-07-04T12:34:56", now)
      .text("in", "FILE", "read lines from this file", in)
      .operands("the template", 0, 1, operands);
  if (!command.parse(args)) return 0;
  if (!environment) throw Error("render: --env chat or --env lm-eval is wanted");
  if (*environment != "chat" && *environment != "lm-eval")
    throw Error(fmt::format("--env: chat or lm-eval, not \"{}\"", *environment));
  const Environment env = *environment == "chat" ? Environment::Chat : Environment::LmEval;
  RenderOptions options;
  options.now = now;
  std::optional<Template> from_file;
  if (!operands.empty()) from_file = Template::parse(read_file(operands[0]), env);
  return cli::serve_lines(in, [&](const nlohmann::ordered_json& line) {
    return render_line(line, env, from_file ? &*from_file : nullptr, options)
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  });
}

}  // namespace

}  // namespace leitai
