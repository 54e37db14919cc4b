#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/cli/network.h"
#include "harness/cli/version.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/fetch.h"
#include "harness/io/files.h"
#include "harness/io/parquet.h"
#include "suites/sandbox/box.h"
#include "suites/sandbox/languages.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb doctor_verb;
constinit const cli::Verb doctor_verb = {
    .name = "doctor",
    .group = "Get ready",
    .summary = "looks at this machine: processor, memory, disk, keys, proxy, TLS, clock, mirrors",
    .usage = "[--json] [--reach [PROVIDER]...]",
    .examples =
        "leitai doctor\nleitai doctor --reach deepseek dashscope\nleitai doctor --json | python3 "
        "-m json.tool",
    .run = run};

namespace {

using cli::Finding;

std::int64_t memory_available_kib() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("MemAvailable:"))
      return parse_int(trim(std::string_view(line).substr(13, line.size() - 13 - 3))).value_or(0);
  }
  return 0;
}

std::string first_line(const std::string& command) {
  std::string out;
  if (FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r")) {
    char buffer[256];
    if (std::fgets(buffer, sizeof buffer, pipe)) out = trim(buffer);
    pclose(pipe);
  }
  return out;
}

Finding disk(const std::string& subject, const std::filesystem::path& path) {
  const FileSystem fs = file_system_of(path);
  std::string what = fmt::format("{}: {} free ({}{})", path.string(), bytes_in_words(fs.free_bytes),
                                 fs.type.empty() ? "unknown file system" : fs.type,
                                 fs.mount_point.empty() ? "" : " on " + fs.mount_point);
  if (fs.is_network)
    return {subject, false, what + "; runs cannot be stored on a network file system"};
  if (fs.free_bytes < 1'000'000'000) return {subject, false, what + "; weights and runs need more"};
  return {subject, true, what};
}

std::vector<Finding> examine() {
  std::vector<Finding> out;
  const std::string version = cli::version_text();
  out.push_back({"build", true, version.substr(0, version.find('\n'))});
  out.push_back(
      {"processor", true,
       fmt::format("{} threads; {}", std::thread::hardware_concurrency(),
                   std::string(trim(std::string_view(version).substr(version.rfind(": ") + 1))))});
  const std::int64_t memory = memory_available_kib();
  out.push_back(
      {"memory", memory > 1'000'000,
       fmt::format("{} available", bytes_in_words(static_cast<std::uint64_t>(memory) * 1024))});
  out.push_back({"gpu", true,
                 access("/dev/nvidia0", F_OK) == 0 ? "an NVIDIA device is here, but this build has "
                                                     "no CUDA engine; models run on the processor"
                                                   : "none; models run on the processor"});
  out.push_back(disk("disk", std::filesystem::current_path()));
  out.push_back(disk("cache", cache_home()));
  const std::string pip = first_line("python3 -m pip --version");
  out.push_back({"pip", !pip.empty(),
                 pip.empty() ? "python3 -m pip does not run; leitai pull smollm2-135m needs it "
                               "(apt-get install python3-pip)"
                             : pip.substr(0, pip.find(" from "))});
  std::vector<std::string> ready;
  for (const Language& language : languages()) {
    const std::string tool = language_version(language);
    if (!tool.empty()) ready.push_back(fmt::format("{} ({})", language.name, tool));
  }
  out.push_back({"sandbox", box_trouble().empty(),
                 box_trouble().empty()
                     ? fmt::format("{}; {}", box_description(), fmt::join(ready, ", "))
                     : box_trouble()});
  const char* set = std::setlocale(LC_CTYPE, "");
  const std::string codeset = set ? set : "C";  // a later setlocale() reuses the memory
  out.push_back({"locale", true,
                 fmt::format("{}; drawing in {}", codeset,
                             cli::style_of(cli::Global{}, stdout).ascii ? "ASCII" : "UTF-8")});
  for (const std::string& what : known_weights()) {
    const auto path = find_cached_model(what);
    out.push_back({"weights", true,
                   path ? fmt::format("{}: {}", what, path->string())
                        : fmt::format("{}: not in the cache; leitai pull {}", what, what)});
  }
  const char* data = std::getenv("LEITAI_DATA");
  if (!data || !*data) {
    out.push_back({"data", true,
                   "LEITAI_DATA is not set; public data sets are looked for in the cache only"});
  } else {
    for (std::string_view folder : split(data, ':')) {
      const bool there = std::filesystem::is_directory(folder);
      out.push_back({"data", there,
                     fmt::format("{}{}", folder, there ? "" : ": no such folder (LEITAI_DATA)")});
    }
  }
  const std::string parquet = parquet_library();
  out.push_back({"parquet", true,
                 parquet.empty()
                     ? "DuckDB's library is not here; suites whose data are Parquet files need it "
                       "(third_party/setup.sh --parquet)"
                     : fmt::format("read by {}", parquet)});
  for (Finding& one : cli::network_findings()) out.push_back(std::move(one));
  return out;
}

int run(std::span<const std::string> args, cli::Global& global) {
  bool json = false, reaches = false;
  std::vector<std::string> providers;
  cli::Command command(doctor_verb, global);
  command
      .flag("reach",
            "ask the base URLs of these providers, or of all whose key is set, once and without "
            "the key: reachable, certificate, clock (exit code 1 if one is not)",
            reaches)
      .flag("json", "one JSON document instead of text", json)
      .operands("the providers to reach", 0, 64, providers);
  if (!command.parse(args)) return 0;
  if (!reaches && !providers.empty())
    throw Error(
        fmt::format("doctor: \"{}\" means nothing without --reach\n        leitai doctor "
                    "--reach {} asks whether it can be reached",
                    providers[0], providers[0]));
  const std::vector<Finding> findings =
      reaches ? cli::reach(cli::split_list(providers)) : examine();
  const bool is_bad = reaches && std::any_of(findings.begin(), findings.end(),
                                             [](const Finding& one) { return !one.is_fine; });
  if (json) {
    nlohmann::ordered_json out{{"version", 1}, {"findings", nlohmann::ordered_json::array()}};
    for (const Finding& one : findings)
      out["findings"].push_back(
          {{"subject", one.subject}, {"fine", one.is_fine}, {"what", one.what}});
    fmt::print("{}\n", out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    return is_bad ? 1 : 0;
  }
  const bool ascii = cli::style_of(global, stdout).ascii;
  for (const Finding& one : findings)
    fmt::print("{} {:<10} {}\n", one.is_fine ? (ascii ? "ok" : "\u2713 ") : (ascii ? "! " : "! "),
               one.subject, escape_controls(one.what, true));
  return is_bad ? 1 : 0;
}

}  // namespace

}  // namespace leitai
