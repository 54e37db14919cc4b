#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "harness/config.h"
#include "harness/core/backend.h"
#include "harness/core/reporter.h"
#include "harness/core/suite.h"
#include "harness/progress.h"
#include "harness/store.h"
#include "suites/loader.h"

/// Where the rooms meet: what several verbs need of suites, backends, reports and the store
/// together.
namespace leitai::cli {

std::span<const BackendFactory* const> backends();
std::vector<std::string> format_names();
const Reporter& find_reporter(std::string_view name);  // Error with the nearest known name

/// What a configuration is checked against. `suites_dir` comes from --suites-dir.
Known known(const std::optional<std::string>& suites_dir = std::nullopt);

/// Where suites and data are looked for.
LoaderPaths loader_paths(const std::optional<std::string>& suites_dir);

/// All (sub)suites of a configuration, in its order, `--prompt` included. Throws Error.
std::vector<std::unique_ptr<Suite>> open_suites(
    const RunConfig& config, const std::optional<std::string>& suites_dir = std::nullopt);

/// Fills in what a backend opens: for the engine, the path behind a name of the cache.
void locate(Model& model);

/// An existing path as it is; a name of `leitai pull` or a hub id as its path in the cache. Throws
/// Error naming `what`.
std::string model_path(const std::string& what);

/// Opens a backend; errors get the model's place in front.
std::unique_ptr<Backend> open_backend(const ModelEntry& entry, Channel<Answer>& answers,
                                      const BackendContext& context = {});

/// The file of answers kept across runs: $LEITAI_HOME/answers.sqlite.
std::filesystem::path cache_file();

/// Width, colour and glyphs for a stream: --color, NO_COLOR, CLICOLOR_FORCE, TERM, LEITAI_ASCII,
/// LEITAI_AMBIGUOUS, COLUMNS.
Style style_of(const Global& global, std::FILE* stream);

/// Live on a terminal, plain lines elsewhere, silent with -q.
std::unique_ptr<Progress> make_progress(const Global& global, double every_s);

/// The folder of a run: the path itself, or `runs/NAME`. Throws Error naming it where there is no
/// run.
std::filesystem::path run_folder(const std::string& what);

/// Leaderboard of a stored run; samples reduced as the run said, or as told here.
Leaderboard leaderboard_of(const Store& store,
                           const std::optional<Reducer>& reducer = std::nullopt);

/// Writes summary.json, leaderboard.md, results/<model>.json and the files of `formats` into the
/// folder. Returns the paths.
std::vector<std::string> write_reports(const std::filesystem::path& folder,
                                       const Leaderboard& board,
                                       const std::vector<std::string>& formats);

/// A file name for a model or suite: readable, without "/" and controls, different for different
/// names.
std::string file_name_of(std::string_view name);

/// Items by what was typed: "gsm8k/17", "house/ledger/en/3": suite and id.
std::pair<std::string, std::string> split_item(const Store& store, const std::string& what);

}  // namespace leitai::cli
