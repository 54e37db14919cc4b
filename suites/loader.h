#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/suite.h"
#include "harness/io/fetch_data.h"

/// From what the user names to Suite objects: native suites, house suites and files of own
/// questions.
namespace leitai {

/// Data files of one suite, with what is to be known before they are obtained.
struct SuiteData {
  std::string suite, licence, publish;
  std::vector<WantedFile> files;
};

/// Where suites and their data are looked for, first hit wins.
struct LoaderPaths {
  std::vector<std::filesystem::path>
      suite_dirs;  // folders <name>/suite.yaml or <family>/<name>/suite.yaml; later ones win
  std::vector<std::filesystem::path> data_dirs;  // folders <name>/<data file>
  std::function<void(const SuiteData&)>
      obtain;  // called for data that lie nowhere, may throw; null: nobody is asked

  /// $LEITAI_HOME/suites; the folders of $LEITAI_DATA (separated by ':'), then
  /// $LEITAI_HOME/datasets.
  static LoaderPaths from_environment();
};

struct SuiteRequest {
  std::string spec;  // "gsm8k", "mgsm/zh", "house/*", "questions.jsonl"
  SuiteOptions options;
  std::string where;  // begins every message: "eval.yaml:14: suites[2]", "-s"
};

/// A line of `leitai ls suites`.
struct SuiteSummary {
  std::string name;
  std::string family;
  std::string kind;                   // of the answer: "number", "text", ...
  std::optional<std::int64_t> items;  // absent where the number is free (house suites)
  std::vector<std::string> languages;
  std::vector<std::string> options;  // those of SuiteOptions that it knows
  std::string needs;  // "" when it is ready, else the data that is missing: "gsm8k/test.jsonl"
  std::string about;  // one line
};

/// All suites by name, sorted.
std::vector<SuiteSummary> known_suites(const LoaderPaths& paths);

/// One Suite for each subset that `request` names. Throws Error: unknown name (with the nearest
/// known one), an option that the suite does not know, missing data (which file to put where),
/// malformed questions (all bad lines together).
std::vector<std::unique_ptr<Suite>> open_suites(const SuiteRequest& request,
                                                const LoaderPaths& paths);

/// What is wrong with the name, subset or options, as open_suites() would say; reads no data.
/// Absent when all is well.
std::optional<std::string> suite_mistake(const SuiteRequest& request, const LoaderPaths& paths);

/// The data files of all (sub)suites that `request` names; none for house suites and own questions.
/// One entry a suite, files in order, each once. Throws Error like open_suites() for a wrong name.
std::vector<SuiteData> suite_data(const SuiteRequest& request, const LoaderPaths& paths);

/// `spec` begins with the name of a native suite.
bool is_native_suite(std::string_view spec, const LoaderPaths& paths);

/// One question, asked as it stands and not graded: suite "prompt", item "1".
std::unique_ptr<Suite> prompt_suite(std::string prompt);

}  // namespace leitai
