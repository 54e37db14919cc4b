// Holds the table of who may include whom, one owner for each third-party library, and what every
// source keeps to.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/core/text.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;

struct Source {
  std::string path;  // from the root
  std::string text;
};

bool is_source(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".h" || extension == ".cpp" || extension == ".cu" || extension == ".cuh";
}

const std::vector<Source>& sources() {
  static const std::vector<Source> kAll = [] {
    std::vector<Source> out;
    for (const char* top : {"harness", "suites", "backends", "reports", "tests"}) {
      for (const auto& entry : fs::recursive_directory_iterator(test::source_dir() / top)) {
        if (!entry.is_regular_file() || !is_source(entry.path())) continue;
        out.push_back({fs::relative(entry.path(), test::source_dir()).string(),
                       test::read_text(entry.path())});
      }
    }
    std::sort(out.begin(), out.end(),
              [](const Source& a, const Source& b) { return a.path < b.path; });
    return out;
  }();
  return kAll;
}

struct Include {
  std::string path;
  bool ours = false;  // in quotes
  int line = 0;
};

std::vector<Include> includes_of(const Source& source) {
  std::vector<Include> out;
  int number = 0;
  for (const std::string_view raw : split(source.text, '\n')) {
    ++number;
    std::string_view line = trim(raw);
    if (!line.starts_with("#")) continue;
    line = trim(line.substr(1));
    if (!line.starts_with("include")) continue;
    line = trim(line.substr(7));
    if (line.size() < 2) continue;
    const char close = line.front() == '<' ? '>' : '"';
    const std::size_t end = line.find(close, 1);
    if (end == std::string_view::npos) continue;
    out.push_back({std::string(line.substr(1, end - 1)), close == '"', number});
  }
  return out;
}

/// The room a path belongs to: "harness/core", "backends/engine", "suites" ...; files right in
/// harness/ are "harness".
std::string room_of(std::string_view path) {
  const auto parts = split(path, '/');
  const std::string top(parts[0]);
  const std::string second = parts.size() > 2 ? std::string(parts[1]) : "";
  if (top == "harness") {
    for (const char* name : {"core", "stats", "jinja", "io", "cli"}) {
      if (second == name) return top + "/" + second;
    }
    return top;
  }
  return top == "backends" && !second.empty() ? top + "/" + second : top;
}

/// Rooms that a room may include, beside itself. Absent: everything.
const std::map<std::string, std::vector<std::string>>& table() {
  static const std::map<std::string, std::vector<std::string>> kTable = {
      {"harness/core", {}},
      {"harness/stats", {"harness/core"}},
      {"harness/jinja", {"harness/core"}},
      {"harness/io", {"harness/core"}},
      {"harness", {"harness/core", "harness/stats", "harness/io"}},
      {"suites", {"harness/core", "harness/jinja", "harness/io"}},
      {"backends/http", {"harness/core", "harness/jinja", "harness/io"}},
      {"backends/engine", {"harness/core", "harness/jinja", "harness/io"}},
      {"backends/replay", {"harness/core", "harness/jinja", "harness/io"}},
      {"reports", {"harness/core", "harness/stats"}},
  };
  return kTable;
}

bool may_include(const std::string& from, const std::string& to) {
  if (from == to || from == "harness/cli" || from == "tests") return true;
  const auto row = table().find(from);
  return row != table().end() &&
         std::find(row->second.begin(), row->second.end(), to) != row->second.end();
}

TEST(Layering, RoomsIncludeOnlyWhatTheTableAllows) {
  EXPECT_EQ(room_of("harness/plan.h"), "harness");
  EXPECT_EQ(room_of("harness/core/text.h"), "harness/core");
  EXPECT_EQ(room_of("backends/engine/arch/llama.cpp"), "backends/engine");
  EXPECT_FALSE(may_include("reports", "harness/io"));
  std::string wrong;
  std::size_t checked = 0;
  for (const Source& source : sources()) {
    for (const Include& include : includes_of(source)) {
      if (!include.ours || include.path == "build_info.h") continue;  // that one the build writes
      ++checked;
      const std::string from = room_of(source.path), to = room_of(include.path);
      const bool from_root = fs::exists(test::source_dir() / include.path);
      if (!from_root) {
        wrong += fmt::format("{}:{}: \"{}\" is no path from the root\n", source.path, include.line,
                             include.path);
      } else if (!may_include(from, to)) {
        wrong += fmt::format("{}:{}: {} may not include {} ({})\n", source.path, include.line, from,
                             to, include.path);
      }
    }
  }
  EXPECT_EQ(wrong, "");
  EXPECT_GT(checked, 50u);
}

TEST(Layering, OneOwnerForEachLibrary) {
  // A header that starts so is included only by paths that start so; tests of the owner and servers
  // of tests excepted.
  struct Rule {
    std::string_view header;
    std::vector<std::string_view> owners;
  };
  const std::vector<Rule> rules = {
      {"sqlite3.h", {"harness/store", "tests/"}},
      {"curl/", {"harness/io/transport", "tests/bench/"}},
      {"pcre2.h", {"harness/core/regex.cpp"}},
      {"utf8proc.h", {"harness/core/text", "harness/core/normal_form.cpp"}},
      {"openssl/", {"harness/core/digest.cpp"}},
      {"yaml-cpp/", {"harness/io/yaml"}},
      {"archive", {"harness/io/"}},
      {"zstd.h", {"harness/io/"}},
      {"zlib.h", {"harness/io/", "tests/io/"}},
      {"boost/program_options", {"harness/cli/"}},
      {"boost/asio", {"tests/support/"}},
      {"boost/beast", {"tests/support/"}},
      {"seccomp.h", {"suites/sandbox/seccomp.cpp"}},
      {"cld2/", {"suites/ifeval/language_id.cpp"}},
      {"mecab.h", {"suites/metrics/mecab.cpp"}},
      {"hwy/", {"backends/engine/ops_cpu/", "tests/engine/", "tests/bench/"}},
      {"cuda", {"backends/engine/ops_cuda/"}},
      {"cublas", {"backends/engine/ops_cuda/"}},
  };
  std::string wrong;
  for (const Source& source : sources()) {
    for (const Include& include : includes_of(source)) {
      if (include.ours) continue;
      for (const Rule& rule : rules) {
        const bool owner =
            std::any_of(rule.owners.begin(), rule.owners.end(),
                        [&](std::string_view start) { return source.path.starts_with(start); });
        if (include.path.starts_with(rule.header) && !owner) {
          wrong += fmt::format("{}:{}: <{}> belongs to {}\n", source.path, include.line,
                               include.path, rule.owners[0]);
        }
      }
    }
  }
  EXPECT_EQ(wrong, "");
}

TEST(Layering, CoreHeadersShowNoThirdPartyType) {
  // Declarations of JSON are the one exception: the vocabulary's codec speaks it.
  std::string wrong;
  for (const Source& source : sources()) {
    if (!source.path.starts_with("harness/core/") || !source.path.ends_with(".h")) continue;
    for (const Include& include : includes_of(source)) {
      const bool third_party = !include.ours && include.path.find('/') != std::string::npos &&
                               include.path != "nlohmann/json_fwd.hpp";
      if (third_party)
        wrong += fmt::format("{}:{}: <{}>\n", source.path, include.line, include.path);
    }
  }
  EXPECT_EQ(wrong, "");
}

TEST(Layering, SourceIsAsciiAndOfReadableLength) {
  std::string wrong;
  for (const Source& source : sources()) {
    int line = 1;
    for (const char c : source.text) {
      if (c == '\n') ++line;
      if (static_cast<unsigned char>(c) >= 128) {
        wrong += fmt::format("{}:{}: not ASCII; other scripts live in data files or as escapes\n",
                             source.path, line);
        break;
      }
    }
    const auto lines = std::count(source.text.begin(), source.text.end(), '\n');
    if (lines > 600 && !source.path.starts_with("tests/")) {
      wrong += fmt::format("{}: {} lines; look for the seam\n", source.path, lines);
    }
    if (source.path.ends_with(".h") &&
        !source.path.ends_with("-inl.h") &&  // read once a target by Highway
        !source.text.starts_with("#pragma once") &&
        source.text.find("\n#pragma once\n") == std::string::npos) {
      wrong += fmt::format("{}: no #pragma once\n", source.path);
    }
  }
  EXPECT_EQ(wrong, "");
}

}  // namespace
}  // namespace leitai
