#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <new>
#include <system_error>
#include <utility>

#include "harness/cli/command.h"
#include "harness/cli/version.h"
#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai::cli {

namespace {

constexpr std::string_view kGroups[] = {"Ask and judge", "Look at results", "Get ready",
                                        "Workbench (JSON lines in, JSON lines out)"};

void print_help() {
  fmt::print(
      "leitai (lei-tai): which model is better, on which work, by how much, how sure are we\n\n");
  for (std::string_view group : kGroups) {
    fmt::print("{}:\n", group);
    for (const Verb* verb : verbs()) {
      if (verb->group == group) fmt::print("  {:<9}  {}\n", verb->name, verb->summary);
    }
    fmt::print("\n");
  }
  fmt::print(
      "leitai VERB --help teaches one verb. leitai --version tells what this build is.\n"
      "First steps: leitai pull smollm2-135m; leitai run -m engine:smollm2-135m -s house/ledger "
      "--limit 20\n");
}

int dispatch(std::span<const std::string> args, Global& global) {
  if (args.empty() || args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
    print_help();
    return args.empty() ? 1 : 0;
  }
  if (args[0] == "--version") {
    fmt::print("{}\n", version_text());
    return 0;
  }
  std::vector<std::string> names;
  for (const Verb* verb : verbs()) {
    if (verb->name == args[0]) return verb->run(args.subspan(1), global);
    names.emplace_back(verb->name);
  }
  throw Error(fmt::format("unknown {} \"{}\"{}\n        leitai --help shows the verbs",
                          args[0].starts_with('-') ? "flag" : "verb", escape_controls(args[0]),
                          did_you_mean(args[0], names)));
}

}  // namespace

}  // namespace leitai::cli

int main(int argc, char** argv) {
  using namespace leitai;
  std::signal(SIGPIPE, SIG_IGN);
  cli::Global global;
  global.program = argv[0];
  const std::vector<std::string> args(argv + 1, argv + argc);
  int code = 1;
  try {
    code = cli::dispatch(args, global);
    const int done = std::exchange(code, 1);  // until what was printed has left
    if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
      if (errno != EPIPE) throw Error(fmt::format("standard output: {}", std::strerror(errno)));
    }
    code = done;
  } catch (const Error& error) {
    fmt::print(stderr, "leitai: {}\n", escape_controls(error.what(), true));
  } catch (const std::bad_alloc&) {
    fmt::print(stderr,
               "leitai: out of memory\n        ask for less at a time (--in-flight), or run on a "
               "larger machine\n");
  } catch (const std::system_error& error) {
    fmt::print(stderr, "leitai: {}\n", error.what());
  }
  return code;
}
