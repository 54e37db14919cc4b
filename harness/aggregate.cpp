#include "harness/aggregate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <map>
#include <set>

#include "harness/board_cautions.h"
#include "harness/board_index.h"
#include "harness/core/digest.h"
#include "harness/core/log_histogram.h"
#include "harness/core/suite.h"
#include "harness/core/text.h"
#include "harness/core/twin.h"
#include "harness/item_numbers.h"
#include "harness/paired_scores.h"
#include "harness/stats/proportion.h"
#include "harness/twin_gap.h"

namespace leitai {

namespace {

/// What is counted for one model on the items of one suite, or on those of them with one language
/// or tag.
struct Tally {
  Cell cell;
  double sum = 0;          // of item scores
  std::int64_t items = 0;  // stored, whatever became of them
};

/// Times of a model's answers.
struct AnswerClock {
  LogHistogram ttft, answer_ttft, gap, total, rate;

  void see(const Response& response) {
    const Timing& timing = response.timing;
    if (response.outcome == Outcome::Failed || !timing.total_ms) return;
    total.add(*timing.total_ms);
    if (timing.ttft_ms) ttft.add(*timing.ttft_ms);
    if (timing.answer_ttft_ms) answer_ttft.add(*timing.answer_ttft_ms);
    if (timing.gap_p50_ms) gap.add(*timing.gap_p50_ms);
    const auto tokens = response.usage.completion_tokens.value_or(0);
    if (tokens > 0 && *timing.total_ms > 0)
      rate.add(static_cast<double>(tokens) * 1000 / *timing.total_ms);
  }

  Speed speed() const {
    return {total.size(),        ttft.quantile(0.5),   answer_ttft.quantile(0.5), gap.quantile(0.5),
            total.quantile(0.5), total.quantile(0.95), rate.quantile(0.5)};
  }
};

struct ModelTally {
  AnswerClock clock;
  std::map<std::string, Tally> suites;
  std::map<std::string, std::map<std::string, Tally>> languages;  // language -> suite
  std::map<std::string, std::map<std::string, Tally>> tags;       // tag -> suite
  std::set<std::string> served;
};

/// The item whose samples are being read.
struct Open {
  std::string model, suite, item;
  std::uint32_t number = 0;
  std::uint64_t pair = 0;
  const ItemFacts* facts = nullptr;
  Cell counts;  // of its samples
};

/// What the fold of the samples does not keep.
void count(Cell& cell, const Response& response) {
  cell.prompt_tokens += response.usage.prompt_tokens.value_or(0);
  cell.completion_tokens += response.usage.completion_tokens.value_or(0);
  cell.total_ms += response.timing.total_ms.value_or(0);
  if (response.price) cell.cost[response.price->currency] += response.price->amount;
}

/// Flags such as "instruction_loose=2/3".
void measure(Cell& cell, const Score& score) {
  for (const std::string_view flag : score.flags) {
    const std::size_t equals = flag.find('='), slash = flag.rfind('/');
    if (equals == flag.npos || slash == flag.npos || slash < equals) continue;
    const auto got = parse_double(flag.substr(equals + 1, slash - equals - 1));
    const auto of = parse_double(flag.substr(slash + 1));
    if (!got || !of) continue;
    Measure& one = cell.measures[std::string(flag.substr(0, equals))];
    one.got += *got;
    one.of += *of;
  }
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
  for (const auto& [name, one] : from.measures) {
    to.measures[name].got += one.got;
    to.measures[name].of += one.of;
  }
}

void close_into(Tally& tally, const Open& open, const ItemOutcome& outcome) {
  add_counts(tally.cell, open.counts);
  tally.cell.answers += outcome.samples;
  tally.cell.cut_off += outcome.cut_off;
  tally.cell.refused += outcome.refused;
  tally.cell.no_answer += outcome.no_answer;
  tally.cell.failed += outcome.failed;
  ++tally.items;
  if (outcome.is_scored()) {
    ++tally.cell.n;
    tally.sum += outcome.score;
    if (outcome.score >= 1) ++tally.cell.correct;
  } else if (outcome.ungraded > 0) {
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

/// How much a cell's mean counts, after chance was taken off.
struct CellWeight {
  double weight = 1;
  double floor = 0;
};

/// Weighted mean of means, weights of those without one left out; items are those of cells with a
/// weight, answers and their costs those of all; half-widths added in squares, as
/// for independent suites.
Cell mean_of_cells(const std::vector<const Cell*>& cells, const std::vector<CellWeight>& weights) {
  Cell out;
  double total = 0, sum = 0, below = 0, above = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = *cells[i];
    add_counts(out, cell);
    if (weights[i].weight == 0) continue;
    out.planned += cell.planned;
    out.n += cell.n;
    out.correct += cell.correct;
    out.ungraded += cell.ungraded;
    if (!cell.mean) continue;
    const double scale = weights[i].weight / (1 - weights[i].floor);
    total += weights[i].weight;
    sum += scale * (*cell.mean - weights[i].floor);
    below += std::pow(scale * (*cell.mean - cell.interval->low), 2);
    above += std::pow(scale * (cell.interval->high - *cell.mean), 2);
  }
  if (total == 0) return out;
  const double mean = sum / total;
  out.mean = mean;
  out.interval =
      Interval{mean - std::sqrt(below) / total, std::min(1.0, mean + std::sqrt(above) / total)};
  return out;
}

/// Every item stands in the suite once for each turn of its options: a version tells its variant.
bool is_circular(std::string_view version) { return version.find("+circular") != version.npos; }

constexpr const char* kControl = "control";

/// By suite what its scores share a mean with: its mode; twins of published suites beside others
/// are a control.
std::map<std::string, std::string> groups_of(const std::vector<BoardFacts::SuiteFacts>& suites) {
  const bool has_others = std::any_of(suites.begin(), suites.end(),
                                      [](const auto& suite) { return !is_control(suite.name); });
  std::map<std::string, std::string> out;
  for (const BoardFacts::SuiteFacts& suite : suites)
    out[suite.name] = has_others && is_control(suite.name) ? kControl : suite.mode;
  return out;
}

/// The mode that most suites are asked in, controls apart, the first of equals.
std::string main_mode(const std::vector<BoardFacts::SuiteFacts>& suites,
                      const std::map<std::string, std::string>& groups) {
  std::map<std::string, int> counts;
  for (const auto& [suite, group] : groups) counts[group] += group != kControl;
  std::optional<std::string> out;
  for (const BoardFacts::SuiteFacts& suite : suites) {
    const std::string& group = groups.at(suite.name);
    if (group != kControl && (!out || counts[group] > counts[*out])) out = group;
  }
  return out.value_or("");
}

/// Mean over cells of suites of these groups: those of the main mode, else of the first one's.
Cell macro_mean(const std::vector<const Cell*>& cells, const std::vector<std::string>& modes,
                const std::string& main) {
  const bool has_main = std::find(modes.begin(), modes.end(), main) != modes.end();
  std::vector<CellWeight> weights(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (modes[i] != (has_main ? main : modes[0])) weights[i].weight = 0;
  return mean_of_cells(cells, weights);
}

/// Why a row has no rank; "" if it has one. `graded` are the suites that someone has a score in.
std::string reason_against(const LeaderboardRow& row, const std::vector<std::string>& graded) {
  std::size_t held = 0;
  std::int64_t stored = 0, planned = 0, failed = 0, answers = 0;
  for (const std::string& suite : graded) {
    const auto cell = row.suites.find(suite);
    if (cell == row.suites.end()) continue;
    const Cell& c = cell->second;
    stored += std::min(c.planned, c.n + c.ungraded + c.failed);
    planned += c.planned;
    failed += c.failed;
    answers += c.answers;
    if (c.answers > 0) ++held;
  }
  if (graded.empty()) return "nothing is graded";
  if (row.all.answers == 0) return "no answer yet";
  if (held < graded.size()) return fmt::format("{} of {} suites", held, graded.size());
  const double share_failed = share_of(failed, answers);
  if (share_failed > kMostFailed) {
    return fmt::format("{} failed ({}; a rank needs at most {})", with_commas(failed),
                       percent(share_failed), percent(kMostFailed));
  }
  if (share_of(planned - stored, planned) > kMostFailed) {
    return fmt::format("{} of {} items", with_commas(stored), with_commas(planned));
  }
  for (const std::string& suite : graded) {
    if (!row.suites.at(suite).mean) return fmt::format("nothing graded in {}", suite);
  }
  return "";
}

void sort_rows(std::vector<LeaderboardRow>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const LeaderboardRow& a, const LeaderboardRow& b) {
    if (a.rank_low.has_value() != b.rank_low.has_value()) return a.rank_low.has_value();
    return a.all.mean.value_or(-1) > b.all.mean.value_or(-1);
  });
}

/// What a mean would be with all missing answers wrong, and with all right.
Interval bounds_of(const LeaderboardRow& row, const std::vector<std::string>& suites) {
  Interval out;
  for (const std::string& suite : suites) {
    const Cell& cell = row.suites.at(suite);
    const auto planned = static_cast<double>(std::max<std::int64_t>(1, cell.planned));
    const double sum = cell.mean.value_or(0) * static_cast<double>(cell.n);
    out.low += sum / planned / static_cast<double>(suites.size());
    out.high += (sum + planned - static_cast<double>(cell.n)) / planned /
                static_cast<double>(suites.size());
  }
  return out;
}

}  // namespace

struct Aggregator::Impl {
  std::map<std::string, ModelTally> models;
  std::optional<Open> open;
  ItemNumbers numbers;
  std::map<std::pair<std::vector<std::string>, bool>, std::uint32_t> kind_index;
  std::deque<ItemFacts> kinds{{}};     // facts that are equal are kept once
  std::vector<std::uint32_t> kind_of;  // by item; short where all are of kind 0
  std::vector<std::uint64_t> pair_of;  // likewise
  BoardScores scores;
  SampleFold fold;
  std::map<std::string, std::set<std::string>> tools;    // by suite: what programs were run with
  std::map<std::string, std::set<std::string>> graders;  // by suite: name@version of its grades

  explicit Impl(Reducer reducer) : fold(reducer) {}

  void close() {
    if (!open) return;
    const ItemOutcome outcome = fold.finish();
    if (outcome.is_scored())
      scores.add(open->model, open->suite, open->number, open->pair, outcome.score);
    ModelTally& model = models[open->model];
    close_into(model.suites[open->suite], *open, outcome);
    if (!open->facts->language.empty())
      close_into(model.languages[open->facts->language][open->suite], *open, outcome);
    for (const std::string& tag : open->facts->tags)
      close_into(model.tags[tag][open->suite], *open, outcome);
    open.reset();
  }
};

Aggregator::Aggregator(Reducer reducer) : impl_(std::make_unique<Impl>(reducer)) {}
Aggregator::~Aggregator() = default;

void Aggregator::know(std::string_view suite, std::string_view id, const ItemFacts& item,
                      std::uint64_t pair) {
  const std::uint32_t number = impl_->numbers.number(suite, id);
  std::vector<std::string> words = item.tags;
  words.push_back(item.language);
  const auto next = static_cast<std::uint32_t>(impl_->kinds.size());
  const bool is_usual = item.graded && item.language.empty() && item.tags.empty();
  const std::uint32_t kind =
      is_usual ? 0
               : impl_->kind_index.try_emplace({std::move(words), item.graded}, next).first->second;
  if (kind == next) impl_->kinds.push_back(item);
  const auto put = [number](auto& list, auto value) {
    if (value == 0 && number >= list.size()) return;
    if (number >= list.size()) list.resize(std::size_t{number} + 1);
    list[number] = value;
  };
  put(impl_->kind_of, kind);
  put(impl_->pair_of, pair);
}

void Aggregator::add(const Record& record, const ItemFacts& item, std::uint64_t pair) {
  know(record.request.suite, record.request.item, item, pair);
  add(record);
}

void Aggregator::add(const Record& record) {
  const Request& request = record.request;
  if (!impl_->open || impl_->open->item != request.item || impl_->open->suite != request.suite ||
      impl_->open->model != request.model) {
    impl_->close();
    const std::uint32_t number = impl_->numbers.number(request.suite, request.item);
    const auto of = [number](const auto& list) { return number < list.size() ? list[number] : 0; };
    impl_->open = Open{.model = request.model,
                       .suite = request.suite,
                       .item = request.item,
                       .number = number,
                       .pair = of(impl_->pair_of),
                       .facts = &impl_->kinds[of(impl_->kind_of)]};
  }
  Open& open = *impl_->open;
  count(open.counts, record.response);
  if (record.score) {
    measure(open.counts, *record.score);
    impl_->graders[request.suite].insert(record.score->scorer);
    for (const std::string& flag : record.score->flags) {
      if (flag.starts_with("tool=")) impl_->tools[request.suite].insert(flag.substr(5));
    }
  }
  impl_->models[request.model].clock.see(record.response);
  if (record.response.served_model)
    impl_->models[request.model].served.insert(*record.response.served_model);
  impl_->fold.add(record.response, record.score, open.facts->graded);
}

Leaderboard Aggregator::finish(const BoardFacts& facts) {
  impl_->close();
  impl_->numbers = {};  // the ranks need the room
  impl_->kind_of = {};
  impl_->pair_of = {};
  Leaderboard board;
  board.title = facts.title;
  board.built_with = facts.built_with;
  board.created = facts.created;
  board.partial = facts.partial;
  const std::map<std::string, std::string> mode_of = groups_of(facts.suites);
  const std::string mode = main_mode(facts.suites, mode_of);
  std::vector<std::string> apart, controls;  // suites of another mode; twins beside others
  for (const BoardFacts::SuiteFacts& suite : facts.suites) {
    board.suites.push_back(suite.name);
    board.scorers[suite.name] = suite.scorer;
    for (const std::string& tool : impl_->tools[suite.name])
      board.scorers[suite.name] += ", " + tool;
    board.suite_versions[suite.name] = suite.version;
    const std::string& group = mode_of.at(suite.name);
    if (group != mode) (group == kControl ? controls : apart).push_back(suite.name);
    if (std::find(board.families.begin(), board.families.end(), suite.family) ==
        board.families.end())
      board.families.push_back(suite.family);
  }
  std::vector<BookSuite> listed;
  for (const BoardFacts::SuiteFacts& suite : facts.suites)
    if (mode_of.at(suite.name) == mode)
      listed.push_back({suite.name, suite.family, suite.version, suite.scorer, "", suite.floor});
  std::vector<CellWeight> weights;  // of all suites; none where the mode is another
  const std::vector<double> of_listed = index_weights(listed);
  for (std::size_t i = 0; const BoardFacts::SuiteFacts& suite : facts.suites) {
    weights.push_back({0, 0});
    if (mode_of.at(suite.name) == mode) weights.back() = {of_listed[i++], suite.floor};
  }
  std::set<std::string> languages, tags;
  for (const BoardFacts::ModelFacts& model : facts.models) {
    LeaderboardRow row;
    row.model = model.id;
    row.describe = model.describe;
    const ModelTally& tally = impl_->models[model.id];
    row.served_models.assign(tally.served.begin(), tally.served.end());
    row.speed = tally.clock.speed();
    std::map<std::string, std::vector<const Cell*>> by_family;
    std::map<std::string, std::vector<std::string>> family_modes;
    std::vector<const Cell*> all;
    for (const BoardFacts::SuiteFacts& suite : facts.suites) {
      const auto found = tally.suites.find(suite.name);
      Cell& cell = row.suites[suite.name];
      cell = finished(found == tally.suites.end() ? Tally{} : found->second, suite.planned);
      if (is_circular(suite.version)) {
        const Measure right = impl_->scores.right_in_all(model.id, suite.name);
        if (right.of > 0) cell.measures["all_rotations"] = right;
      }
      all.push_back(&cell);
      by_family[suite.family].push_back(&cell);
      family_modes[suite.family].push_back(mode_of.at(suite.name));
    }
    row.all = mean_of_cells(all, weights);
    for (const auto& [family, cells] : by_family)
      row.families[family] = macro_mean(cells, family_modes[family], mode);
    const auto group = [&](const std::map<std::string, std::map<std::string, Tally>>& groups,
                           std::set<std::string>& names, std::map<std::string, Cell>& out) {
      for (const auto& [name, suites] : groups) {
        std::vector<Cell> cells;
        std::vector<std::string> modes;
        for (const auto& [suite, one] : suites) {
          if (!mode_of.contains(suite)) continue;
          cells.push_back(finished(one, one.items));
          modes.push_back(mode_of.at(suite));
        }
        if (cells.empty()) continue;
        std::vector<const Cell*> views;
        for (const Cell& cell : cells) views.push_back(&cell);
        out[name] = macro_mean(views, modes, mode);
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
    if (mode_of.at(suite.name) != mode) continue;
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
  std::vector<std::string> ranked;
  std::vector<LeaderboardRow*> ranked_rows;
  for (LeaderboardRow& row : board.rows) {
    if (!row.not_ranked_because.empty()) continue;
    ranked.push_back(row.model);
    ranked_rows.push_back(&row);
  }
  std::vector<BookSuite> indexed;
  for (const BookSuite& suite : listed)
    if (std::find(graded.begin(), graded.end(), suite.name) != graded.end())
      indexed.push_back(suite);
  std::optional<BoardIndex> index;
  if (!ranked.empty()) index = impl_->scores.index(ranked, indexed, facts.seed);
  board.cautions = cautions_of(board, !facts.stopped.empty());
  caution_of_versions(impl_->graders, board);
  for (const std::string& suite : apart)
    board.cautions.push_back(fmt::format(
        "{} was asked by {}, the index by {}: its scores are in no mean and no rank with others.",
        suite, mode_of.at(suite), mode));
  if (!controls.empty()) board.cautions.push_back(control_words(controls));
  if (facts.reducer != Reducer{})
    board.cautions.push_back(
        fmt::format("Scores are {} of the samples of an item.", to_text(facts.reducer)));
  board.cautions.insert(board.cautions.end(), facts.stopped.begin(), facts.stopped.end());
  board.cautions.insert(board.cautions.end(), facts.cautions.begin(), facts.cautions.end());
  for (const LeaderboardRow& row : board.rows) {
    const bool lacks = facts.stopped.empty() && row.all.answers > 0 &&
                       !row.not_ranked_because.empty() &&
                       row.all.planned > row.all.n + row.all.ungraded && row.all.n > 0;
    if (!lacks) continue;
    const Interval bounds = bounds_of(row, graded);
    board.cautions.push_back(fmt::format(
        "{} would have {:.1f} with all missing answers wrong and {:.1f} with all right.", row.model,
        100 * bounds.low, 100 * bounds.high));
  }
  caution_of_protocol(facts, board);
  std::map<std::string, std::set<std::string>> coders;  // language of programs -> suites
  for (const auto& [id, model] : impl_->models)
    for (const auto& [tag, cells] : model.tags)
      for (const auto& [suite, cell] : cells)
        if (tag.starts_with("code=")) coders[tag.substr(5)].insert(base_of_suite(suite));
  caution_of_code(coders, board);
  if (index) {
    const bool one_suite = indexed.size() == 1 && indexed[0].floor == 0 && index->left_out == 0;
    for (std::size_t i = 0; i < ranked_rows.size(); ++i) {
      const IndexRow& row = index->rows[i];
      ranked_rows[i]->rank_low = row.rank_low;
      ranked_rows[i]->rank_high = row.rank_high;
      ranked_rows[i]->p_best = row.p_best;
      if (one_suite) continue;  // the suite's own mean and interval say it all
      ranked_rows[i]->all.mean = row.mean;
      ranked_rows[i]->all.interval = row.interval;
    }
    if (index->left_out > 0)
      board.cautions.push_back(fmt::format(
          "{} that not every ranked model has an answer to {} in no index and no rank.",
          things(index->left_out, "item", "items"), index->left_out == 1 ? "is" : "are"));
    for (const auto& [suite, model] : index->leads_without)
      board.cautions.push_back(fmt::format("Without {}, {} would lead.", suite, model));
  }
  sort_rows(board.rows);
  return board;
}

Leaderboard aggregate(const RunReader& run, const BoardFacts& facts) {
  Aggregator aggregator(facts.reducer);
  run.each_summary([&](const ItemSummary& item) {
    aggregator.know(item.suite, item.id, {item.language, item.tags, item.is_graded},
                    item.pair_key.empty() ? 0 : std::hash<std::string>{}(item.pair_key) | 1);
  });
  run.each(Detail::Facts, [&](const Record& record) {
    aggregator.add(record);
    return true;
  });
  Leaderboard board = aggregator.finish(facts);
  board.twin_gaps = twin_gaps(run, facts, board.cautions);
  return board;
}

}  // namespace leitai
