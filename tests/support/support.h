#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/core/error.h"

namespace leitai::test {

/// A fresh folder, removed with everything in it at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// The message of the Error that `act` throws; "" if it throws none.
template <typename Act>
std::string message_of(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// The project's root.
std::filesystem::path source_dir();

/// The folder `shared` beside the project ($LEITAI_SHARED, else <root>/../shared), or an empty path
/// where it is absent.
std::filesystem::path shared_dir();

std::string read_text(const std::filesystem::path&);
void write_text(const std::filesystem::path&, std::string_view);
std::vector<nlohmann::json> read_jsonl(const std::filesystem::path&);

/// Comparisons against independent truth: counted, summed over all test programs and printed by
/// `make test`.
void count_compared(const std::string& what, std::int64_t n);
void count_skipped(const std::string& what, std::int64_t n, const std::string& why);

}  // namespace leitai::test

/// Skips the test, visibly, where the shared folder (or the part of it) is absent.
#define LEITAI_NEEDS_SHARED(part)                                                      \
  do {                                                                                 \
    if (::leitai::test::shared_dir().empty() ||                                        \
        !std::filesystem::exists(::leitai::test::shared_dir() / (part))) {             \
      ::leitai::test::count_skipped((part), 1, "no shared folder beside the project"); \
      GTEST_SKIP() << "../shared/" << (part) << " is not there";                       \
    }                                                                                  \
  } while (false)
