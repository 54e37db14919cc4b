#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/suite.h"
#include "suites/loader.h"

namespace leitai {

/// A part of a suite with a data file of its own; a suite without subsets has one, named "".
struct SubsetFile {
  std::string name;
  std::string language;
  std::string file;        // "mgsm_zh.tsv", beside suite.yaml or in a data folder <suite>/
  std::string sha256;      // of the file that this version was made for; "" for any
  std::int64_t rows = 0;   // in that file; 0 when not said
  std::string from;        // where to get it
  std::string chat;        // Jinja template over the row's question
  std::string completion;  // "" when base models cannot be asked
};

/// What a suite.yaml says.
struct SuiteFile {
  std::string name, version, about, family, kind, licence, publish, scorer;
  double floor = 0;
  bool is_paired = false;
  std::string question_field, answer_field;  // a name, or a column number
  std::string data_folder;                   // in a data folder: where its files lie
  std::string id_field;                      // "" for the 0-based row
  std::vector<std::string> carried_fields;   // of the row that the scorer needs as they are
  std::string code_style, code_language;     // scorer code: how a row is read (coding/code_task.h)
  std::string gold_after;  // gold is what follows the last of these; "" for the whole field
  SamplingParams params;
  std::vector<std::string> completion_stop;
  std::string few_shot_file;  // "" when examples cannot be had
  int few_shot_most = 0;
  std::pair<std::string, std::string> few_shot_cut;
  std::string few_shot_answer;
  std::vector<SubsetFile> subsets;
  std::filesystem::path folder;  // of suite.yaml; empty for an embedded one

  std::vector<std::string> options() const;
};

/// Throws Error("WHERE:LINE: ...") for what is missing, unknown or of the wrong form.
SuiteFile read_suite_file(std::string_view text, const std::string& where,
                          const std::filesystem::path& folder);

/// The data file of a subset: beside suite.yaml, else in a data folder. Absent where it is nowhere.
std::optional<std::filesystem::path> find_data(const SuiteFile& suite, const std::string& file,
                                               const LoaderPaths& paths);

/// Throws Error that names the missing file, where it goes and where to get it.
std::unique_ptr<Suite> open_native(const SuiteFile& suite, const SubsetFile& subset,
                                   const SuiteOptions& options, const LoaderPaths& paths,
                                   std::string_view where);

}  // namespace leitai
