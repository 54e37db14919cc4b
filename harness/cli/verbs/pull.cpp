#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/fetch.h"
#include "harness/io/fetch_data.h"
#include "harness/io/files.h"
#include "suites/loader.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb pull_verb;
constinit const cli::Verb pull_verb = {
    .name = "pull",
    .group = "Get ready",
    .summary = "data of suites and weights into the cache: resumable, checksummed, licence shown",
    .usage = "SUITE[,SUITE]|NAME|OWNER/NAME[:WORD] [--offline]",
    .examples =
        "leitai pull gsm8k,mmlu/anatomy\n"
        "leitai pull smollm2-135m\n"
        "leitai pull Qwen/Qwen2.5-0.5B-Instruct-GGUF:q8_0",
    .run = run};

namespace {

std::string in_words(std::int64_t bytes) {
  return bytes_in_words(static_cast<std::uint64_t>(bytes));
}

/// Into `folder`: what is missing, with the licence first.
void pull_suites(const std::vector<SuiteData>& all, const PullOptions& options, bool quiet,
                 bool live) {
  for (const SuiteData& data : all) {
    if (!quiet && !options.offline)
      fmt::print(stderr, "{}: licence {}{}\n", data.suite, data.licence,
                 data.publish == "none"  ? "; items must not be published"
                 : data.publish == "ids" ? "; reports show ids, not items"
                                         : "");
    const DataPull done = pull_data(data.files, options);
    if (live && !done.obtained.empty()) fmt::print(stderr, "\r\x1b[K");
    if (!quiet)
      fmt::print(stderr, "{}: {} of {} obtained, {} already there, {} in all\n", data.suite,
                 done.obtained.size(), data.files.size(), done.was_there.size(),
                 in_words(done.bytes));
    for (const WantedFile& file : data.files) fmt::print("{}\n", file.target.string());
  }
}

int run(std::span<const std::string> args, cli::Global& global) {
  bool offline = false;
  std::optional<std::string> suites_dir;
  std::vector<std::string> operands;
  cli::Command command(pull_verb, global);
  command.flag("offline", "use no network; an error where the cache does not hold it", offline)
      .text("suites-dir", "DIR", "more suites", suites_dir)
      .operands("names of suites, or the name of weights", 1, 1, operands);
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
      fmt::print(stderr, "\r{}: {}{}\x1b[K", at.file, in_words(at.done),
                 at.total ? " of " + in_words(*at.total) : "");
    } else if (!quiet && shown != at.file) {
      shown = at.file;
      fmt::print(stderr, "getting {}{}\n", at.file,
                 at.total ? " (" + in_words(*at.total) + ")" : "");
    }
    return true;
  };
  const LoaderPaths paths = cli::loader_paths(suites_dir);
  const auto names = split(operands[0], ',');
  if (is_native_suite(trim(names[0]), paths)) {
    options.mirrors = data_mirrors_from_environment();
    std::vector<SuiteData> all;
    for (const std::string_view name : names) {
      for (SuiteData& data : suite_data({std::string(trim(name)), {}, "pull"}, paths))
        all.push_back(std::move(data));
    }
    pull_suites(all, options, quiet, live);
    return 0;
  }
  if (operands[0].starts_with("house/")) {
    const bool is_twin = operands[0].starts_with("house/twins/");
    throw Error(fmt::format("pull {}: nothing to obtain, the items are {}", operands[0],
                            is_twin
                                ? "made of another suite's\n        leitai pull " +
                                      operands[0].substr(std::string_view("house/twins/").size())
                                : "generated\n        leitai run -s " + operands[0]));
  }
  std::vector<std::string> known = known_weights();
  if (std::find(known.begin(), known.end(), operands[0]) == known.end() &&
      !is_hub_id(operands[0])) {
    for (const SuiteSummary& suite : known_suites(paths)) {
      if (!suite.name.starts_with("house/")) known.push_back(suite.name);
    }
    throw Error(fmt::format(
        "pull {}: neither a suite nor known weights nor OWNER/NAME of a hub{}\n        known: {}",
        escape_controls(operands[0]), did_you_mean(operands[0], known), fmt::join(known, ", ")));
  }
  const PullResult result = pull(operands[0], options);
  if (live && !result.was_there) fmt::print(stderr, "\r\x1b[K");
  if (!quiet) {
    fmt::print(stderr, "{}: {}, licence {}, from {}\n",
               result.was_there ? "already there" : "complete", in_words(result.bytes),
               result.licence, result.source);
  }
  fmt::print("{}\n", result.path.string());
  return 0;
}

}  // namespace

}  // namespace leitai
