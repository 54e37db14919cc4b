#include "harness/cli/execute.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "harness/cli/compose.h"
#include "harness/cli/planned.h"
#include "harness/cli/regrade.h"
#include "harness/cli/sources.h"
#include "harness/cli/version.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/early_stop.h"
#include "harness/event_log.h"
#include "harness/io/files.h"
#include "harness/progress.h"
#include "harness/store_cache.h"
#include "suites/grade.h"
#include "suites/sandbox/box.h"
#include "suites/scorers/workbench.h"

namespace leitai::cli {

namespace {

volatile std::sig_atomic_t interrupt_count = 0;

void on_interrupt(int) { interrupt_count = interrupt_count + 1; }

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

struct Opened {
  std::vector<std::unique_ptr<Suite>> suites;
  Channel<Answer> answers{1024};
  std::vector<std::unique_ptr<Backend>> backends;
};

/// name@version of what grades a suite; "" where nobody does.
std::string scorer_of(const Suite& suite) {
  std::string scorer = suite.info().size > 0 ? suite.item(0).grading.scorer : "";
  // Likelihoods are not written answers: they have a scorer of their own.
  if (!scorer.empty() && suite.info().mode == Mode::LogLikelihood) scorer = "loglikelihood";
  return scorer.empty() ? "" : fmt::format("{}@{}", scorer, find_scorer(scorer).version);
}

/// Answers first, then the grades that come behind theirs.
void record_all(Store& store, std::span<const Recorded> batch, AnswerCache* cache) {
  std::vector<AnswerView> answers, late;
  std::vector<ScoredRequest> found;
  answers.reserve(batch.size());
  for (const Recorded& one : batch) {
    const AnswerView view{&one.request, &one.response, one.score ? &*one.score : nullptr,
                          &one.item};
    if (!one.is_stored) {
      answers.push_back(view);
    } else if (one.score && one.stored_id != 0) {
      found.push_back({one.stored_id, *one.score});
    } else if (one.score) {
      late.push_back(view);
    }
  }
  if (!answers.empty()) store.record(answers);
  if (!late.empty()) store.put_late_scores(late);
  if (!found.empty()) store.put_scores(found);
  if (!cache) return;
  for (const Recorded& one : batch)
    if (!one.is_stored) cache->put(one.request.digest, one.request.model, one.response);
}

/// Is this what grades today? Scorers that are gone are nobody's.
bool is_of_today(const std::string& scorer) {
  const std::string_view name = scorer_name(scorer);
  const auto& known = scorers();
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const Scorer* one) { return one->name == name; });
  return found != known.end() && scorer == fmt::format("{}@{}", name, (*found)->version);
}

/// Suites whose stored answers another scorer or version graded: suite -> that one. The grades tell
/// it themselves: a suite may have several scorers, and a call that was killed leaves a mixture.
std::map<std::string, std::string> graded_otherwise(const Store& store, const Opened& opened) {
  std::map<std::string, std::string> out;
  const auto unusual = store.unusual_scorers(is_of_today);
  for (const StoredSuite& stored : store.suites()) {
    for (const auto& suite : opened.suites) {
      const std::string& name = stored.info.name;
      if (suite->info().name != name) continue;
      const std::string now = scorer_of(*suite);
      if (!now.empty() && !stored.scorer.empty() && now != stored.scorer) {
        out[name] = stored.scorer;
      } else if (const auto found = unusual.find(name); found != unusual.end()) {
        out[name] = fmt::format("{}", fmt::join(found->second, " and "));
      }
    }
  }
  return out;
}

/// Grades what is stored as what comes will be; "" or what was done.
std::string grade_alike(Store& store, const std::map<std::string, std::string>& before) {
  if (before.empty()) return "";
  const Regraded done =
      regrade(store, [&](const std::string& suite) { return before.contains(suite); });
  if (done.graded == 0) return "";
  std::set<std::string> steps;
  for (const auto& [suite, scorer] : done.scorers)
    steps.insert(fmt::format("{} -> {}", before.at(suite), scorer));
  return fmt::format("{} stored answers were graded again ({}): {} grades changed.",
                     with_commas(done.graded), fmt::join(steps, ", "), with_commas(done.changed));
}

void describe_run(Store& store, const RunConfig& config, const Opened& opened) {
  if (!store.meta("created")) store.set_meta("created", utc_now());
  store.set_meta("name", config.name);
  store.set_meta("version", version_text());
  store.set_meta("config", to_yaml(config));
  store.set_meta("reduce", to_text(config.reduce));
  store.set_meta("seed", std::to_string(config.seed));
  store.set_meta("partial", config.is_partial ? "1" : "0");
  std::vector<StoredModel> models;
  for (std::size_t i = 0; i < config.models.size(); ++i) {
    const Model& model = config.models[i].model;
    const BackendTraits& traits = opened.backends[i]->traits();
    nlohmann::json body{{"spec", model.spec}, {"params", to_json(model.params)}};
    if (model.system) body["system"] = *model.system;
    if (const auto& prices = traits.prices) body["prices"] = price_json(*prices);
    models.push_back({model.id, traits.identity, traits.describe, dump(body)});
  }
  store.put_models(models);
  std::vector<StoredSuite> suites;
  for (const auto& suite : opened.suites) {
    suites.push_back({suite->info(), scorer_of(*suite), suite->info().size});
  }
  store.put_suites(suites);
}

/// A backend behind the answers that earlier runs kept: what is there is not asked.
class CachedBackend final : public Backend {
 public:
  CachedBackend(std::unique_ptr<Backend> inner, const AnswerCache& cache, Channel<Answer>& answers)
      : inner_(std::move(inner)), cache_(cache), answers_(answers) {}

  const BackendTraits& traits() const override { return inner_->traits(); }
  void prepare(Request& request) const override { inner_->prepare(request); }
  void submit(Request request) override {
    std::optional<Response> kept = cache_.find(request.digest);
    if (!kept) return inner_->submit(std::move(request));
    ++hits_;
    kept->request_id = request.id;
    kept->attempts = 0;  // nobody was asked
    answers_.push({std::move(request), std::move(*kept)});
  }
  void drain() override { inner_->drain(); }
  void cancel() override { inner_->cancel(); }
  std::optional<Price> price_at_most(const Request& request) const override {
    return cache_.holds(request.digest) ? std::nullopt : inner_->price_at_most(request);
  }
  std::optional<TokensAtMost> tokens_at_most(const Request& request) const override {
    if (cache_.holds(request.digest)) return std::nullopt;
    return inner_->tokens_at_most(request);
  }
  std::vector<std::string> remarks() const override { return inner_->remarks(); }
  std::vector<std::string> cautions() const override { return inner_->cautions(); }
  std::int64_t hits() const { return hits_; }

 private:
  std::unique_ptr<Backend> inner_;
  const AnswerCache& cache_;
  Channel<Answer>& answers_;
  std::atomic<std::int64_t> hits_ = 0;
};

/// With --retry: what is stored counts whatever its parameters were, but for the outcomes that are
/// to be asked again.
DoneLookup done_but_for(const Store& store, const std::vector<Outcome>& again) {
  using Places = std::unordered_map<std::string, Outcome>;  // item and sample -> newest outcome
  const auto known = std::make_shared<std::map<std::pair<std::string, std::string>, Places>>();
  const auto place = [](const Request& request) {
    return request.item + '\n' + std::to_string(request.sample);
  };
  store.each(Detail::Facts, [&](const Record& record) {
    const Request& request = record.request;
    (*known)[{request.model, request.suite}][place(request)] = record.response.outcome;
    return true;
  });
  return [known, again, place](const std::string& model, const std::string& suite) -> IsDone {
    return [known, places = &(*known)[{model, suite}], again, place](const Request& request) {
      const auto found = places->find(place(request));
      return found != places->end() &&
             std::find(again.begin(), again.end(), found->second) == again.end();
    };
  };
}

constexpr const char* kAskingSeconds = "asking_seconds";  // JSON: model id ("": all) -> seconds

std::map<std::string, double> asking_seconds(const Store& store) {
  std::map<std::string, double> out;
  const nlohmann::json stored =
      parse_json(store.meta(kAskingSeconds).value_or("{}"), store.path().string());
  for (const auto& [model, seconds] : stored.items())
    if (seconds.is_number()) out[model] = seconds.get<double>();
  return out;
}

/// What earlier calls of the run spent counts.
void spend_what_is_stored(Budget& budget, const Store& store) {
  for (const StoredSpending& one : store.spending()) {
    std::optional<Price> money;
    if (!one.currency.empty()) {
      budget.check_currency(one.model, one.currency);
      money = Price{one.amount, one.currency};
    }
    budget.start(one.model, {one.requests, one.tokens, std::move(money)});
  }
  for (const auto& [model, seconds] : asking_seconds(store)) budget.start_time(model, seconds);
}

/// The time that this call asked, beside that of earlier calls.
void add_asking_seconds(Store& store, std::map<std::string, double> before,
                        const RunResult& result) {
  before[""] += result.asking_s;
  for (const auto& [model, seconds] : result.asking_s_of) before[model] += seconds;
  store.set_meta(kAskingSeconds, nlohmann::json(before).dump());
}

/// One line for all models: how many answers were there already, and how many were not.
std::string cache_remark(std::span<const CachedBackend* const> backends, std::int64_t asked) {
  std::int64_t hits = 0;
  for (const CachedBackend* one : backends) hits += one->hits();
  return fmt::format("Cache: {} of {} answers were kept from earlier runs{}; {} were asked.",
                     with_commas(hits), with_commas(asked),
                     hits > 0 ? " (they cost nothing and keep their times)" : "",
                     with_commas(std::max<std::int64_t>(0, asked - hits)));
}

/// Gives the comparison what earlier calls stored, at its places in the order.
void preload(EarlyStop& stop, const Store& store, const RunConfig& config, const Opened& opened) {
  ScoreBook book;
  std::map<std::string, std::string> columns;
  for (const ModelEntry& entry : config.models) columns[entry.model.id] = entry.model.id;
  book.add(store, source_of(store), columns);
  std::map<std::string, std::size_t> item_of;
  for (std::size_t i = 0; i < book.items().size(); ++i) item_of[book.name_of(i)] = i;
  for (const auto& suite : opened.suites) {
    const SuiteInfo& info = suite->info();
    for (std::int64_t position = 0; position < info.size && !item_of.empty(); ++position) {
      const Item item = suite->item(item_at(position, info, config.seed));
      const auto found = item_of.find(item.suite + "/" + item.id);
      if (found == item_of.end()) continue;
      for (std::size_t m = 0; m < config.models.size(); ++m) {
        const ItemOutcome& outcome = book.column(config.models[m].model.id).outcomes[found->second];
        // What failed, or lacks samples, is asked again.
        if (static_cast<int>(outcome.samples) >= config.samples && outcome.failed == 0)
          stop.place(m, info.name, position, outcome);
      }
    }
  }
}

/// What early stopping came to, for the record and for people.
void tell_of_stop(const EarlyStop& stop, Store& store, const RunConfig& config, Executed& out) {
  const std::string &first = config.models[0].model.id, &second = config.models[1].model.id;
  std::int64_t asked = 0, all = 0;
  for (const StopState& state : stop.states()) {
    out.remarks.push_back(stop_sentence(state, first, second));
    all += 2 * state.items;
    store.add_event("early_stop",
                    {{"suite", state.suite},
                     {"rule", state.rule},
                     {"alpha", state.alpha},
                     {"first", first},
                     {"second", second},
                     {"items", state.items},
                     {"seen", state.seen},
                     {"wins", state.counts.wins},
                     {"losses", state.counts.losses},
                     {"zeros", state.counts.zeros},
                     {"e_value", state.e_value},
                     {"leader", state.leader ? nlohmann::json(*state.leader == 0 ? first : second)
                                             : nlohmann::json(nullptr)}});
  }
  std::map<std::string, double> cost;
  store.each(Detail::Facts, [&](const Record& record) {
    ++asked;
    if (record.response.price)
      cost[record.response.price->currency] += record.response.price->amount;
    return true;
  });
  asked /= std::max(1, config.samples);
  if (asked >= all || asked == 0) return;
  std::string money;
  for (const auto& [currency, amount] : cost)
    money += fmt::format(", about {:.2f} {}",
                         amount / static_cast<double>(asked) * static_cast<double>(all - asked),
                         currency);
  out.remarks.push_back(fmt::format(
      "Early stopping left {} of {} answers unasked ({:.0f} %{}).", with_commas(all - asked),
      with_commas(all), 100 * static_cast<double>(all - asked) / static_cast<double>(all), money));
}

/// Two models under one name in the same run would be mixed in one column.
void refuse_other_configuration(const Store& store, const RunConfig& config, const Opened& opened) {
  for (const StoredModel& stored : store.models()) {
    for (std::size_t i = 0; i < config.models.size(); ++i) {
      const ModelEntry& entry = config.models[i];
      if (entry.model.id == stored.id && opened.backends[i]->traits().identity != stored.identity) {
        throw Error(
            fmt::format("{}: the run \"{}\" holds answers of another model under the id \"{}\" "
                        "(other weights or numerics)\n        give this one id=NAME, or the run "
                        "another --name",
                        entry.where, config.name, stored.id));
      }
    }
  }
}

}  // namespace

Executed execute(const RunConfig& config, const std::optional<std::string>& suites_dir,
                 const Global& global, const std::string& again) {
  std::optional<AnswerCache> cache;  // outlives the backends
  if (config.use_cache) cache.emplace(cache_file());
  std::optional<Budget> budget;  // likewise
  if (!config.budget.is_empty()) budget.emplace(config.budget);
  Opened opened;
  opened.suites = open_suites(config, suites_dir);
  for (const ModelEntry& entry : config.models) {
    BackendContext context = context_of(config, entry.model);
    if (budget)
      context.may_repeat = [&held = *budget, id = entry.model.id](const Price& charged) {
        return held.extend(id, charged);
      };
    opened.backends.push_back(open_backend(entry, opened.answers, context));
  }
  std::vector<const CachedBackend*> cached;
  if (cache)
    for (auto& backend : opened.backends) {
      auto around = std::make_unique<CachedBackend>(std::move(backend), *cache, opened.answers);
      cached.push_back(around.get());
      backend = std::move(around);
    }

  for (std::size_t i = 0; i < config.models.size(); ++i)
    check_askable(config, config.models[i].model, *opened.backends[i], opened.suites);
  const std::filesystem::path folder = std::filesystem::path(config.out) / config.name;
  Store store = Store::create_or_open(folder, version_number());
  refuse_other_configuration(store, config, opened);
  const auto before = graded_otherwise(store, opened);
  describe_run(store, config, opened);
  const std::string graded_again = grade_alike(store, before);
  for (const auto& suite : opened.suites)
    for (const std::string& caution : suite->info().cautions)
      store.add_event("caution", {{"text", caution}});
  write_file_atomic(folder / "config.yaml", to_yaml(config));
  EventLog log({(folder / "log.jsonl").string(), global.log_file.value_or("")});
  log.write("run", {{"name", config.name},
                    {"models", config.models.size()},
                    {"suites", opened.suites.size()},
                    {"requests", plan_size(config, opened.suites) *
                                     static_cast<std::int64_t>(config.models.size())}});

  const std::unique_ptr<Progress> progress = make_progress(global, config.progress_every_s);
  catch_interrupts();
  RunParts parts;
  parts.config = &config;
  parts.suites = opened.suites;
  parts.answers = &opened.answers;
  for (std::size_t i = 0; i < config.models.size(); ++i)
    parts.competitors.push_back({&config.models[i].model, opened.backends[i].get()});
  if (budget) {
    spend_what_is_stored(*budget, store);
    parts.budget = &*budget;
  }
  std::optional<EarlyStop> stop;
  if (config.stop) {
    stop.emplace(config, opened.suites);
    preload(*stop, store, config, opened);
    parts.stop = &*stop;
  }
  std::int64_t changed_items = 0;
  parts.done = [&](const std::string& model, const std::string& suite) -> IsDone {
    auto rows = std::make_shared<PlanRows>(store.load_plan(model, suite));
    return {[rows, &store, &changed_items](const Request& request, const Item& item) {
              if (!rows->meet(request)) return false;
              if (request.sample == 0 && rows->is_changed(item)) {
                store.put_items({&item, 1});
                ++changed_items;
              }
              return true;
            },
            [rows, &store] { store.settle(*rows); }};
  };
  if (!config.ask_again.empty()) parts.done = done_but_for(store, config.ask_again);
  parts.grade = [](const Item& item, const Response& response) { return grade(item, response); };
  parts.grades_late = [](const Item& item) { return runs_programs(item.grading.scorer); };
  parts.abandon_grades = abandon_boxes;
  parts.each_ungraded = [&](const std::function<bool(Recorded)>& visit) {
    for (const auto& suite : opened.suites) {
      if (!runs_programs(scorer_of(*suite))) continue;
      const Store reader = Store::open_read(folder);  // reads on while others write
      reader.each_ungraded(suite->info().name, [&](const Record& record) {
        std::optional<Item> item = reader.item(record.request.suite, record.request.item);
        if (!item) return true;
        Recorded one{record.request, record.response, std::nullopt, *std::move(item)};
        one.stored_id = record.request.id;
        return visit(std::move(one));
      });
    }
  };
  parts.record = [&](std::span<const Recorded> batch) {
    record_all(store, batch, cache ? &*cache : nullptr);
  };
  parts.progress = progress.get();
  parts.log = &log;
  parts.log_path = (folder / "log.jsonl").string();
  parts.interrupts = [] { return static_cast<int>(interrupt_count); };

  const std::map<std::string, double> seconds_before = asking_seconds(store);
  RunResult result;
  try {
    result = run(parts);
  } catch (const Error& error) {
    throw Error(fmt::format("{}\n        what was answered is stored in {}; to go on: {}",
                            error.what(), folder.string(), again));
  }
  add_asking_seconds(store, seconds_before, result);
  log.write("end", {{"asked", result.asked},
                    {"failed", result.failed},
                    {"resumed", result.resumed},
                    {"interrupted", result.interrupted},
                    {"why", result.stopped_because}});

  Executed out{folder, std::move(store), result, {}};
  for (const auto& suite : opened.suites)
    for (const std::string& caution : suite->info().cautions) out.remarks.push_back(caution);
  if (!graded_again.empty()) out.remarks.push_back(graded_again);
  if (changed_items > 0) {
    out.remarks.push_back(
        fmt::format("{} items have another reference answer, tags or words than when they were "
                    "answered; leitai score {} grades their answers again.",
                    changed_items, folder.string()));
  }
  if (!cached.empty() && result.asked > 0)
    out.remarks.push_back(cache_remark(cached, result.asked));
  if (stop) tell_of_stop(*stop, out.store, config, out);
  for (const auto& backend : opened.backends) {
    for (const std::string& caution : backend->cautions()) {
      out.store.add_event("caution", {{"text", caution}});
      out.remarks.push_back(caution);
    }
  }
  // Before the end of the plan nobody knows what it would have met.
  const bool is_whole = !result.interrupted && result.stopped_because.empty();
  for (const auto& backend : opened.backends) {
    if (!is_whole || stop) break;
    for (std::string& remark : backend->remarks()) out.remarks.push_back(std::move(remark));
  }
  return out;
}

std::string command_line(std::string_view verb, std::span<const std::string> args) {
  std::string out = fmt::format("leitai {}", verb);
  for (const std::string& arg : args) {
    const bool plain =
        !arg.empty() && arg.find_first_of(" \t\n\"'$`\\*?;&|<>(){}[]~#!") == std::string::npos;
    if (plain) {
      out += " " + arg;
      continue;
    }
    std::string quoted = " '";
    for (char c : arg) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    out += quoted + "'";
  }
  return out;
}

}  // namespace leitai::cli
