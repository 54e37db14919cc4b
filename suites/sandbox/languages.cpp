#include "suites/sandbox/languages.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/embedded.h"
#include "harness/core/error.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "suites/sandbox/objections.h"
#include "suites/sandbox/presentation.h"

namespace leitai {

std::span<const EmbeddedFile> sandbox_runners();  // generated

namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

std::string runner(std::string_view name) {
  for (const EmbeddedFile& file : sandbox_runners()) {
    if (file.path.ends_with(name)) return std::string(file.bytes);
  }
  LEITAI_CHECK(false, std::string(name));
}

std::string frame(std::string_view bytes) {
  std::string out(8, '\0');
  for (int i = 0; i < 8; ++i)
    out[static_cast<std::size_t>(i)] = static_cast<char>(bytes.size() >> (8 * i) & 0xFF);
  return out.append(bytes);
}

BoxJob run_job(const CodeCheck& check) {
  BoxJob out;
  if (check.wall) {
    out.limits.wall = *check.wall;
    out.limits.cpu = std::chrono::ceil<seconds>(*check.wall);
  }
  if (check.cpu) {
    out.limits.cpu = *check.cpu;
    if (!check.wall) out.limits.wall = 2 * *check.cpu;
  }
  if (check.memory_bytes) out.limits.memory_bytes = *check.memory_bytes;
  return out;
}

BoxJob compile_job(std::string script) {
  BoxJob out;
  out.argv = limited_argv({"/bin/sh", "-c", std::move(script)});
  out.limits.wall = seconds(25);
  out.limits.cpu = seconds(25);
  out.limits.memory_bytes = std::uint64_t{2} << 30;
  out.limits.disk_bytes = std::uint64_t{256} << 20;
  out.limits.report_bytes = std::uint64_t{64} << 20;
  return out;
}

std::string run_line(const std::string& command) {
  std::string out;
  if (FILE* pipe = ::popen((command + " 2>&1 </dev/null").c_str(), "r")) {
    char buffer[256];
    if (std::fgets(buffer, sizeof buffer, pipe)) out = trim(buffer);
    while (std::fgets(buffer, sizeof buffer, pipe)) {
    }
    if (::pclose(pipe) != 0) out.clear();
  }
  return out;
}

/// The runner as the interpreter's own code, so that it is not translated for every program. Throws
/// Error if the box failed; the next call tries again.
const std::string& python_runner() {
  static std::mutex mutex;  // guards the code until it is there
  static std::string code;
  const std::lock_guard lock(mutex);
  if (!code.empty()) return code;
  BoxJob job;
  job.argv = {tool_path("python3"), "-I", "-S", "-c",
              "import marshal, importlib.util, posix\n"
              "source = b''.join(iter(lambda: posix.read(3, 65536), b''))\n"
              "code = marshal.dumps(compile(source, 'runner.py', 'exec', optimize=0))\n"
              "data = memoryview(importlib.util.MAGIC_NUMBER + bytes(12) + code)\n"
              "while data: data = data[posix.write(4, data):]\n"};
  job.job = runner("python_values.py") + runner("python_program.py") + runner("python_checks.py");
  BoxResult result = run_boxed(job);
  if (result.end != BoxEnd::Exited || result.code != 0 || result.report.empty())
    throw Error("sandbox: the runner of Python was not made: " + result.trouble + result.err);
  return code = std::move(result.report);
}

LanguageRun plan_python(const CodeCheck& check, const std::string& nonce) {
  LanguageRun out;
  out.run = run_job(check);
  out.run.limits.bound_addresses = true;
  out.run.variables = {{"OPENBLAS_NUM_THREADS", "1"}};
  if (!check.cases.empty()) {
    out.run.files.push_back({"/leitai/program.py", check.program, false});
    out.run.argv = limited_argv({tool_path("python3"), "-I", "/leitai/program.py"});
    return out;
  }
  static const Regex kCalls("^check\\s*\\(", {.multi_line = true});
  static const Regex kDefines("^def check\\s*\\(", {.multi_line = true});
  const std::string tests = repair_utf8(check.tests);
  const bool calls_check =
      !check.entry_point.empty() && kDefines.search(tests) && !kCalls.search(tests);
  out.run.files.push_back({"/leitai/runner.pyc", python_runner(), false});
  out.run.argv = {tool_path("python3"), "-I", "-S", "/leitai/runner.pyc"};
  for (const std::string& part :
       {std::to_string(out.run.limits.processes), check.program, nonce, check.helpers, tests,
        check.entry_point, std::string(calls_check ? "1" : "0")})
    out.run.job += frame(part);
  return out;
}

std::string nothing_to_object(const CodeCheck&) { return {}; }

LanguageRun plan_native(const CodeCheck& check, const std::string& nonce, bool is_cpp) {
  LanguageRun out;
  const bool has_tests = check.cases.empty();
  const bool wants_crypto = check.program.find("openssl/") != std::string::npos;
  const std::string source = is_cpp ? "/leitai/main.cpp" : "/leitai/main.c";
  out.compile = compile_job(fmt::format(
      "gcc -O1 -c -o wrap.o /leitai/native.c && {} -O1 -w -fno-diagnostics-color "
      "-I/leitai/include -o program {} wrap.o {} -lm{} -pthread && cat program >&4",
      is_cpp ? "g++ -std=gnu++20" : "gcc -std=c17 -D_GNU_SOURCE", source,
      has_tests ? "-Wl,--wrap=__libc_start_main" : "", wants_crypto ? " -lcrypto" : ""));
  std::string text = (is_cpp ? cpp_preamble(check) : "") + check.program;
  if (has_tests) {
    text += undo_macros(check) + (is_cpp ? cpp_names(check) + cpp_result(check) : "") + check.tests;
    out.compile->files.push_back({"/leitai/include/assert.h", runner("checked_assert.inc"), false});
    out.compile->files.push_back({"/leitai/native.c", runner("native.c"), false});
  } else {
    out.compile->files.push_back(
        {"/leitai/native.c", "int leitai_nothing(void) { return 0; }\n", false});
  }
  out.compile->files.push_back({source, text, false});
  out.binary = "/leitai/program";
  out.run = run_job(check);
  out.run.argv = limited_argv({"/leitai/program"});
  out.run.job = nonce;
  return out;
}

LanguageRun plan_cpp(const CodeCheck& check, const std::string& nonce) {
  return plan_native(check, nonce, true);
}

LanguageRun plan_c(const CodeCheck& check, const std::string& nonce) {
  return plan_native(check, nonce, false);
}

LanguageRun plan_js(const CodeCheck& check, const std::string& nonce) {
  LanguageRun out;
  out.run = run_job(check);
  const std::string heap =
      fmt::format("--max-old-space-size={}", out.run.limits.memory_bytes >> 20);
  if (!check.cases.empty()) {
    out.run.files.push_back({"/leitai/program.js", check.program, false});
    out.run.argv = limited_argv({tool_path("node"), heap, "/leitai/program.js"});
    return out;
  }
  out.run.files.push_back({"/leitai/runner.js", runner("javascript.js"), false});
  out.run.argv = limited_argv({tool_path("node"), heap, "/leitai/runner.js"});
  out.run.job = nlohmann::json{nonce, check.entry_point, repair_utf8(check.program),
                               repair_utf8(check.tests), runner("modules.js")}
                    .dump();
  return out;
}

LanguageRun plan_java(const CodeCheck& check, const std::string& nonce) {
  LanguageRun out;
  const bool has_tests = check.cases.empty();
  out.compile =
      compile_job(fmt::format("javac -J-Xmx512m -J-XX:TieredStopAtLevel=1 -nowarn -encoding UTF-8 "
                              "-d out /leitai/Main.java {} "
                              "&& tar -c -f - -C out . >&4",
                              has_tests ? "/leitai/LeitaiChecked.java" : ""));
  out.compile->files.push_back(
      {"/leitai/Main.java", (has_tests ? java_source(check) : java_program(check.program) + "\n"),
       false});
  if (has_tests)
    out.compile->files.push_back({"/leitai/LeitaiChecked.java", runner("Checked.java"), false});
  out.binary = "/leitai/classes.tar";
  out.run = run_job(check);
  out.run.argv = limited_argv(
      {"/bin/sh", "-c",
       fmt::format("mkdir out && tar -x -f /leitai/classes.tar -C out && exec java -Xmx{}m -Xss64m "
                   "--limit-modules java.base,java.logging,java.net.http,java.xml -XX:+UseSerialGC "
                   "-XX:TieredStopAtLevel=1 -Xshare:auto -cp out {} {}",
                   (out.run.limits.memory_bytes >> 20) * 3 / 4, has_tests ? "-ea:Main" : "",
                   has_tests ? "LeitaiChecked" : java_main_class(check.program))});
  out.run.limits.processes = 256;
  out.run.job = nonce + "\n" + check.entry_point;
  return out;
}

/// Folder of the Rust tool chain.
std::string rust_root() {
  return fs::path(tool_path("rustc")).parent_path().parent_path().string();
}

/// Crates that the declarations of public tasks name though few need them, and that are not here.
std::string without_crates(const std::string& program) {
  std::string out;
  for (const std::string_view line : split(program, '\n')) {
    const std::string_view text = trim(line);
    bool is_crate = false;
    for (const char* start : {"use rand::", "use rand;", "use regex::", "use regex;", "use md5"})
      is_crate = is_crate || text.starts_with(start);
    if (!is_crate) out.append(line);
    out.push_back('\n');
  }
  return out;
}

LanguageRun plan_rust(const CodeCheck& check, const std::string& nonce) {
  LanguageRun out;
  const bool has_tests = check.cases.empty();
  out.compile = compile_job(fmt::format(
      "gcc -O1 -c -o wrap.o /leitai/native.c && {}/bin/rustc {} --edition 2021 -A warnings "
      "-C debuginfo=0 -C opt-level=1 -o program /leitai/main.rs && cat program >&4",
      rust_root(),
      has_tests ? "--test -C link-arg=wrap.o -C link-arg=-Wl,--wrap=__libc_start_main" : ""));
  out.compile->files.push_back({"/leitai/native.c", runner("native.c"), false});
  out.compile->files.push_back(
      {"/leitai/main.rs",
       without_crates(has_tests ? rust_program(check.program) : check.program) + "\n" +
           (has_tests ? rust_tests(check.tests) : ""),
       false});
  if (!rust_root().starts_with("/usr")) {
    out.compile->shown.push_back(rust_root());
    out.compile->as_owner = true;  // a compiler in the operator's home; only it runs so
  }
  out.binary = "/leitai/program";
  out.run = run_job(check);
  out.run.argv = limited_argv({"/leitai/program"});
  out.run.job = nonce;
  return out;
}

/// Takes the number before any variable of the program has its value, under a name that no program
/// can have been written for, and tells how the tests ended.
std::string go_told(const std::string& nonce) {
  const std::string name = fmt::format("leitai{:016x}", std::hash<std::string>()(nonce));
  std::string out = runner("told.go");
  for (std::size_t at = 0; (at = out.find("NUMBER", at)) != std::string::npos;)
    out.replace(at, 6, name);
  return out;
}

LanguageRun plan_go(const CodeCheck& check, const std::string& nonce) {
  LanguageRun out;
  const bool has_tests = check.cases.empty();
  out.compile = compile_job(fmt::format(
      "mkdir -p go && cp /leitai/*.go go/ && cd go && export GO111MODULE=off GOFLAGS=-p=2 "
      "GOPATH=/usr/share/gocode GOCACHE=/tmp/cache && go {} && cat ../program >&4",
      has_tests ? "test -vet=off -c -o ../program a_told_test.go main_test.go"
                : "build -o ../program main.go"));
  out.compile->limits.disk_bytes = std::uint64_t{512} << 20;
  out.compile->files.push_back({has_tests ? "/leitai/main_test.go" : "/leitai/main.go",
                                has_tests ? go_source(check) : check.program + "\n", false});
  if (has_tests) {
    out.compile->files.push_back({"/leitai/a_told_test.go", go_told(nonce), false});
  }
  out.binary = "/leitai/program";
  out.run = run_job(check);
  out.run.argv = limited_argv({"/leitai/program"});
  out.run.job = nonce;
  return out;
}

constexpr Language kLanguages[] = {
    {"python", "python3", plan_python, nothing_to_object},
    {"c", "gcc", plan_c, object_c},
    {"cpp", "g++", plan_cpp, object_cpp},
    {"js", "nodejs", plan_js, nothing_to_object},
    {"java", "default-jdk-headless", plan_java, object_java},
    {"rust", "rustc", plan_rust, object_rust},
    {"go", "golang-go golang-github-stretchr-testify-dev", plan_go, object_go},
};

std::vector<std::string_view> tools_of(std::string_view language) {
  if (language == "python") return {"python3"};
  if (language == "c") return {"gcc"};
  if (language == "cpp") return {"g++", "gcc"};
  if (language == "js") return {"node"};
  if (language == "java") return {"javac", "java"};
  if (language == "rust") return {"rustc", "gcc"};
  return {"go"};
}

}  // namespace

const Language* find_language(std::string_view name) {
  for (const Language& language : kLanguages) {
    if (language.name == name) return &language;
  }
  return nullptr;
}

std::span<const Language> languages() { return kLanguages; }

namespace {

/// Tool chains of rustup in the operator's home; its own commands are only doors to them.
void rustup_folders(std::vector<fs::path>& folders) {
  const passwd* user = ::getpwuid(::geteuid());
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(
           fs::path(user && user->pw_dir ? user->pw_dir : "/root") / ".rustup/toolchains", ignored))
    found.push_back(entry.path() / "bin");
  std::sort(found.begin(), found.end());
  std::stable_partition(found.begin(), found.end(), [](const fs::path& folder) {
    return folder.string().find("/stable-") != std::string::npos;
  });
  folders.insert(folders.end(), found.begin(), found.end());
}

}  // namespace

const std::string& tool_path(std::string_view tool) {
  static std::mutex mutex;
  static std::map<std::string, std::string, std::less<>> paths;
  std::lock_guard lock(mutex);
  const auto found = paths.find(tool);
  if (found != paths.end()) return found->second;
  std::vector<fs::path> folders{"/usr/bin", "/bin"};
  if (tool == "rustc") rustup_folders(folders);
  std::string path;
  for (const fs::path& folder : folders) {
    if (!path.empty() || ::access((folder / tool).c_str(), X_OK) != 0) continue;
    path = (folder / tool).string();
  }
  return paths.emplace(tool, path).first->second;
}

std::string language_version(const Language& language) {
  static std::mutex mutex;
  static std::map<std::string_view, std::string> versions;
  std::lock_guard lock(mutex);
  const auto found = versions.find(language.name);
  if (found != versions.end()) return found->second;
  std::string version;
  const std::vector<std::string_view> tools = tools_of(language.name);
  bool is_complete = true;
  for (const std::string_view tool : tools) is_complete = is_complete && !tool_path(tool).empty();
  if (is_complete)
    version = run_line(tool_path(tools[0]) + (language.name == "go" ? " version" : " --version"));
  return versions.emplace(language.name, version).first->second;
}

}  // namespace leitai
