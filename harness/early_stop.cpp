#include "harness/early_stop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/resolution.h"
#include "harness/stats/finite_suite.h"
#include "harness/stats/sequential.h"

namespace leitai {

namespace {

constexpr std::int64_t kManyDiscordant = 75;
constexpr std::size_t kGradedStep = 16;
constexpr std::int64_t kFiniteLooks = 500;  // of a suite at most: each costs its size

}  // namespace

EarlyStop::EarlyStop(const RunConfig& config, std::span<const std::unique_ptr<Suite>> suites) {
  if (config.models.size() != 2)
    throw Error(
        fmt::format("stop: early stopping compares two models, and the run has {}\n        "
                    "leave \"stop\" out, or run two models",
                    config.models.size()));
  for (const auto& suite : suites) {
    Progress& progress = suites_[suite->info().name];
    StopState& state = progress.state;
    state.suite = suite->info().name;
    state.rule = config.stop->rule == StopRule::Kind::Finite ? "finite" : "sequential";
    state.alpha = config.stop->alpha / static_cast<double>(suites.size());
    state.items = suite->info().size;
    const double expected = kUsualDiscordance * static_cast<double>(state.items);
    progress.a = expected >= static_cast<double>(kManyDiscordant) ? 10 : 1;
  }
}

void EarlyStop::place(std::size_t model, const std::string& suite, std::int64_t position,
                      const ItemOutcome& outcome) {
  std::lock_guard guard(mutex_);
  const auto found = suites_.find(suite);
  if (found == suites_.end() || position < 0 || position >= found->second.state.items) return;
  Progress& progress = found->second;
  if (progress.cells.size() <= static_cast<std::size_t>(position))
    progress.cells.resize(static_cast<std::size_t>(position) + 1);
  Cell& cell = progress.cells[static_cast<std::size_t>(position)];
  if (cell.is_there[model]) return;
  cell.is_there[model] = true;
  cell.is_missing = cell.is_missing || !outcome.is_scored();
  cell.score[model] = static_cast<float>(outcome.is_scored() ? outcome.score : 0);
  advance(progress);
}

void EarlyStop::advance(Progress& progress) {
  while (static_cast<std::size_t>(progress.frontier) < progress.cells.size()) {
    const Cell& cell = progress.cells[static_cast<std::size_t>(progress.frontier)];
    if (!cell.is_there[0] || !cell.is_there[1]) return;
    ++progress.frontier;
    // What arrives after the decision changes nothing.
    if (cell.is_missing || progress.state.leader) continue;
    const double difference =
        static_cast<double>(cell.score[0]) - static_cast<double>(cell.score[1]);
    StopState& state = progress.state;
    ++state.seen;
    state.counts.wins += difference > 0;
    state.counts.losses += difference < 0;
    state.counts.zeros += difference == 0;
    progress.is_graded = progress.is_graded || (difference != 0 && std::abs(difference) != 1);
    progress.values.push_back((difference + 1) / 2);
    if (difference != 0 || state.rule == "finite") judge(progress);
  }
}

void EarlyStop::judge(Progress& progress) {
  StopState& state = progress.state;
  if (state.rule == "finite") {
    const std::int64_t step = std::max<std::int64_t>(1, state.items / kFiniteLooks);
    if (state.seen % step != 0 && state.seen != state.items) return;
    // Of graded scores the rule says who wins more items.
    if (const auto leader = finite_suite_leader(state.items, state.counts, state.alpha)) {
      state.leader = *leader == Leader::A ? 0 : 1;
      state.e_value = std::max(state.e_value, 1 / state.alpha);
    }
    return;
  }
  double e = 1;
  bool first_leads = state.counts.wins > state.counts.losses;
  if (!progress.is_graded) {
    e = beta_mixture(state.counts.wins, state.counts.losses, progress.a);
  } else {
    if (progress.values.size() < progress.looked + kGradedStep) return;
    progress.looked = progress.values.size();
    // The binary test may have been looked at before the first graded score came: with half its
    // level for what follows, both together err in at most 1.5 alpha of the suites of this kind.
    const PluginBets bets(progress.values, state.alpha);
    e = bets.e_value(0.5) / 2;
    first_leads = bets.plus(0.5) > bets.minus(0.5);
  }
  state.e_value = std::max(state.e_value, e);
  if (e >= 1 / state.alpha) state.leader = first_leads ? 0 : 1;
}

bool EarlyStop::is_decided(const std::string& suite) const {
  std::lock_guard guard(mutex_);
  const auto found = suites_.find(suite);
  return found != suites_.end() && found->second.state.leader.has_value();
}

std::int64_t EarlyStop::frontier(const std::string& suite) const {
  std::lock_guard guard(mutex_);
  const auto found = suites_.find(suite);
  return found == suites_.end() ? 0 : found->second.frontier;
}

std::vector<StopState> EarlyStop::states() const {
  std::lock_guard guard(mutex_);
  std::vector<StopState> out;
  for (const auto& [name, progress] : suites_) out.push_back(progress.state);
  return out;
}

std::string stop_sentence(const StopState& state, const std::string& first,
                          const std::string& second) {
  if (!state.leader) {
    return fmt::format("{}: open after {} of {} items ({} won by {}, {} by {}).", state.suite,
                       with_commas(state.seen), with_commas(state.items),
                       with_commas(state.counts.wins), first, with_commas(state.counts.losses),
                       second);
  }
  const std::string& leader = *state.leader == 0 ? first : second;
  const double saved =
      100 * (1 - static_cast<double>(state.seen) / static_cast<double>(state.items));
  return fmt::format(
      "{}: {} is ahead, certified after {} of {} items at an error rate of {:g} that "
      "holds at any time; {:.0f} % of the suite was not needed.",
      state.suite, leader, with_commas(state.seen), with_commas(state.items), state.alpha, saved);
}

}  // namespace leitai
