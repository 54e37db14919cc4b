#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/suite.h"
#include "suites/loader.h"
#include "suites/suite_file.h"

namespace leitai {

/// A data file of a suite: beside suite.yaml, else in a data folder. Absent where it is nowhere.
std::optional<std::filesystem::path> find_data(const SuiteFile& suite, const std::string& file,
                                               const LoaderPaths& paths);

/// All files that a subset reads: its items, what stands beside them, examples if any are shown.
std::vector<std::string> files_of(const SubsetFile& subset, const SuiteOptions& options);

/// What `pull` makes be there for these files; files that lie nowhere go into the last data folder.
SuiteData data_of(const SuiteFile& suite, const SubsetFile& subset,
                  std::span<const std::string> files, const LoaderPaths& paths);

/// Throws Error that names the missing file, where it goes and where to get it.
std::unique_ptr<Suite> open_native(const SuiteFile& suite, const SubsetFile& subset,
                                   const SuiteOptions& options, const LoaderPaths& paths,
                                   std::string_view where);

}  // namespace leitai
