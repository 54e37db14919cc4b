#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "backends/engine/arch/architecture.h"
#include "backends/http/provider.h"
#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/cli/provider_text.h"
#include "harness/core/answer_state.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/fetch.h"
#include "harness/store.h"
#include "harness/store_cache.h"
#include "suites/loader.h"
#include "suites/scorers/workbench.h"

namespace leitai {

std::span<const Architecture* const> architectures();  // generated registry

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb ls_verb;
constinit const cli::Verb ls_verb = {
    .name = "ls",
    .group = "Look at results",
    .summary =
        "suites, models, runs, items of a run, scorers, formats, backends, providers, "
        "architectures",
    .usage =
        "suites|models|runs|items|scorers|formats|backends|providers|architectures|cache [RUN | "
        "PROVIDER] [--where CONDITIONS]",
    .examples =
        "leitai ls suites\nleitai ls runs\nleitai ls providers deepseek\nleitai ls items runs/x "
        "--where 'a=right b!=right'",
    .run = run};

namespace {

using OrderedJson = nlohmann::ordered_json;

/// Rows of text, columns padded by terminal cells; or a JSON line for each row.
class Listing {
 public:
  Listing(std::vector<std::string> columns, bool json)
      : columns_(std::move(columns)), json_(json) {}
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print() const {
    if (json_) {
      for (const auto& row : rows_) {
        OrderedJson out;
        for (std::size_t i = 0; i < columns_.size(); ++i) out[columns_[i]] = row[i];
        fmt::print("{}\n", out.dump(-1, ' ', false, OrderedJson::error_handler_t::replace));
      }
      return;
    }
    std::vector<int> width(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      width[i] = cell_width(columns_[i]);
      for (const auto& row : rows_)
        width[i] = std::max(width[i], cell_width(escape_controls(row[i])));
    }
    const auto line = [&](const std::vector<std::string>& cells) {
      std::string out;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string cell = escape_controls(cells[i]);
        out += cell;
        if (i + 1 < cells.size())
          out += std::string(static_cast<std::size_t>(width[i] - cell_width(cell) + 2), ' ');
      }
      fmt::print("{}\n", out);
    };
    line(columns_);
    for (const auto& row : rows_) line(row);
  }

 private:
  std::vector<std::string> columns_;
  bool json_;
  std::vector<std::vector<std::string>> rows_;
};

constexpr std::size_t kLanguagesShown = 16;

void list_suites(bool json) {
  Listing out({"suite", "family", "kind", "items", "languages", "needs", "about"}, json);
  for (const SuiteSummary& one : known_suites(LoaderPaths::from_environment())) {
    const bool is_generated = one.name.starts_with("house/");
    const std::string languages = json || one.languages.size() <= kLanguagesShown
                                      ? fmt::format("{}", fmt::join(one.languages, " "))
                                      : fmt::format("{} languages", one.languages.size());
    out.row({one.name, one.family, one.kind,
             one.items      ? with_commas(*one.items)
             : is_generated ? "any"
                            : "?",
             languages, one.needs, one.about});
  }
  out.print();
}

void list_runs(bool json, const std::filesystem::path& root) {
  Listing out({"run", "when", "models", "answers", "state"}, json);
  std::vector<std::filesystem::path> folders;
  if (std::filesystem::is_directory(root)) {
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
      if (Store::exists(entry.path())) folders.push_back(entry.path());
    }
  }
  std::sort(folders.begin(), folders.end());
  for (const auto& folder : folders) {
    try {
      const Store store = Store::open_read(folder);
      std::int64_t planned = 0, stored = 0, failed = 0;
      const auto models = store.models();
      for (const StoredSuite& one : store.suites())
        planned += one.planned * static_cast<std::int64_t>(models.size());
      for (const StoredCount& one : store.counts()) {
        stored += one.n;
        if (one.outcome == Outcome::Failed) failed += one.n;
      }
      const std::string state =
          failed > 0 ? fmt::format("{} failed", with_commas(failed))
          : stored >= planned
              ? "complete"
              : fmt::format("stopped at {:.0f} %",
                            planned > 0
                                ? 100.0 * static_cast<double>(stored) / static_cast<double>(planned)
                                : 0.0);
      out.row({folder.string(), store.meta("created").value_or(""), std::to_string(models.size()),
               with_commas(stored), state});
    } catch (const Error& error) {
      out.row({folder.string(), "", "", "", std::string(split(error.what(), '\n').front())});
    }
  }
  out.print();
}

struct Condition {
  std::size_t model;
  bool negated;
  std::string state;
};

std::vector<Condition> parse_where(const std::string& text,
                                   const std::vector<std::string>& models) {
  static const std::vector<std::string> kStates{"right",    "wrong",  "cutoff",  "refused",
                                                "noanswer", "failed", "ungraded"};
  std::vector<Condition> out;
  for (std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals == 0)
      throw Error(fmt::format(
          "--where: conditions such as a=right or b!=right are wanted, not \"{}\"", word));
    Condition one;
    one.negated = word[equals - 1] == '!';
    const std::string who(word.substr(0, equals - (one.negated ? 1 : 0)));
    one.state = std::string(word.substr(equals + 1));
    if (std::find(kStates.begin(), kStates.end(), one.state) == kStates.end()) {
      throw Error(fmt::format("--where: unknown state \"{}\"{}\n        known: {}", one.state,
                              did_you_mean(one.state, kStates), fmt::join(kStates, ", ")));
    }
    const auto named = std::find(models.begin(), models.end(), who);
    if (named != models.end()) {
      one.model = static_cast<std::size_t>(named - models.begin());
    } else if (who.size() == 1 && who[0] >= 'a' &&
               static_cast<std::size_t>(who[0] - 'a') < models.size()) {
      one.model = static_cast<std::size_t>(who[0] - 'a');
    } else {
      throw Error(fmt::format("--where: no model \"{}\"; a to {} or: {}", who,
                              static_cast<char>('a' + std::max<std::size_t>(models.size(), 1) - 1),
                              fmt::join(models, ", ")));
    }
    out.push_back(std::move(one));
  }
  return out;
}

void list_items(bool json, const std::string& run_name, const std::string& where,
                const std::vector<std::string>& suites) {
  const Store store = Store::open_read(cli::run_folder(run_name));
  std::vector<std::string> models;
  for (const StoredModel& one : store.models()) models.push_back(one.id);
  const std::vector<Condition> conditions = parse_where(where, models);
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> states;
  store.each(Detail::Facts, [&](const Record& record) {
    const Request& q = record.request;
    if (!suites.empty() && std::none_of(suites.begin(), suites.end(), [&](const std::string& s) {
          return q.suite == s || q.suite.starts_with(s + "/");
        }))
      return true;
    const auto model = std::find(models.begin(), models.end(), q.model);
    if (model == models.end() || q.sample != 0) return true;
    auto& row = states[{q.suite, q.item}];
    row.resize(models.size());
    row[static_cast<std::size_t>(model - models.begin())] =
        to_text(state_of(record.response, record.score));
    return true;
  });
  std::vector<std::string> columns{"item"};
  columns.insert(columns.end(), models.begin(), models.end());
  Listing out(columns, json);
  for (const auto& [key, row] : states) {
    const bool fits = std::all_of(conditions.begin(), conditions.end(), [&](const Condition& c) {
      return !row[c.model].empty() && (row[c.model] == c.state) != c.negated;
    });
    if (!fits) continue;
    std::vector<std::string> cells{key.first + "/" + key.second};
    cells.insert(cells.end(), row.begin(), row.end());
    out.row(std::move(cells));
  }
  out.print();
}

void list_models(bool json) {
  Listing out({"model", "state", "where"}, json);
  for (const std::string& name : known_weights()) {
    const auto path = find_cached_model(name);
    out.row({"engine:" + name, path ? "ready" : "leitai pull " + name, path ? path->string() : ""});
  }
  const std::filesystem::path root = cache_home() / "models";
  std::error_code ignored;
  for (const auto& owner : std::filesystem::directory_iterator(root, ignored)) {
    if (!owner.is_directory()) continue;
    for (const auto& repository : std::filesystem::directory_iterator(owner.path(), ignored)) {
      const std::string id =
          owner.path().filename().string() + "/" + repository.path().filename().string();
      if (!repository.is_directory() || !is_hub_id(id)) continue;
      const auto path = find_cached_model(id);
      out.row({"engine:" + id, path ? "ready" : "leitai pull " + id, path ? path->string() : ""});
    }
  }
  out.print();
}

/// Answers kept across runs by --cache.
void list_cache(bool json, const std::optional<std::string>& prune) {
  Listing out({"model", "answers", "MB", "oldest", "newest"}, json);
  if (std::filesystem::exists(cli::cache_file())) {
    AnswerCache cache(cli::cache_file());
    if (prune) {
      const double days = cli::number_flag("--older-than", *prune, 0, 1e6);
      fmt::print(stderr, "{} answers removed\n", with_commas(cache.prune(days)));
    }
    for (const AnswerCache::Line& line : cache.lines())
      out.row({line.model, with_commas(line.answers),
               fmt::format("{:.1f}", static_cast<double>(line.bytes) / 1e6), line.oldest,
               line.newest});
  }
  out.print();
}

int show_provider(const std::string& name, bool json, const cli::Global& global) {
  const std::map<std::string, Provider> all = load_providers();
  const auto found = all.find(name);
  if (found == all.end()) {
    std::vector<std::string> names;
    for (const auto& [id, provider] : all) names.push_back(id);
    throw Error(fmt::format("ls providers: no provider \"{}\" is known{}\n        known: {}", name,
                            did_you_mean(name, names), fmt::join(names, ", ")));
  }
  if (json) {
    fmt::print("{}\n", cli::provider_json(found->second).dump());
  } else {
    fmt::print("{}", cli::provider_text(found->second, cli::style_of(global, stdout)));
  }
  return 0;
}

int run(std::span<const std::string> args, cli::Global& global) {
  bool json = false;
  std::optional<std::string> where, out_dir, prune;
  std::vector<std::string> operands, suites;
  cli::Command command(ls_verb, global);
  command
      .text("where", "CONDITIONS",
            "items: a=right b!=right; a is the run's first model, or take its id; states right "
            "wrong cutoff refused noanswer failed",
            where)
      .list("suites,s", "LIST", "items: only these suites", suites)
      .text("out", "DIR", "runs: the folder they are kept in (default runs)", out_dir)
      .text("older-than", "DAYS", "cache: remove answers older than so many days", prune)
      .flag("json", "a JSON line for each row", json)
      .operands("what to list", 1, 2, operands);
  if (!command.parse(args)) return 0;
  const std::string& what = operands[0];
  static const std::vector<std::string> kKinds{"suites",    "tasks",         "models",  "runs",
                                               "items",     "scorers",       "formats", "backends",
                                               "providers", "architectures", "cache"};
  if (std::find(kKinds.begin(), kKinds.end(), what) == kKinds.end()) {
    throw Error(fmt::format("ls: unknown \"{}\"{}\n        known: {}", what,
                            did_you_mean(what, kKinds), fmt::join(kKinds, ", ")));
  }
  if (operands.size() == 2 && what != "items" && what != "providers")
    throw Error(fmt::format("ls {}: one word too many: \"{}\"", what, operands[1]));
  if (what == "suites" || what == "tasks") {
    list_suites(json);
  } else if (what == "runs") {
    list_runs(json, out_dir.value_or("runs"));
  } else if (what == "items") {
    if (operands.size() < 2)
      throw Error("ls items: the run is missing, as in leitai ls items runs/x");
    list_items(json, operands[1], where.value_or(""), cli::split_list(suites));
  } else if (what == "models") {
    list_models(json);
  } else if (what == "scorers") {
    Listing out({"scorer", "about"}, json);
    for (const Scorer* one : scorers())
      out.row({fmt::format("{}@{}", one->name, one->version), std::string(one->help)});
    out.print();
  } else if (what == "formats") {
    Listing out({"format", "file", "about"}, json);
    for (const std::string& name : cli::format_names()) {
      const Reporter& one = cli::find_reporter(name);
      out.row({name, "." + std::string(one.extension), std::string(one.help)});
    }
    out.print();
  } else if (what == "cache") {
    list_cache(json, prune);
  } else if (what == "providers") {
    if (operands.size() == 2) return show_provider(operands[1], json, global);
    Listing out({"provider", "regions", "key", "wire", "prices", "about"}, json);
    for (const auto& [id, one] : load_providers()) {
      std::vector<std::string> regions;
      for (const auto& [region, url] : one.regions) regions.push_back(region);
      out.row({id, fmt::format("{}", fmt::join(regions, " ")),
               fmt::format("{}", fmt::join(one.key_env, " ")), one.wire, cli::price_dates(one),
               one.name});
    }
    out.print();
    if (!json) fmt::print("\nleitai ls providers NAME shows addresses, limits and prices of one\n");
  } else if (what == "backends") {
    Listing out({"backend", "keys", "about"}, json);
    for (const BackendFactory* one : cli::backends()) {
      std::vector<std::string> keys;
      for (const BackendKey& key : one->keys) keys.emplace_back(key.name);
      out.row({std::string(one->name), fmt::format("{}", fmt::join(keys, " ")),
               std::string(one->help)});
    }
    out.print();
  } else {
    Listing out({"architecture"}, json);
    for (const Architecture* one : architectures()) out.row({std::string(one->name)});
    out.print();
  }
  return 0;
}

}  // namespace

}  // namespace leitai
