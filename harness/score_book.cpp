#include "harness/score_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"

namespace leitai {

std::uint32_t ScoreBook::suite_index(const BookSource& source, const std::string& name) {
  const auto named = [&](const BookSuite& one) { return one.name == name; };
  const auto known = std::find_if(suites_.begin(), suites_.end(), named);
  const auto told = std::find_if(source.suites.begin(), source.suites.end(), named);
  if (known == suites_.end()) {
    suites_.push_back(told == source.suites.end() ? BookSuite{.name = name} : *told);
    suite_source_.push_back(source.name);
    return static_cast<std::uint32_t>(suites_.size() - 1);
  }
  const auto at = static_cast<std::size_t>(known - suites_.begin());
  if (told == source.suites.end() || suite_source_[at] == source.name)
    return static_cast<std::uint32_t>(at);
  const std::string& first = suite_source_[at];
  if (told->mode != known->mode) {
    throw Error(
        fmt::format("{} and {} asked {} in different modes ({}, {}); the scores cannot be "
                    "compared\n        ask both models in the same --mode",
                    first, source.name, name, known->mode, told->mode));
  }
  // Where nothing is graded there is no scorer to differ.
  if (told->scorer != known->scorer && !told->scorer.empty() && !known->scorer.empty()) {
    // A file's grades came with it; a run grades its answers again.
    const bool is_file = source.name.find(".jsonl") != std::string::npos;
    throw Error(fmt::format(
        "{} and {} graded {} with different scorers ({}, {})\n        {}", first, source.name, name,
        known->scorer, told->scorer,
        is_file ? fmt::format("add -s {} to grade both anew, without asking any model", name)
                : fmt::format("leitai score {} -s {} grades it again without asking any model",
                              source.name, name)));
  }
  if (told->version != known->version) {
    throw Error(
        fmt::format("{} and {} hold different versions of {} ({}, {}): other items or other "
                    "prompts\n        ask both models the same version",
                    first, source.name, name, known->version, told->version));
  }
  return static_cast<std::uint32_t>(at);
}

std::uint32_t ScoreBook::item_index(std::uint32_t suite, const std::string& id) {
  const std::uint32_t number = numbers_.number(suites_[suite].name, id);
  if (number == items_.size()) items_.push_back({suite, 0, id, ""});
  return number;
}

ScoreBook::Column& ScoreBook::open_column(const BookSource& source, const std::string& from,
                                          const std::string& to) {
  const auto told = std::find_if(source.models.begin(), source.models.end(),
                                 [&](const BookModel& one) { return one.id == from; });
  for (Column& column : columns_)
    if (column.model.id == to) return column;
  Column& column = columns_.emplace_back();
  if (told != source.models.end()) column.model = *told;
  column.model.id = to;
  return column;
}

void ScoreBook::add(const RunReader& run, const BookSource& source,
                    const std::map<std::string, std::string>& columns, const SuiteFilter& wants) {
  if (kinds_.empty()) {
    kinds_.emplace_back();
    kind_index_[Kind{}] = 0;
  }
  for (const auto& [from, to] : columns) open_column(source, from, to);
  for (const BookStop& stop : source.stops)
    for (const auto& [from, to] : columns)
      if (stop.seen < stop.items && !stop.leader.empty() &&
          (stop.first == from || stop.second == from))
        open_column(source, from, to).stopped.insert(stop.suite);
  for (BookStop stop : source.stops) {
    const auto first = columns.find(stop.first), second = columns.find(stop.second);
    if (first == columns.end() || second == columns.end()) continue;
    if (!stop.leader.empty())
      stop.leader = stop.leader == stop.first ? first->second : second->second;
    stop.first = first->second;
    stop.second = second->second;
    stops_.push_back(std::move(stop));
  }

  std::map<std::string, std::uint32_t> suites;  // of this source
  const auto suite_of = [&](const std::string& name) {
    const auto known = suites.find(name);
    if (known != suites.end()) return known->second;
    return suites.emplace(name, suite_index(source, name)).first->second;
  };
  std::vector<bool> graded;
  std::string last_suite;
  std::uint32_t suite = 0;
  run.each_summary([&](const ItemSummary& summary) {
    if (wants && !wants(summary.suite)) return;
    if (summary.suite != last_suite || items_.empty()) {
      suite = suite_of(summary.suite);
      last_suite = summary.suite;
    }
    const std::uint32_t index = item_index(suite, summary.id);
    if (graded.size() <= index) graded.resize(index + index / 2 + 64, false);
    graded[index] = summary.is_graded;
    Item& item = items_[index];
    if (item.kind == 0 && !(summary.language.empty() && summary.tags.empty())) {
      const auto [at, is_new] = kind_index_.try_emplace(Kind{summary.language, summary.tags},
                                                        static_cast<std::uint32_t>(kinds_.size()));
      if (is_new) kinds_.push_back(at->first);
      item.kind = at->second;
    }
    if (item.pair.empty()) item.pair = summary.pair_key;
  });

  SampleFold fold(reducer_);
  struct Open {
    std::string model, suite, item;
    Column* column = nullptr;
    std::uint32_t suite_index = 0, index = 0;
  } open;
  const auto close = [&] {
    if (!open.column || open.item.empty()) return;
    const ItemOutcome outcome = fold.finish();
    const std::uint32_t index = open.index;
    std::vector<ItemOutcome>& all = open.column->outcomes;
    if (all.size() <= index) all.resize(std::max<std::size_t>(items_.size(), index + 1));
    if (all[index].samples > 0) {
      ++open.column->doubled;
    } else {
      all[index] = outcome;
    }
  };
  bool is_paid_alike = true;
  const auto take = [&](const Record& record) {
    const Request& request = record.request;
    if (request.model != open.model) {
      close();
      open = {};
      open.model = request.model;
      const auto wanted = columns.find(request.model);
      if (wanted != columns.end())
        open.column = &open_column(source, wanted->first, wanted->second);
    }
    if (!open.column || (wants && !wants(request.suite))) return true;
    if (request.item != open.item || request.suite != open.suite) {
      close();
      if (request.suite != open.suite || open.item.empty())
        open.suite_index = suite_of(request.suite);
      open.suite = request.suite;
      open.item = request.item;
      open.index = item_index(open.suite_index, request.item);
    }
    fold.add(record.response, record.score, open.index < graded.size() && graded[open.index]);
    Column& column = *open.column;
    if (record.response.served_model && record.response.outcome != Outcome::Failed)
      ++column.served[*record.response.served_model];
    if (record.response.price) {
      const std::string& currency = record.response.price->currency;
      if (column.currency.empty()) column.currency = currency;
      is_paid_alike = is_paid_alike && column.currency == currency;
    }
    return true;
  };
  if (run.has_repeats()) {
    run.each(Detail::Facts, take);  // the samples of an item follow one another
  } else {
    run.each_fact(take);
  }
  close();
  for (Column& column : columns_) {
    column.outcomes.resize(items_.size());
    if (is_paid_alike) continue;
    column.currency.clear();
    for (ItemOutcome& outcome : column.outcomes) outcome.cost = 0;
  }
}

const ScoreBook::Column& ScoreBook::column(const std::string& id) const {
  for (const Column& column : columns_)
    if (column.model.id == id) return column;
  throw Error(fmt::format("no model \"{}\"", id));
}

std::string ScoreBook::name_of(std::size_t item) const {
  return fmt::format("{}/{}", suites_[items_[item].suite].name, items_[item].id);
}

}  // namespace leitai
