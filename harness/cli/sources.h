#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/replay/recorded_run.h"
#include "harness/score_book.h"
#include "harness/store.h"

namespace leitai::cli {

/// Stored answers that verbs compare: run folders and files of recorded answers.
class Sources {
 public:
  /// Throws Error where a name is no suite of what was opened.
  void require_suites(const std::vector<std::string>& suites) const;

  /// A run (folder or name), a file of recorded answers, or a folder of such files. `as` renames
  /// the only model of a file. Throws Error naming it.
  void open(const std::string& what, const std::string& as = "");

  /// Takes over a store that is open already.
  void take(Store store);

  /// Model ids, in the order of the sources, each once.
  std::vector<std::string> models() const;

  bool has_model(const std::string& id) const;

  /// Throws Error with the nearest known id.
  void require_model(const std::string& id, std::string_view where) const;

  /// Adds models: id among the sources -> id in the book.
  void fill(ScoreBook& book, const std::map<std::string, std::string>& columns,
            const SuiteFilter& wants) const;

  /// Everything that was opened, with what a book needs to know of it.
  void each(const std::function<void(const RunReader&, const BookSource&)>& visit) const;

  /// The runs among the sources.
  std::vector<const Store*> runs() const;

  /// Whole sentences about what was read.
  std::vector<std::string> remarks() const;

 private:
  std::vector<std::unique_ptr<Store>> stores_;
  struct File {
    std::string path;
    RecordedRun run;
  };
  std::vector<std::unique_ptr<File>> files_;
};

/// Where the prices of a stored model were read; absent where it costs nothing or nobody knows.
std::optional<PriceSource> price_source_of(const StoredModel& model);

/// What a book needs to know of a run.
BookSource source_of(const Store& store);

/// "gsm8k,mgsm" given several times -> a filter that takes these suites and their subsets.
SuiteFilter suite_filter(const std::vector<std::string>& suites);

/// A path that names a file of recorded answers.
bool is_answers_file(const std::string& what);

}  // namespace leitai::cli
