#include "harness/cli/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai::cli {

namespace fs = std::filesystem;

bool is_answers_file(const std::string& what) {
  std::error_code ignored;
  const bool named =
      what.ends_with(".jsonl") || what.ends_with(".jsonl.zst") || what.ends_with(".jsonl.gz");
  return named && !what.starts_with("replay:") && !fs::is_directory(what, ignored);
}

void Sources::open(const std::string& what, const std::string& as) {
  const auto add_file = [&](const std::string& path) {
    files_.push_back(std::make_unique<File>());
    files_.back()->path = path;
    files_.back()->run.add(path, as);
  };
  std::error_code ignored;
  if (is_answers_file(what) || fs::is_regular_file(what, ignored)) {
    add_file(what);
    return;
  }
  std::vector<std::string> files;
  if (fs::is_directory(what, ignored) && !Store::exists(what)) {
    for (const auto& entry : fs::directory_iterator(what))
      if (is_answers_file(entry.path().string())) files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
  }
  if (!files.empty()) {
    for (const std::string& file : files) add_file(file);
    return;
  }
  stores_.push_back(std::make_unique<Store>(Store::open_read(run_folder(what))));
}

void Sources::take(Store store) { stores_.push_back(std::make_unique<Store>(std::move(store))); }

std::vector<std::string> Sources::models() const {
  std::vector<std::string> out;
  const auto add = [&](const std::string& id) {
    if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(id);
  };
  for (const auto& store : stores_)
    for (const StoredModel& model : store->models()) add(model.id);
  for (const auto& file : files_)
    for (const std::string& id : file->run.models()) add(id);
  return out;
}

bool Sources::has_model(const std::string& id) const {
  const std::vector<std::string> all = models();
  return std::find(all.begin(), all.end(), id) != all.end();
}

void Sources::require_model(const std::string& id, std::string_view where) const {
  if (has_model(id)) return;
  const std::vector<std::string> all = models();
  throw Error(fmt::format("{}: no model \"{}\" among the stored answers{}\n        there are: {}",
                          where, id, did_you_mean(id, all), fmt::join(all, ", ")));
}

std::optional<PriceSource> price_source_of(const StoredModel& model) {
  const nlohmann::json config = parse_json(model.config_json, model.id);
  if (!config.contains("prices") || !config["prices"].is_object()) return std::nullopt;
  const nlohmann::json& prices = config["prices"];
  return PriceSource{model.id, prices.value("currency", ""), prices.value("as_of", ""),
                     prices.value("source", "")};
}

BookSource source_of(const Store& store) {
  BookSource out;
  out.name = store.path().parent_path().string();
  for (const StoredSuite& one : store.suites()) {
    out.suites.push_back({one.info.name, one.info.family, one.info.version, one.scorer,
                          std::string(to_text(one.info.mode)), one.info.floor});
  }
  for (const StoredModel& one : store.models()) {
    BookModel model{one.id, one.describe, {}, price_source_of(one)};
    const nlohmann::json config = parse_json(one.config_json, out.name);
    if (config.contains("params") && config["params"].is_object()) {
      for (const auto& [name, value] : config["params"].items())
        model.protocol[name] = value.is_string() ? value.get<std::string>() : value.dump();
    }
    if (config.contains("system")) model.protocol["system instruction"] = config["system"].dump();
    out.models.push_back(std::move(model));
  }
  for (const StoredEvent& event : store.events("early_stop")) {
    const nlohmann::json body = parse_json(event.json, out.name);
    BookStop stop;
    stop.suite = body.value("suite", "");
    stop.rule = body.value("rule", "");
    stop.first = body.value("first", "");
    stop.second = body.value("second", "");
    if (body.contains("leader") && body["leader"].is_string()) stop.leader = body["leader"];
    stop.alpha = body.value("alpha", 0.05);
    stop.e_value = body.value("e_value", 1.0);
    stop.items = body.value("items", std::int64_t{0});
    stop.seen = body.value("seen", std::int64_t{0});
    stop.wins = body.value("wins", std::int64_t{0});
    stop.losses = body.value("losses", std::int64_t{0});
    stop.zeros = body.value("zeros", std::int64_t{0});
    // The newest call of a run counts.
    std::erase_if(out.stops, [&](const BookStop& old) { return old.suite == stop.suite; });
    out.stops.push_back(std::move(stop));
  }
  return out;
}

void Sources::each(const std::function<void(const RunReader&, const BookSource&)>& visit) const {
  for (const auto& store : stores_) visit(*store, source_of(*store));
  for (const auto& file : files_) {
    BookSource source;
    source.name = file->path;
    for (const std::string& suite : file->run.suites())
      source.suites.push_back({suite, "recorded", "", file->run.scorer(suite), "chat", 0});
    for (const std::string& model : file->run.models()) source.models.push_back({model, "", {}});
    visit(file->run, source);
  }
}

void Sources::require_suites(const std::vector<std::string>& suites) const {
  std::vector<std::string> known;
  std::vector<std::string> names = split_list(suites);
  each([&](const RunReader&, const BookSource& source) {
    for (const BookSuite& suite : source.suites) {
      known.push_back(suite.name);
      std::erase_if(names, [&](const std::string& name) {
        return suite.name == name || suite.name.starts_with(name + "/");
      });
    }
  });
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  if (!names.empty())
    throw Error(fmt::format("-s: no suite \"{}\" among the stored answers{}\n        there are: {}",
                            names[0], did_you_mean(names[0], known), fmt::join(known, ", ")));
}

void Sources::fill(ScoreBook& book, const std::map<std::string, std::string>& columns,
                   const SuiteFilter& wants) const {
  each([&](const RunReader& run, const BookSource& source) {
    std::map<std::string, std::string> there;
    for (const auto& column : columns)
      for (const BookModel& model : source.models)
        if (model.id == column.first) there.insert(column);
    if (!there.empty()) book.add(run, source, there, wants);
  });
}

std::vector<const Store*> Sources::runs() const {
  std::vector<const Store*> out;
  for (const auto& store : stores_) out.push_back(store.get());
  return out;
}

std::vector<std::string> Sources::remarks() const {
  std::vector<std::string> out;
  for (const auto& file : files_)
    out.insert(out.end(), file->run.remarks().begin(), file->run.remarks().end());
  return out;
}

SuiteFilter suite_filter(const std::vector<std::string>& suites) {
  const std::vector<std::string> names = split_list(suites);
  if (names.empty()) return {};
  return [names](const std::string& suite) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return suite == name || suite.starts_with(name + "/");
    });
  };
}

}  // namespace leitai::cli
