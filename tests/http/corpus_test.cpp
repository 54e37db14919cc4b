// The inputs kept for the fuzz targets, and every embedded record, replayed.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/fuzz/http_checks.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Check = std::string (*)(std::string_view);

/// How many files of a folder were held against `check`.
int replay(const std::filesystem::path& folder, Check check) {
  int n = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const std::string bytes = test::read_text(file.path());
    EXPECT_EQ(check(bytes), "") << file.path();
    // What arrives broken off must not do harm either.
    for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 40)
      EXPECT_EQ(check(std::string_view(bytes).substr(0, size)), "") << file.path() << " " << size;
    ++n;
  }
  return n;
}

TEST(Corpus, EveryKeptInputHoldsWholeAndBrokenOff) {
  const std::filesystem::path root = test::source_dir() / "tests/fuzz/corpus";
  EXPECT_GE(replay(root / "http_sse", fuzz::check_sse), 7);
  EXPECT_GE(replay(root / "http_envelope", fuzz::check_envelope), 30);
  EXPECT_GE(replay(root / "http_headers", fuzz::check_headers), 4);
  EXPECT_GE(replay(root / "http_provider", fuzz::check_provider), 2);
  EXPECT_GE(replay(test::source_dir() / "backends/http/providers", fuzz::check_provider), 20);
}

}  // namespace
}  // namespace leitai
