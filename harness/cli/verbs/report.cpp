#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/core/error.h"
#include "harness/io/files.h"
#include "harness/store.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb report_verb;
constinit const cli::Verb report_verb = {
    .name = "report",
    .group = "Look at results",
    .summary = "renders a run: leaderboard in the terminal, Markdown, CSV or JSON",
    .usage = "RUN [-f FORMAT] [-o FILE]",
    .examples = "leitai report runs/x\nleitai report runs/x -f markdown -o leaderboard.md",
    .run = run};

namespace {

int run(std::span<const std::string> args, cli::Global& global) {
  std::optional<std::string> format, out, reduce;
  bool json = false;
  std::vector<std::string> operands;
  cli::Command command(report_verb, global);
  command
      .text("format,f", "FORMAT",
            fmt::format("{} (default terminal)", fmt::join(cli::format_names(), ", ")), format)
      .text("output,o", "FILE", "write here instead of standard output", out)
      .text("reduce", "HOW", "several samples of an item: mean, pass@K or maj@K", reduce)
      .flag("json", "the same as -f json", json)
      .operands("the run", 1, 1, operands);
  if (!command.parse(args)) return 0;
  const Reporter& reporter = cli::find_reporter(json ? "json" : format.value_or("terminal"));
  const auto reducer = reduce ? std::optional(parse_reducer(*reduce, "--reduce")) : std::nullopt;
  const Store store = Store::open_read(cli::run_folder(operands[0]));
  Style style = cli::style_of(global, stdout);
  if (out) style.color = global.color == "always";
  const std::string text = reporter.write(cli::leaderboard_of(store, reducer), style);
  if (!out) {
    fmt::print("{}", text);
    return 0;
  }
  const std::filesystem::path path =
      std::filesystem::is_directory(*out)
          ? std::filesystem::path(*out) / fmt::format("leaderboard.{}", reporter.extension)
          : std::filesystem::path(*out);
  write_file_atomic(path, text);
  if (global.verbosity >= 0) fmt::print(stderr, "written: {}\n", path.string());
  return 0;
}

}  // namespace

}  // namespace leitai
