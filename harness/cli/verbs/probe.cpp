#include "backends/engine/probe.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/cli/workbench.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/model_spec.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb probe_verb;
constinit const cli::Verb probe_verb = {
    .name = "probe",
    .group = "Workbench (JSON lines in, JSON lines out)",
    .summary = "logits and log-probabilities of the engine, token by token",
    .usage = "engine:PATH[,key=value] [--top N] [--greedy N] [--all-positions] < lines",
    .examples =
        "echo '{\"text\": \"The capital of France is\"}' | leitai probe engine:smollm2-135m --top "
        "5 --greedy 8\n"
        "echo '{\"ids\": [1, 2, 3]}' | leitai probe engine:weights/model.gguf --all-positions",
    .run = run};

namespace {

int run(std::span<const std::string> args, cli::Global& global) {
  std::optional<std::string> in, top, greedy;
  ProbeOptions options;
  std::vector<std::string> operands;
  cli::Command command(probe_verb, global);
  command.text("top", "N", "the N largest logits of the last position", top)
      .text("greedy", "N", "continue by N tokens, always the most likely", greedy)
      .flag("all-positions", "logits of every position", options.all_positions)
      .text("in", "FILE", "read lines from this file", in)
      .operands("the model", 1, 1, operands);
  if (!command.parse(args)) return 0;
  if (top) options.top = cli::whole_flag("--top", *top, 0, 1'000'000);
  if (greedy) options.greedy = cli::whole_flag("--greedy", *greedy, 0, 100'000);
  const std::string spec =
      operands[0].starts_with("engine:") ? operands[0] : "engine:" + operands[0];
  Model model = parse_model(spec, "probe", cli::backends());
  cli::locate(model);
  const std::unique_ptr<Engine> engine = open_engine(model);
  return cli::serve_lines(in, [&](const nlohmann::ordered_json& line) {
    if (line.contains("text")) {
      try {
        engine->tokenizer();
      } catch (const Error& error) {
        throw cli::FatalError(error.what());
      }
    }
    return dump(probe_line(*engine, nlohmann::json(line), options));
  });
}

}  // namespace

}  // namespace leitai
