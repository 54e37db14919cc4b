#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/io/fetch.h"

/// Data files of suites into a folder: resumed, checked by SHA-256, from mirrors in order. Nothing
/// that is downloaded is run.
namespace leitai {

/// One place where the bytes of a file are served.
struct DataSource {
  HubKind kind = HubKind::Direct;
  std::string url;                   // Direct; may be an archive
  std::string repo, revision, path;  // of a hub's data set
  std::string member;                // in an archive; "" for the file itself

  /// For people: the URL, of hubs at their usual address.
  std::string in_words() const;
};

/// A URL, or for hubs "OWNER/NAME@REVISION/PATH"; behind "!" the member of an archive. Throws Error
/// for another form.
DataSource data_source_from(HubKind kind, const std::string& text);

struct WantedFile {
  std::filesystem::path target;
  std::string shown;   // "mmlu/test/anatomy_test.csv"
  std::string sha256;  // "" where it is not known before
  std::vector<DataSource> sources;
  std::string known = {};  // for people: "250 rows, licence CC-BY-4.0"
};

/// For people, each line behind `indent`: where a file comes from, its digest, what is known of it.
std::string facts_of(const WantedFile& file, std::string_view indent);

struct DataPull {
  std::int64_t bytes = 0;  // of all files
  std::vector<std::string> obtained;
  std::vector<std::string> was_there;
  std::vector<std::string> sources;  // that files came from, each once
};

/// As mirrors_from_environment(), but with "github" (files by their own URL) at its place, last
/// where nothing is said.
std::vector<Mirror> data_mirrors_from_environment();

/// Makes every file be there. A file with a pinned digest must have it. Of another the digest is
/// taken when it first arrives and kept beside it as NAME.sha256; from then on it counts as
/// pinned. An archive is downloaded once a call and removed. Throws Error: what each mirror
/// answered; with `options.offline`, which file to put where.
DataPull pull_data(std::span<const WantedFile> files, const PullOptions& options);

/// "" where the file at `path` has the digest that is pinned or kept beside it, or where there is
/// none; else what is wrong.
std::string data_mismatch(const std::filesystem::path& path, const std::string& sha256);

}  // namespace leitai
