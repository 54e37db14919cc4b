#include "tests/support/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "harness/core/error.h"
#include "tests/support/support.h"

namespace leitai::test {

namespace {

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// In the child: becomes the program.
[[noreturn]] void become(const std::vector<std::string>& args, const CallOptions& options) {
  if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
  const std::string program = leitai_binary().string();
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  _exit(127);
}

}  // namespace

CallOptions at_home_in(const std::filesystem::path& folder) {
  CallOptions out;
  out.folder = folder;
  out.environment = {{"LEITAI_HOME", (folder / "home").string()}, {"LEITAI_DATA", ""}};
  return out;
}

std::filesystem::path leitai_binary() {
  return std::filesystem::path(LEITAI_BINARY_DIR) / "leitai";
}

Ran call(const std::vector<std::string>& args, const CallOptions& options) {
  const TempDir scratch;
  write_text(scratch / "in", options.input);
  const std::string in = (scratch / "in").string(), out = (scratch / "out").string(),
                    err = (scratch / "err").string();
  const pid_t pid = fork();
  LEITAI_CHECK(pid >= 0, "fork");
  if (pid == 0) {
    dup2(open(in.c_str(), O_RDONLY), 0);
    dup2(open(out.c_str(), O_WRONLY | O_CREAT, 0600), 1);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT, 0600), 2);
    become(args, options);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return {exit_code(status), read_text(out), read_text(err)};
}

pid_t start(const std::vector<std::string>& args, const CallOptions& options) {
  const pid_t pid = fork();
  LEITAI_CHECK(pid >= 0, "fork");
  if (pid == 0) {
    setpgid(0, 0);
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 0);
    dup2(nothing, 1);
    dup2(nothing, 2);
    become(args, options);
  }
  return pid;
}

std::optional<int> wait_for(pid_t pid, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) == pid) return exit_code(status);
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> out;
  std::error_code ignored;
  for (std::filesystem::directory_iterator at("/proc", ignored), end; at != end;
       at.increment(ignored)) {
    const std::string name = at->path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos) out.push_back(std::stoi(name));
  }
  return out;
}

std::string proc_text(pid_t process, const char* name) {
  std::string out;
  // A stream of the library would throw where the process ends between open and read.
  const int file = open(fmt::format("/proc/{}/{}", process, name).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return out;
  char buffer[4096];
  for (ssize_t n; (n = read(file, buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<std::size_t>(n));
  close(file);
  return out;
}

int running(const std::string& marker) {
  int out = 0;
  for (const pid_t one : all_processes())
    out += proc_text(one, "cmdline").find(marker) != std::string::npos;
  return out;
}

std::set<std::string> answers(const std::filesystem::path& folder, const std::string& run) {
  std::set<std::string> out;
  std::istringstream lines(call({"export", "runs/" + run, "-f", "answers"},
                                {.folder = folder, .input = {}, .environment = {}})
                               .out);
  for (std::string line; std::getline(lines, line);) {
    auto parsed = nlohmann::json::parse(line);
    parsed.erase("timing");
    parsed.erase("attempts");
    out.insert(parsed.dump());
  }
  return out;
}

}  // namespace leitai::test
