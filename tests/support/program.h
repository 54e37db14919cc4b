#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace leitai::test {

/// One finished call of the program under test.
struct Ran {
  int code = -1;  // exit code; 128 + signal if it died of one
  std::string out;
  std::string err;
};

struct CallOptions {
  std::filesystem::path folder;                    // working directory; "" = the test's own
  std::string input;                               // standard input
  std::map<std::string, std::string> environment;  // beside the inherited one
};

/// In `folder`, with a home of its own there and no data but what a test brings.
CallOptions at_home_in(const std::filesystem::path& folder);

/// build/.../leitai, built with the tests.
std::filesystem::path leitai_binary();

/// Runs it to its end.
Ran call(const std::vector<std::string>& args, const CallOptions& options = {});

/// Starts it, output thrown away; gives its pid (its own process group).
pid_t start(const std::vector<std::string>& args, const CallOptions& options = {});

/// Waits at most `limit`; absent if it still runs.
std::optional<int> wait_for(pid_t pid, std::chrono::milliseconds limit);

/// Every process of this machine.
std::vector<pid_t> all_processes();

/// A file of /proc about a process; "" once that is gone.
std::string proc_text(pid_t process, const char* name);

/// How many processes of this machine have `marker` in their command line.
int running(const std::string& marker);

/// The exported answers of a run under `folder`, without what may differ from run to run.
std::set<std::string> answers(const std::filesystem::path& folder, const std::string& run);

}  // namespace leitai::test
