#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "harness/cli/command.h"
#include "harness/core/error.h"
#include "harness/io/fetch.h"
#include "harness/io/files.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb pull_verb;
constinit const cli::Verb pull_verb = {
    .name = "pull",
    .group = "Get ready",
    .summary = "weights into the cache: resumable, checksummed, licence shown",
    .usage = "NAME|OWNER/NAME[:WORD] [--offline]",
    .examples =
        "leitai pull smollm2-135m\n"
        "leitai pull Qwen/Qwen2.5-0.5B-Instruct\n"
        "leitai pull Qwen/Qwen2.5-0.5B-Instruct-GGUF:q8_0",
    .run = run};

namespace {

int run(std::span<const std::string> args, cli::Global& global) {
  bool offline = false;
  std::vector<std::string> operands;
  cli::Command command(pull_verb, global);
  command.flag("offline", "use no network; an error where the cache does not hold it", offline)
      .operands("the name of the weights", 1, 1, operands);
  if (!command.parse(args)) return 0;
  PullOptions options;
  options.offline = offline;
  const bool quiet = global.verbosity < 0;
  const bool live = !quiet && isatty(2);
  std::string shown;
  if (!quiet)
    options.note = [](const std::string& sentence) { fmt::print(stderr, "{}\n", sentence); };
  options.progress = [&](const PullProgress& at) {
    if (live) {
      fmt::print(stderr, "\r{}: {}{}\x1b[K", at.file,
                 bytes_in_words(static_cast<std::uint64_t>(at.done)),
                 at.total ? " of " + bytes_in_words(static_cast<std::uint64_t>(*at.total)) : "");
    } else if (!quiet && shown != at.file) {
      shown = at.file;
      fmt::print(
          stderr, "getting {}{}\n", at.file,
          at.total ? " (" + bytes_in_words(static_cast<std::uint64_t>(*at.total)) + ")" : "");
    }
    return true;
  };
  const PullResult result = pull(operands[0], options);
  if (live && !result.was_there) fmt::print(stderr, "\r\x1b[K");
  if (!quiet) {
    fmt::print(
        stderr, "{}: {}, licence {}, from {}\n", result.was_there ? "already there" : "complete",
        bytes_in_words(static_cast<std::uint64_t>(result.bytes)), result.licence, result.source);
  }
  fmt::print("{}\n", result.path.string());
  return 0;
}

}  // namespace

}  // namespace leitai
