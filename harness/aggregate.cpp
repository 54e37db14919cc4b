#include "harness/aggregate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include "harness/core/answer_state.h"
#include "harness/core/digest.h"
#include "harness/core/text.h"
#include "harness/stats/proportion.h"

namespace leitai {

namespace {

constexpr double kManyCutOff = 0.05;  // share of answers above which a caution is due

/// What is counted for one model on the items of one suite, or on those of them with one language
/// or tag.
struct Tally {
  Cell cell;
  double sum = 0;          // of item scores
  std::int64_t items = 0;  // stored, whatever became of them
};

struct ModelTally {
  std::map<std::string, Tally> suites;
  std::map<std::string, std::map<std::string, Tally>> languages;  // language -> suite
  std::map<std::string, std::map<std::string, Tally>> tags;       // tag -> suite
  std::set<std::string> served;
};

/// The item whose samples are being read.
struct Open {
  std::string model, suite, item;
  ItemFacts facts;
  Cell counts;     // of its samples
  double sum = 0;  // of the scores of its samples
  std::int64_t scored = 0;
  std::int64_t ungraded = 0;
};

void count(Cell& cell, const Record& record) {
  const Response& response = record.response;
  ++cell.answers;
  if (is_failed(record.response, record.score)) {
    ++cell.failed;
  } else if (response.outcome == Outcome::Truncated) {
    ++cell.cut_off;
  } else if (is_refused(record.response, record.score)) {
    ++cell.refused;
  } else if (is_without_answer(record.response, record.score)) {
    ++cell.no_answer;
  }
  cell.prompt_tokens += response.usage.prompt_tokens.value_or(0);
  cell.completion_tokens += response.usage.completion_tokens.value_or(0);
  cell.total_ms += response.timing.total_ms.value_or(0);
  if (response.price) cell.cost[response.price->currency] += response.price->amount;
}

void add_counts(Cell& to, const Cell& from) {
  to.answers += from.answers;
  to.cut_off += from.cut_off;
  to.refused += from.refused;
  to.no_answer += from.no_answer;
  to.failed += from.failed;
  to.prompt_tokens += from.prompt_tokens;
  to.completion_tokens += from.completion_tokens;
  to.total_ms += from.total_ms;
  for (const auto& [currency, amount] : from.cost) to.cost[currency] += amount;
}

void close_into(Tally& tally, const Open& open) {
  add_counts(tally.cell, open.counts);
  ++tally.items;
  if (open.scored > 0) {
    const double score = open.sum / static_cast<double>(open.scored);
    ++tally.cell.n;
    tally.sum += score;
    if (score >= 1) ++tally.cell.correct;
  } else if (open.ungraded > 0) {
    ++tally.cell.ungraded;
  }
}

Cell finished(const Tally& tally, std::int64_t planned) {
  Cell cell = tally.cell;
  cell.planned = planned;
  if (cell.n > 0) {
    cell.mean = tally.sum / static_cast<double>(cell.n);
    cell.interval = wilson(tally.sum, static_cast<double>(cell.n));
  }
  return cell;
}

/// Mean of means; half-widths added in squares, each side for itself, as for independent suites.
Cell macro_mean(const std::vector<const Cell*>& cells) {
  Cell out;
  double sum = 0, below = 0, above = 0;
  int graded = 0;
  for (const Cell* cell : cells) {
    add_counts(out, *cell);
    out.planned += cell->planned;
    out.n += cell->n;
    out.correct += cell->correct;
    out.ungraded += cell->ungraded;
    if (!cell->mean) continue;
    ++graded;
    sum += *cell->mean;
    below += std::pow(*cell->mean - cell->interval->low, 2);
    above += std::pow(cell->interval->high - *cell->mean, 2);
  }
  if (graded == 0) return out;
  const double mean = sum / graded;
  out.mean = mean;
  out.interval = Interval{std::max(0.0, mean - std::sqrt(below) / graded),
                          std::min(1.0, mean + std::sqrt(above) / graded)};
  return out;
}

std::string percent(double share) {
  return fmt::format("{:.{}f} %", 100 * share, share < 0.1 ? 1 : 0);
}

std::string things(std::int64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", with_commas(n), n == 1 ? one : many);
}

double share_of(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

/// Why a row has no rank; "" if it has one. `graded` are the suites that someone has a score in.
std::string reason_against(const LeaderboardRow& row, const std::vector<std::string>& graded) {
  std::size_t held = 0;
  std::int64_t stored = 0, planned = 0;
  for (const std::string& suite : graded) {
    const auto cell = row.suites.find(suite);
    if (cell == row.suites.end()) continue;
    const Cell& c = cell->second;
    stored += std::min(c.planned, c.n + c.ungraded + c.failed);
    planned += c.planned;
    if (c.answers > 0) ++held;
  }
  if (graded.empty()) return "nothing is graded";
  if (row.all.answers == 0) return "no answer yet";
  if (held < graded.size()) return fmt::format("{} of {} suites", held, graded.size());
  const double failed = share_of(row.all.failed, row.all.answers);
  if (failed > kMostFailed) {
    return fmt::format("{} failed ({}; a rank needs at most {})", with_commas(row.all.failed),
                       percent(failed), percent(kMostFailed));
  }
  if (share_of(planned - stored, planned) > kMostFailed) {
    return fmt::format("{} of {} items", with_commas(stored), with_commas(planned));
  }
  for (const std::string& suite : graded) {
    if (!row.suites.at(suite).mean) return fmt::format("nothing graded in {}", suite);
  }
  return "";
}

void rank(std::vector<LeaderboardRow>& rows) {
  for (LeaderboardRow& row : rows) {
    if (!row.not_ranked_because.empty()) continue;
    int above = 0, not_below = 0;
    for (const LeaderboardRow& other : rows) {
      if (!other.not_ranked_because.empty()) continue;
      if (other.all.interval->low > row.all.interval->high) ++above;
      if (other.all.interval->high >= row.all.interval->low) ++not_below;
    }
    row.rank_low = 1 + above;
    row.rank_high = not_below;
  }
  std::stable_sort(rows.begin(), rows.end(), [](const LeaderboardRow& a, const LeaderboardRow& b) {
    if (a.rank_low.has_value() != b.rank_low.has_value()) return a.rank_low.has_value();
    return a.all.mean.value_or(-1) > b.all.mean.value_or(-1);
  });
}

std::vector<std::string> cautions_of(const Leaderboard& board) {
  std::vector<std::string> out;
  if (board.partial)
    out.push_back(
        "Partial run: --limit was given, so these scores are not those of the whole suites.");
  for (const LeaderboardRow& row : board.rows) {
    const std::int64_t missing = row.all.planned - row.all.n - row.all.ungraded - row.all.failed;
    if (row.all.answers > 0 && missing > 0 && row.all.failed == 0) {
      out.push_back(fmt::format("{} has no answer yet to {} of {}; the same run again goes on.",
                                row.model, with_commas(missing),
                                things(row.all.planned, "item", "items")));
    }
    if (row.all.failed > 0) {
      out.push_back(fmt::format("{} to {} failed ({}) and {} in no score.",
                                things(row.all.failed, "request", "requests"), row.model,
                                percent(share_of(row.all.failed, row.all.answers)),
                                row.all.failed == 1 ? "is" : "are"));
    }
    const std::int64_t got = row.all.answers - row.all.failed;
    if (share_of(row.all.cut_off, got) > kManyCutOff) {
      out.push_back(fmt::format(
          "{} was cut off in {} ({}); they count as wrong. A larger max_tokens asks them anew.",
          row.model, things(row.all.cut_off, "answer", "answers"),
          percent(share_of(row.all.cut_off, got))));
    }
    if (row.served_models.size() > 1) {
      out.push_back(fmt::format("{} was served by {} different models: {}.", row.model,
                                row.served_models.size(), fmt::join(row.served_models, ", ")));
    }
  }
  for (const std::string& suite : board.suites) {
    std::int64_t ungraded = 0;
    for (const LeaderboardRow& row : board.rows) {
      const auto cell = row.suites.find(suite);
      if (cell != row.suites.end()) ungraded += cell->second.ungraded;
    }
    if (ungraded > 0) {
      out.push_back(fmt::format("{} in {} {} not graded and in no score.",
                                things(ungraded, "answer", "answers"), suite,
                                ungraded == 1 ? "is" : "are"));
    }
  }
  return out;
}

}  // namespace

struct Aggregator::Impl {
  std::map<std::string, ModelTally> models;
  std::optional<Open> open;

  void close() {
    if (!open) return;
    ModelTally& model = models[open->model];
    close_into(model.suites[open->suite], *open);
    if (!open->facts.language.empty())
      close_into(model.languages[open->facts.language][open->suite], *open);
    for (const std::string& tag : open->facts.tags) close_into(model.tags[tag][open->suite], *open);
    open.reset();
  }
};

Aggregator::Aggregator() : impl_(std::make_unique<Impl>()) {}
Aggregator::~Aggregator() = default;

void Aggregator::add(const Record& record, const ItemFacts& item) {
  const Request& request = record.request;
  if (!impl_->open || impl_->open->item != request.item || impl_->open->suite != request.suite ||
      impl_->open->model != request.model) {
    impl_->close();
    impl_->open =
        Open{.model = request.model, .suite = request.suite, .item = request.item, .facts = item};
  }
  Open& open = *impl_->open;
  count(open.counts, record);
  if (record.response.served_model)
    impl_->models[request.model].served.insert(*record.response.served_model);
  if (is_failed(record.response, record.score)) return;
  if (record.score && record.score->score) {
    open.sum += *record.score->score;
    ++open.scored;
  } else if (item.graded && (record.score || record.response.outcome != Outcome::Answered)) {
    ++open.scored;  // nothing that could earn a mark: 0
  } else {
    ++open.ungraded;
  }
}

Leaderboard Aggregator::finish(const BoardFacts& facts) {
  impl_->close();
  Leaderboard board;
  board.title = facts.title;
  board.built_with = facts.built_with;
  board.created = facts.created;
  board.partial = facts.partial;
  std::map<std::string, std::string> family_of;
  for (const BoardFacts::SuiteFacts& suite : facts.suites) {
    board.suites.push_back(suite.name);
    board.scorers[suite.name] = suite.scorer;
    board.suite_versions[suite.name] = suite.version;
    family_of[suite.name] = suite.family;
    if (std::find(board.families.begin(), board.families.end(), suite.family) ==
        board.families.end())
      board.families.push_back(suite.family);
  }
  std::set<std::string> languages, tags;
  for (const BoardFacts::ModelFacts& model : facts.models) {
    LeaderboardRow row;
    row.model = model.id;
    row.describe = model.describe;
    const ModelTally& tally = impl_->models[model.id];
    row.served_models.assign(tally.served.begin(), tally.served.end());
    std::map<std::string, std::vector<const Cell*>> by_family;
    std::vector<const Cell*> all;
    for (const BoardFacts::SuiteFacts& suite : facts.suites) {
      const auto found = tally.suites.find(suite.name);
      Cell& cell = row.suites[suite.name];
      cell = finished(found == tally.suites.end() ? Tally{} : found->second, suite.planned);
      all.push_back(&cell);
      by_family[suite.family].push_back(&cell);
    }
    row.all = macro_mean(all);
    for (const auto& [family, cells] : by_family) row.families[family] = macro_mean(cells);
    const auto group = [&](const std::map<std::string, std::map<std::string, Tally>>& groups,
                           std::set<std::string>& names, std::map<std::string, Cell>& out) {
      for (const auto& [name, suites] : groups) {
        std::vector<Cell> cells;
        for (const auto& [suite, one] : suites) {
          if (family_of.contains(suite)) cells.push_back(finished(one, one.items));
        }
        if (cells.empty()) continue;
        std::vector<const Cell*> views;
        for (const Cell& cell : cells) views.push_back(&cell);
        out[name] = macro_mean(views);
        names.insert(name);
      }
    };
    group(tally.languages, languages, row.languages);
    group(tally.tags, tags, row.tags);
    board.rows.push_back(std::move(row));
  }
  board.languages.assign(languages.begin(), languages.end());
  board.tags.assign(tags.begin(), tags.end());

  std::vector<std::string> graded;
  for (const BoardFacts::SuiteFacts& suite : facts.suites) {
    const bool some = std::any_of(
        board.rows.begin(), board.rows.end(),
        [&](const LeaderboardRow& row) { return row.suites.at(suite.name).mean.has_value(); });
    if (some || !suite.scorer.empty()) graded.push_back(suite.name);
  }
  for (LeaderboardRow& row : board.rows) {
    row.not_ranked_because = reason_against(row, graded);
    // No mean over the suites that happen to be there.
    const bool whole = std::all_of(graded.begin(), graded.end(), [&](const std::string& suite) {
      return row.suites.at(suite).mean.has_value();
    });
    if (!whole) row.all.mean.reset(), row.all.interval.reset();
  }
  board.cautions = cautions_of(board);
  rank(board.rows);
  return board;
}

Leaderboard aggregate(const RunReader& run, const BoardFacts& facts) {
  std::map<std::pair<std::vector<std::string>, bool>, std::uint32_t>
      index;  // facts that are equal are kept once
  std::vector<ItemFacts> kinds;
  std::unordered_map<std::uint64_t, std::uint32_t> known;  // hash of (suite, item) -> kinds
  const auto key_of = [](const std::string& suite, const std::string& item) {
    return std::hash<std::string>{}(suite + '\0' + item);
  };
  run.each_summary([&](const ItemSummary& item) {
    std::vector<std::string> words = item.tags;
    words.push_back(item.language);
    const auto [at, fresh] = index.try_emplace({std::move(words), item.is_graded},
                                               static_cast<std::uint32_t>(kinds.size()));
    if (fresh)
      kinds.push_back({.language = item.language, .tags = item.tags, .graded = item.is_graded});
    known.emplace(key_of(item.suite, item.id), at->second);
  });
  Aggregator aggregator;
  const ItemFacts unknown;
  run.each(Detail::Facts, [&](const Record& record) {
    const auto found = known.find(key_of(record.request.suite, record.request.item));
    aggregator.add(record, found == known.end() ? unknown : kinds[found->second]);
    return true;
  });
  return aggregator.finish(facts);
}

}  // namespace leitai
