#include "harness/cli/compose.h"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/aggregate.h"
#include "harness/cli/sources.h"
#include "harness/cli/version.h"
#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/fetch.h"
#include "harness/io/fetch_data.h"
#include "harness/io/files.h"
#include "reports/lm_eval.h"
#include "suites/loader.h"
#include "suites/scorers/workbench.h"

namespace leitai {

// Generated registries.
std::span<const cli::Verb* const> cli_verbs();
std::span<const BackendFactory* const> backend_factories();
std::span<const Reporter* const> reporters();

namespace cli {

std::span<const Verb* const> verbs() { return cli_verbs(); }

std::span<const BackendFactory* const> backends() { return backend_factories(); }

std::vector<std::string> format_names() {
  std::vector<std::string> out;
  for (const Reporter* one : reporters()) out.emplace_back(one->name);
  return out;
}

const Reporter& find_reporter(std::string_view name) {
  for (const Reporter* one : reporters()) {
    if (one->name == name || (one->extension == name && name != "txt")) return *one;
  }
  throw Error(fmt::format("-f: unknown format \"{}\"{}\n        known: {}", name,
                          did_you_mean(name, format_names()), fmt::join(format_names(), ", ")));
}

Known known(const std::optional<std::string>& suites_dir) {
  Known out;
  out.backends = backends();
  out.formats = format_names();
  const LoaderPaths paths = loader_paths(suites_dir);
  out.suite_mistake = [paths](const SuiteEntry& entry) {
    return suite_mistake({entry.spec, entry.options, entry.where}, paths);
  };
  return out;
}

LoaderPaths loader_paths(const std::optional<std::string>& suites_dir) {
  LoaderPaths paths = LoaderPaths::from_environment();
  if (suites_dir) {
    if (!std::filesystem::is_directory(*suites_dir))
      throw Error(fmt::format("--suites-dir: {}: no such folder", *suites_dir));
    paths.suite_dirs.push_back(*suites_dir);
  }
  return paths;
}

namespace {

/// Data that a run needs and nobody has pulled.
void obtain_data(const SuiteData& data) {
  PullOptions options;
  options.mirrors = data_mirrors_from_environment();
  options.attempts = 2;
  for (const WantedFile& file : data.files)
    fmt::print(stderr, "getting {} (licence {})\n", file.shown, data.licence);
  pull_data(data.files, options);
}

}  // namespace

std::vector<std::unique_ptr<Suite>> open_suites(const RunConfig& config,
                                                const std::optional<std::string>& suites_dir) {
  LoaderPaths paths = loader_paths(suites_dir);
  if (!config.offline) paths.obtain = obtain_data;
  std::vector<std::unique_ptr<Suite>> out;
  std::vector<std::string> mistakes;
  if (config.prompt) out.push_back(prompt_suite(*config.prompt));
  for (const SuiteEntry& entry : config.suites) {
    SuiteOptions options = entry.options;
    if (!options.seed) options.seed = config.seed;
    // The suite itself makes what is completed or scored. Generated suites only chat.
    const bool is_generated =
        entry.spec.starts_with("house/") && !entry.spec.starts_with("house/twins/");
    if (is_generated && config.mode == Mode::Completion && !options.mode)
      throw Error(
          fmt::format("{}: {} is asked by chat alone: it has no prompt for completion\n        "
                      "leave out --mode "
                      "completion, or ask this suite in a run of its own",
                      entry.where, entry.spec));
    if (config.mode && config.mode != Mode::Chat && !options.mode && !is_generated)
      options.mode = config.mode;
    std::vector<std::unique_ptr<Suite>> opened;
    try {
      opened = leitai::open_suites({entry.spec, options, entry.where}, paths);
    } catch (const Error& error) {  // all of them are told at once
      if (mistakes.empty() || mistakes.back() != error.what()) mistakes.emplace_back(error.what());
      continue;
    }
    for (auto& suite : opened) {
      const std::string& name = suite->info().name;
      if (std::any_of(out.begin(), out.end(),
                      [&](const auto& other) { return other->info().name == name; })) {
        throw Error(fmt::format("{}: the suite {} is in the run twice", entry.where, name));
      }
      out.push_back(std::move(suite));
    }
  }
  if (!mistakes.empty()) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
  return out;
}

std::string model_path(const std::string& what) {
  if (std::filesystem::exists(what)) return what;
  std::string name = what.starts_with("engine:") ? what.substr(7) : what;
  if (std::filesystem::exists(name)) return name;
  if (const auto path = find_cached_model(name)) return path->string();
  const std::vector<std::string> names = known_weights();
  if (std::find(names.begin(), names.end(), name) != names.end() || is_hub_id(name)) {
    throw Error(fmt::format("{}: not in the cache\n        leitai pull {}", what, name));
  }
  throw Error(
      fmt::format("{}: no such file or folder{}\n        a path, a name ({}) or a hub id "
                  "(owner/name) is wanted",
                  what, did_you_mean(name, names), fmt::join(names, ", ")));
}

void locate(Model& model) {
  if (model.backend == "engine") model.options["path"] = model_path(model.target);
}

std::unique_ptr<Backend> open_backend(const ModelEntry& entry, Channel<Answer>& answers,
                                      const BackendContext& context) {
  for (const BackendFactory* factory : backends()) {
    if (factory->name != entry.model.backend) continue;
    try {
      Model model = entry.model;
      locate(model);
      return factory->make_in ? factory->make_in(model, answers, context)
                              : factory->make(model, answers);
    } catch (const Error& error) {
      throw Error(fmt::format("{}: {}", entry.where, error.what()));
    }
  }
  throw Error(fmt::format("{}: unknown backend \"{}\"", entry.where, entry.model.backend));
}

std::filesystem::path cache_file() { return cache_home() / "answers.sqlite"; }

Style style_of(const Global& global, std::FILE* stream) {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value && *value;
  };
  const auto is = [](const char* name, const char* word) {
    const char* value = std::getenv(name);
    return value && std::strcmp(value, word) == 0;
  };
  Style style;
  const bool terminal = isatty(fileno(stream)) != 0;
  style.width = 120;
  winsize size{};
  if (const auto columns = parse_int(std::getenv("COLUMNS") ? std::getenv("COLUMNS") : "");
      columns && *columns >= 20 && *columns < 1000) {
    style.width = static_cast<int>(*columns);
  } else if (terminal && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) {
    style.width = size.ws_col;
  }
  style.color = terminal && !set("NO_COLOR") && !is("TERM", "dumb");
  if (set("CLICOLOR_FORCE") && !set("NO_COLOR")) style.color = true;
  if (global.color == "always") style.color = true;
  if (global.color == "never") style.color = false;
  std::setlocale(LC_CTYPE, "");
  // A container without any locale set says ANSI_X3.4-1968 although its terminal shows UTF-8; only
  // a locale chosen on purpose counts.
  const bool chosen = set("LC_ALL") || set("LC_CTYPE") || set("LANG");
  style.ascii =
      is("LEITAI_ASCII", "1") ||
      (chosen && std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0 && !is("LANG", "C.UTF-8"));
  style.ambiguous_wide = is("LEITAI_AMBIGUOUS", "wide");
  return style;
}

std::unique_ptr<Progress> make_progress(const Global& global, double every_s) {
  if (global.verbosity < 0) return silent_progress();
  const char* term = std::getenv("TERM");
  const bool live =
      isatty(2) && term && std::strcmp(term, "dumb") != 0 && std::strcmp(term, "") != 0;
  if (live) {
    restore_terminal_on_suspend();
    return live_progress(style_of(global, stderr));
  }
  return plain_progress(every_s);
}

std::filesystem::path run_folder(const std::string& what) {
  for (const std::filesystem::path& path :
       {std::filesystem::path(what), std::filesystem::path("runs") / what}) {
    if (Store::exists(path)) return path;
  }
  if (!std::filesystem::exists(what))
    throw Error(fmt::format("{}: there is no such run\n        leitai ls runs shows all", what));
  throw Error(
      fmt::format("{}: holds no run (no store.sqlite)\n        leitai ls runs shows all", what));
}

Leaderboard leaderboard_of(const Store& store, const std::optional<Reducer>& reducer) {
  BoardFacts facts;
  facts.title = store.meta("name").value_or("");
  facts.built_with = store.meta("version").value_or("");
  if (const std::size_t end = facts.built_with.find('\n'); end != std::string::npos)
    facts.built_with.resize(end);
  facts.created = store.meta("created").value_or("");
  facts.partial = store.meta("partial") == "1";
  for (const StoredSuite& one : store.suites())
    facts.suites.push_back({one.info.name, one.info.family, one.info.version, one.scorer,
                            one.planned, one.info.floor, std::string(to_text(one.info.mode))});
  const BookSource source = source_of(store);
  for (const BookModel& one : source.models)
    facts.models.push_back({one.id, one.describe, one.protocol});
  for (const BookStop& stop : source.stops) {
    if (stop.leader.empty() || stop.seen >= stop.items) continue;
    facts.stopped.push_back(fmt::format(
        "{} was stopped early: {} is ahead, certified after {} of {} items. The scores are of the "
        "part that was asked.",
        stop.suite, stop.leader, with_commas(stop.seen), with_commas(stop.items)));
  }
  for (const StoredEvent& event : store.events("caution")) {
    std::string text = parse_json(event.json, "caution").value("text", "");
    if (std::find(facts.cautions.begin(), facts.cautions.end(), text) == facts.cautions.end())
      facts.cautions.push_back(std::move(text));
  }
  facts.reducer =
      reducer ? *reducer : parse_reducer(store.meta("reduce").value_or("mean"), "reduce");
  if (const auto seed = store.meta("seed"))
    facts.seed = static_cast<std::uint64_t>(parse_int(*seed).value_or(42));
  Leaderboard board = aggregate(store, facts);
  for (const BookModel& one : source.models) {
    const bool costs = std::any_of(
        board.rows.begin(), board.rows.end(),
        [&](const LeaderboardRow& row) { return row.model == one.id && !row.all.cost.empty(); });
    if (costs && one.prices) board.prices.push_back(*one.prices);
  }
  return board;
}

std::string file_name_of(std::string_view name) {
  std::string out;
  bool changed = !is_valid_utf8(name) || name.size() > 150 || name.starts_with('.') || name.empty();
  for (char c : repair_utf8(name.substr(0, 150))) {
    const bool bad = c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    changed = changed || bad;
    out += bad ? '_' : c;
  }
  if (out.starts_with('.')) out[0] = '_';
  // Two names never share a file: one that had to change carries a part of its digest.
  return changed ? out + "-" + sha256(name).hex().substr(0, 8) : out;
}

std::vector<std::string> write_reports(const std::filesystem::path& folder,
                                       const Leaderboard& board,
                                       const std::vector<std::string>& formats) {
  std::vector<std::string> written;
  const auto write = [&](const std::filesystem::path& path, const std::string& text) {
    write_file_atomic(path, text);
    written.push_back(path.string());
  };
  const Style plain;
  write(folder / "summary.json", find_reporter("json").write(board, plain));
  write(folder / "leaderboard.md", find_reporter("markdown").write(board, plain));
  for (const std::string& name : formats) {
    if (name == "terminal" || name == "json" || name == "markdown") continue;
    const Reporter& reporter = find_reporter(name);
    write(folder / fmt::format("report.{}", reporter.extension), reporter.write(board, plain));
  }
  make_folder(folder / "results");
  for (const LeaderboardRow& row : board.rows) {
    write(folder / "results" / (file_name_of(row.model) + ".json"),
          lm_eval_results(board, row.model));
  }
  return written;
}

std::pair<std::string, std::string> split_item(const Store& store, const std::string& what) {
  std::vector<std::string> names;
  for (const StoredSuite& suite : store.suites()) {
    names.push_back(suite.info.name);
    // The item's id may hold "/" itself (HumanEval/131), so the suite is what is known.
    if (what.starts_with(suite.info.name + "/")) {
      std::string id = what.substr(suite.info.name.size() + 1);
      if (!store.find(suite.info.name, id).empty()) return {suite.info.name, std::move(id)};
    }
  }
  for (const std::string& name : names) {
    if (what.starts_with(name + "/"))
      throw Error(fmt::format(
          "{}: no stored answer to item \"{}\" of {}\n        leitai ls items RUN shows all", what,
          what.substr(name.size() + 1), name));
  }
  throw Error(fmt::format("{}: SUITE/ITEM is wanted, such as {}/0\n        the run holds: {}", what,
                          names.empty() ? "gsm8k" : names[0], fmt::join(names, ", ")));
}

}  // namespace cli

}  // namespace leitai
