#include "tests/support/support.h"

#include <stdlib.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "harness/core/error.h"

namespace leitai::test {

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "leitai-test-XXXXXX").string();
  LEITAI_CHECK(mkdtemp(name.data()) != nullptr, name);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path source_dir() { return LEITAI_SOURCE_DIR; }

std::filesystem::path shared_dir() {
  const char* set = std::getenv("LEITAI_SHARED");
  const std::filesystem::path path = set ? set : source_dir().parent_path() / "shared";
  return std::filesystem::is_directory(path) ? path : std::filesystem::path();
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  LEITAI_CHECK(file.good(), path.string());
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  LEITAI_CHECK(file.good(), path.string());
}

std::vector<nlohmann::json> read_jsonl(const std::filesystem::path& path) {
  std::vector<nlohmann::json> out;
  std::istringstream lines(read_text(path));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) out.push_back(nlohmann::json::parse(line));
  }
  return out;
}

void count_compared(const std::string& what, std::int64_t n) {
  std::printf("COMPARED %lld %s\n", static_cast<long long>(n), what.c_str());
}

void count_skipped(const std::string& what, std::int64_t n, const std::string& why) {
  std::printf("SKIPPED %lld %s: %s\n", static_cast<long long>(n), what.c_str(), why.c_str());
}

}  // namespace leitai::test
