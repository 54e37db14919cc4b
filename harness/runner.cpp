#include "harness/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "harness/budget.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/early_stop.h"
#include "harness/event_log.h"
#include "harness/grading_line.h"

namespace leitai {

namespace {

using Clock = std::chrono::steady_clock;

// Of one transaction: answers at most, and the time to wait for more. Larger ones write fewer pages
// and synchronise less often; what a crash can lose is what arrived within that time.
constexpr std::size_t kBatch = 1024;
constexpr auto kGather = std::chrono::milliseconds(40);
constexpr auto kPatience =
    std::chrono::seconds(30);  // for what is in flight after the first Ctrl-C

/// The counts that a model's line of the progress shows.
struct Counts {
  std::int64_t answered = 0, cut_off = 0, refused = 0, failed = 0, retries = 0;
  std::map<std::string, double> spent;
};

class Runner {
 public:
  explicit Runner(const RunParts& parts)
      : parts_(parts),
        grading_(
            parts,
            [this](const Recorded& one) {
              if (parts_.stop) place_for_stop(one);
            },
            [this](const std::string& why) { fail(why); }) {
    for (const RunParts::Competitor& one : parts.competitors) {
      Lane lane;
      lane.model = one.model;
      lane.backend = one.backend;
      lane.cursor =
          std::make_unique<PlanCursor>(*parts.config, *one.model, *one.backend, parts.suites,
                                       parts.done, ItemOrder::Seeded, decided());
      lane.total = plan_size(*parts.config, parts.suites);
      const RunConfig& config = *parts.config;
      const BackendTraits& traits = one.backend->traits();
      lane.bound = config.in_flight.value_or(traits.default_in_flight);
      if (const auto own = config.in_flight_of.find(one.model->id);
          own != config.in_flight_of.end())
        lane.bound = own->second;
      lane.bound = std::clamp(lane.bound, 1, traits.max_in_flight);
      result_.planned += lane.total;
      lanes_.push_back(std::move(lane));
    }
    for (const RunParts::Competitor& one : parts.competitors)
      if (parts.budget && one.backend->traits().is_price_unknown)
        parts.budget->refuse_unknown_price(one.model->id);
    if (parts.budget) money_at_start_ = parts.budget->money_left();
  }

  RunResult operator()() {
    std::vector<std::jthread> threads;
    threads.emplace_back([this] { collect(); });
    grading_.start();
    threads.emplace_back([this] { write(); });
    std::exception_ptr trouble;
    try {
      dispatch();
    } catch (...) {
      trouble = std::current_exception();
    }
    // Answers still in flight after a hard stop are given up: the collector drops what arrives from
    // here on.
    parts_.answers->close();
    while (!grading_.is_over()) {  // programs may go on for minutes
      update_progress(false);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    grading_.join();
    threads.clear();
    result_.ungraded = grading_.ungraded();
    result_.interrupted = result_.interrupted || result_.ungraded > 0;
    tell();
    update_progress(true);
    if (trouble) std::rethrow_exception(trouble);
    if (!fatal_.empty()) throw Error(fatal_);
    for (const Lane& lane : lanes_) {
      result_.resumed += lane.cursor->skipped();
      if (lane.begun && lane.last > *lane.begun)
        result_.asking_s_of[lane.model->id] = seconds_between(*lane.begun, lane.last);
    }
    return result_;
  }

 private:
  struct Lane {
    const Model* model = nullptr;
    Backend* backend = nullptr;
    std::unique_ptr<PlanCursor> cursor;
    std::int64_t total = 0;
    int bound = 1;
    std::optional<Planned> held;             // which the budget has no room for at the moment
    Spending set_aside;                      // for the request that is being sent
    std::string why_stopped;                 // nothing more fits into the budget
    std::optional<Clock::time_point> begun;  // its first request of this call
    Clock::time_point last;                  // its newest answer; guarded by mutex_
    int in_flight = 0;                       // guarded by mutex_
    Counts counts;                           // guarded by mutex_
    std::deque<std::pair<Clock::time_point, std::int64_t>>
        recent;  // generated tokens of the last 30 s; guarded by mutex_
    bool is_idle() const { return cursor->is_finished() && !held && in_flight == 0; }
  };

  SuiteDecided decided() const {
    if (!parts_.stop) return {};
    return [stop = parts_.stop](const std::string& suite) { return stop->is_decided(suite); };
  }

  /// With early stopping a model does not run far ahead of the other: what lies behind the decision
  /// would be asked in vain. Models that take turns on one device cannot wait for each other.
  bool may_go_on(const Lane& lane) const {
    if (!parts_.stop || !lane.backend->traits().exclusive.empty()) return true;
    const auto place = lane.cursor->place();
    return !place || place->second < parts_.stop->frontier(place->first) + 2 * lane.bound;
  }

  /// Takes a graded answer into the comparison once all samples of its item are there.
  void place_for_stop(const Recorded& one) {
    std::lock_guard lock(mutex_);
    const std::size_t lane = lane_of(one.request.model);
    auto [at, is_new] = folds_.try_emplace(std::tuple(lane, one.request.suite, one.position),
                                           SampleFold(Reducer{}), 0);
    auto& [fold, samples] = at->second;
    fold.add(one.response, one.score, !one.item.grading.scorer.empty());
    if (++samples < parts_.config->samples) return;
    parts_.stop->place(lane, one.request.suite, one.position, fold.finish());
    folds_.erase(at);
  }

  std::size_t lane_of(const std::string& model) const {
    for (std::size_t i = 0; i < lanes_.size(); ++i)
      if (lanes_[i].model->id == model) return i;
    return 0;
  }

  /// Sends requests as room appears until all is asked or something stops the run. Runs on the
  /// caller's thread.
  void dispatch() {
    started_ = Clock::now();
    std::optional<Clock::time_point> stopping_since;
    bool cancelled = false;
    std::exception_ptr trouble;
    for (;;) {
      const int interrupts = parts_.interrupts ? parts_.interrupts() : 0;
      const bool broken = has_failed();
      if (!stopping_since && (interrupts > 0 || broken || is_time_over())) {
        stopping_since = Clock::now();
        result_.interrupted = interrupts > 0;
        is_stopping_ = !broken;
        drain();
        if (parts_.progress && !broken) {
          parts_.progress->event(fmt::format("stopping, {} answers still arriving", in_flight()));
        }
      }
      bool sent = false;
      try {
        if (!stopping_since) sent = send_some();
      } catch (const Error&) {  // what is in flight is waited for and stored before it is told
        trouble = std::current_exception();
        stopping_since = Clock::now();
        drain();
      }
      std::unique_lock lock(mutex_);
      const bool idle = std::all_of(lanes_.begin(), lanes_.end(), [&](const Lane& lane) {
        return lane.in_flight == 0 && (stopping_since || !lane.why_stopped.empty() ||
                                       (lane.cursor->is_finished() && !lane.held));
      });
      if (idle) break;
      if (stopping_since && !cancelled &&
          (interrupts > 1 || broken || Clock::now() - *stopping_since > kPatience)) {
        cancelled = true;
        cancelled_ = true;
        result_.interrupted = result_.interrupted || interrupts > 0;
        lock.unlock();
        for (Lane& lane : lanes_) lane.backend->cancel();
        lock.lock();
        stopping_since = Clock::now() - kPatience;
      }
      if (cancelled && Clock::now() - *stopping_since > kPatience + std::chrono::seconds(2)) break;
      if (!sent) room_.wait_for(lock, std::chrono::milliseconds(50));
      lock.unlock();
      tell();
      update_progress(false);
    }
    result_.asking_s = seconds_between(started_, Clock::now());
    if (trouble) std::rethrow_exception(trouble);
    if (!result_.interrupted && !has_failed()) judge_budgets(cancelled);
  }

  /// Nothing more is sent; what is on its way may arrive.
  void drain() {
    {
      std::lock_guard lock(mutex_);
      draining_ = true;
    }
    for (Lane& lane : lanes_) lane.backend->drain();
  }

  static double seconds_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  }

  std::string why_time_over() const {
    return parts_.budget ? parts_.budget->why_time("", seconds_between(started_, Clock::now()))
                         : "";
  }

  bool is_time_over() const { return !why_time_over().empty(); }

  /// Says which budget ended the run, if one did: only where something is left to ask.
  void judge_budgets(bool gave_up) {
    std::vector<std::string> reasons;
    for (const Lane& lane : lanes_)
      if (!lane.why_stopped.empty() &&
          std::find(reasons.begin(), reasons.end(), lane.why_stopped) == reasons.end())
        reasons.push_back(lane.why_stopped);
    result_.stopped_because = fmt::format("{}", fmt::join(reasons, "; "));
    if (!reasons.empty() || !is_time_over()) return;
    const bool more = gave_up || std::any_of(lanes_.begin(), lanes_.end(), [](Lane& lane) {
                        return lane.held || lane.cursor->next().has_value();
                      });
    if (more) result_.stopped_because = why_time_over();
  }

  /// Ends a model whose own time is over, if it has anything left to ask.
  void judge_time_of(Lane& lane) {
    if (!parts_.budget || !lane.why_stopped.empty()) return;
    std::string why = parts_.budget->why_time(
        lane.model->id, lane.begun ? seconds_between(*lane.begun, Clock::now()) : 0);
    if (why.empty()) return;
    if (!lane.held) lane.held = lane.cursor->next();
    if (lane.held) lane.why_stopped = std::move(why);
  }

  /// Models that share a device run one after another: only the first unfinished of each group
  /// sends.
  /// Of those that may send, the one with the fewest requests in flight is next, so that none
  /// takes all the places of the run.
  bool send_some() {
    bool sent = false;
    std::set<std::string> busy;
    std::vector<Lane*> open;
    for (Lane& lane : lanes_) {
      const std::string& group = lane.backend->traits().exclusive;
      {
        std::lock_guard lock(mutex_);
        if (lane.is_idle()) continue;
      }
      if (!group.empty() && !busy.insert(group).second) continue;
      judge_time_of(lane);
      open.push_back(&lane);
    }
    for (std::size_t n = 64 * open.size(); n > 0 && !open.empty(); --n) {
      const auto next = idlest(open);
      Lane& lane = **next;
      const auto close = [&] { open.erase(next); };
      if (!has_room(lane) || !may_go_on(lane)) {
        close();
        continue;
      }
      std::optional<Planned> planned = std::exchange(lane.held, std::nullopt);
      if (!planned) planned = lane.cursor->next(2000);
      if (!planned) {
        sent = sent || !lane.cursor->is_finished();
        close();
        continue;
      }
      if (!afford(lane, *planned)) {
        lane.held = std::move(planned);  // until what is in flight is settled
        close();
        continue;
      }
      sent = true;
      submit(lane, std::move(*planned));
    }
    return sent;
  }

  std::vector<Lane*>::iterator idlest(std::vector<Lane*>& lanes) {
    if (lanes.size() == 1) return lanes.begin();
    std::lock_guard lock(mutex_);
    return std::min_element(lanes.begin(), lanes.end(), [](const Lane* a, const Lane* b) {
      return a->in_flight < b->in_flight;
    });
  }

  /// Sets aside what a request may take. False where it does not fit: for good if nothing in flight
  /// can give back what is missing.
  bool afford(Lane& lane, const Planned& planned) {
    if (!parts_.budget) return true;
    const std::string& model = planned.request.model;
    const auto tokens = lane.backend->tokens_at_most(planned.request);
    lane.set_aside = tokens
                         ? Spending{1, tokens->all(), lane.backend->price_at_most(planned.request)}
                         : Spending{0, 0, {}};
    if (lane.backend->traits().is_price_told) lane.set_aside.is_charged = true;
    const Spending& most = lane.set_aside;
    if (most.money) parts_.budget->check_currency(model, most.money->currency);
    if (parts_.budget->reserve(model, most)) return true;
    if (parts_.budget->is_exhausted(model, most) && lane.why_stopped.empty())
      lane.why_stopped = parts_.budget->why(model, most);
    return false;
  }

  /// What an answer took. Where the service does not tell, all that was set aside counts.
  static Spending spent_on(const Response& response, const Spending& set_aside) {
    if (response.attempts == 0) return {0, 0, {}};  // nobody was asked
    const Usage& usage = response.usage;
    const bool is_told = usage.prompt_tokens || usage.completion_tokens;
    const bool has_failed = response.outcome == Outcome::Failed;
    Spending out{1, usage.prompt_tokens.value_or(0) + usage.completion_tokens.value_or(0),
                 response.price};
    if (!is_told && !has_failed) out.tokens = set_aside.tokens;
    if (!out.money && !has_failed) out.money = set_aside.money;
    return out;
  }

  bool has_room(const Lane& lane) {
    if (!lane.why_stopped.empty()) return false;
    std::lock_guard lock(mutex_);
    if (lane.in_flight >= lane.bound) return false;
    return !parts_.config->in_flight ||
           flying_.size() < static_cast<std::size_t>(*parts_.config->in_flight);
  }

  void submit(Lane& lane, Planned planned) {
    if (!lane.begun) lane.begun = Clock::now();
    Request request = std::move(planned.request);
    request.id = ++submitted_;
    if (parts_.config->total_timeout_s) {
      request.time_limit = std::chrono::milliseconds(
          static_cast<std::int64_t>(*parts_.config->total_timeout_s * 1000));
    }
    {
      std::lock_guard lock(mutex_);
      flying_.emplace(request.id, Flying{static_cast<std::size_t>(&lane - lanes_.data()),
                                         std::move(planned.item), planned.position,
                                         std::exchange(lane.set_aside, Spending{})});
      ++lane.in_flight;
    }
    lane.backend->submit(std::move(request));
  }

  /// Takes finished answers, frees their room and hands them to the graders.
  void collect() {
    while (std::optional<Answer> answer = parts_.answers->pop()) {
      Recorded recorded;
      {
        std::lock_guard lock(mutex_);
        const auto found = flying_.find(answer->request.id);
        if (found == flying_.end()) continue;
        Lane& lane = lanes_[found->second.lane];
        recorded.item = std::move(found->second.item);
        recorded.position = found->second.position;
        if (parts_.budget) settle(*answer, found->second.set_aside);
        lane.last = Clock::now();
        flying_.erase(found);
        --lane.in_flight;
        // What was paid for is kept, whatever became of it.
        const bool given_up = answer->response.outcome == Outcome::Failed &&
                              !answer->response.price &&
                              (cancelled_ || (draining_ && answer->response.attempts == 0));
        if (!given_up) count(lane, answer->response);
        if (lanes_.size() > 1) tell_of_breaker(lane, answer->response);
        if (given_up) {
          room_.notify_one();
          continue;
        }
      }
      room_.notify_one();
      recorded.request = std::move(answer->request);
      recorded.response = std::move(answer->response);
      grading_.take(std::move(recorded));
    }
    grading_.end();
  }

  /// `mutex_` is held.
  void settle(Answer& answer, Spending set_aside) {
    Response& response = answer.response;
    const Spending spent = spent_on(response, set_aside);
    const bool is_told = response.usage.prompt_tokens || response.usage.completion_tokens;
    if (!is_told && spent.tokens > 0) response.assumed_tokens = spent.tokens;
    if (!response.price) response.assumed_price = spent.money;
    // Repeated attempts that were charged had set aside more (Budget::extend).
    if (response.retry_cost && response.price) {
      if (!set_aside.money) set_aside.money = Price{0, response.price->currency};
      set_aside.money->amount += *response.retry_cost;
    }
    parts_.budget->settle(answer.request.model, set_aside, spent);
  }

  /// A vendor that takes no more requests is told at once, and once: the other models may go on for
  /// hours. `mutex_` is held.
  void tell_of_breaker(const Lane& lane, const Response& response) {
    if (!response.failure) return;
    const FailureKind kind = response.failure->kind;
    if (kind != FailureKind::Auth && kind != FailureKind::Balance && kind != FailureKind::Quota)
      return;
    if (told_.size() > 16 || !told_.insert(response.failure->message).second) return;
    to_tell_.push_back(
        fmt::format("{}: {}: {}", lane.model->id, to_text(kind), response.failure->message));
  }

  void tell() {
    std::vector<std::string> lines;
    {
      std::lock_guard lock(mutex_);
      lines.swap(to_tell_);
    }
    if (!parts_.progress) return;
    for (const std::string& line : lines) parts_.progress->event(line);
  }

  /// `mutex_` is held.
  void count(Lane& lane, const Response& response) {
    Counts& counts = lane.counts;
    ++counts.answered;
    counts.cut_off += response.outcome == Outcome::Truncated;
    counts.refused += response.outcome == Outcome::Filtered;
    counts.failed += response.outcome == Outcome::Failed;
    counts.retries += std::max(0, response.attempts - 1);
    if (response.price) counts.spent[response.price->currency] += response.price->amount;
    if (response.usage.completion_tokens)
      lane.recent.emplace_back(Clock::now(), *response.usage.completion_tokens);
    ++result_.asked;
    result_.failed += response.outcome == Outcome::Failed;
  }

  void write() {
    std::vector<Recorded> batch;
    while (std::optional<Recorded> first = grading_.stored().pop()) {
      batch.clear();
      batch.push_back(std::move(*first));
      const auto until = Clock::now() + kGather;
      while (batch.size() < kBatch) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
        if (left.count() <= 0) break;
        std::optional<Recorded> next = grading_.stored().pop_for(left);
        if (!next) break;
        batch.push_back(std::move(*next));
      }
      if (has_failed()) continue;
      try {
        parts_.record(batch);
        if (parts_.log) log_failures(batch);
      } catch (const std::exception& error) {
        fail(error.what());
      }
    }
  }

  void log_failures(std::span<const Recorded> batch) {
    for (const Recorded& one : batch) {
      if (!one.response.failure) continue;
      parts_.log->write("failed", {{"model", one.request.model},
                                   {"suite", one.request.suite},
                                   {"item", one.request.item},
                                   {"sample", one.request.sample},
                                   {"kind", to_text(one.response.failure->kind)},
                                   {"message", one.response.failure->message}});
    }
  }

  void fail(const std::string& why) {
    std::lock_guard lock(mutex_);
    fatal_ = why;
    room_.notify_all();
  }

  bool has_failed() {
    std::lock_guard lock(mutex_);
    return !fatal_.empty();
  }

  std::size_t in_flight() {
    std::lock_guard lock(mutex_);
    return flying_.size();
  }

  void update_progress(bool last) {
    if (!parts_.progress) return;
    const auto now = Clock::now();
    if (!last && now - shown_ < std::chrono::milliseconds(200)) return;
    shown_ = now;
    ProgressSnapshot snapshot;
    snapshot.title = parts_.config->name;
    snapshot.suites = static_cast<int>(parts_.suites.size());
    snapshot.log = parts_.log_path;
    if (is_stopping_)
      snapshot.stopping = fmt::format("stopping, {} answers still arriving", in_flight());
    snapshot.elapsed_s = std::chrono::duration<double>(now - started_).count();
    if (money_at_start_) snapshot.budget[money_at_start_->currency] = money_at_start_->amount;
    {
      std::lock_guard lock(mutex_);
      for (Lane& lane : lanes_) {
        while (!lane.recent.empty() && now - lane.recent.front().first > std::chrono::seconds(30))
          lane.recent.pop_front();
        std::int64_t tokens = 0;
        for (const auto& [at, n] : lane.recent) tokens += n;
        ProgressModel line;
        line.id = lane.model->id;
        line.resumed = lane.cursor->skipped();
        line.answered = line.resumed + lane.counts.answered;
        line.total = lane.total;
        line.in_flight = lane.in_flight;
        line.tok_s = static_cast<double>(tokens) / std::clamp(snapshot.elapsed_s, 1.0, 30.0);
        line.cut_off = lane.counts.cut_off;
        line.refused = lane.counts.refused;
        line.failed = lane.counts.failed;
        line.retries = lane.counts.retries;
        line.spent = lane.counts.spent;
        line.is_done = lane.is_idle();
        snapshot.models.push_back(std::move(line));
      }
    }
    parts_.progress->update(snapshot);
    if (last) parts_.progress->finish();
  }

  struct Flying {
    std::size_t lane;
    Item item;
    std::int64_t position;
    Spending set_aside;  // of the budget
  };

  const RunParts& parts_;
  std::optional<Price> money_at_start_;  // of the budget, for this call
  std::vector<Lane> lanes_;              // fixed after construction; members guarded as marked
  std::int64_t submitted_ = 0;           // dispatch thread only
  Clock::time_point started_ = Clock::now();
  Clock::time_point shown_{};
  bool is_stopping_ = false;  // dispatch thread only
  GradingLine grading_;
  std::mutex mutex_;  // guards flying_, fatal_, cancelled_, draining_, result_ counts and the
                      // marked members of lanes
  std::condition_variable room_;
  std::unordered_map<std::int64_t, Flying> flying_;
  std::map<std::tuple<std::size_t, std::string, std::int64_t>, std::pair<SampleFold, int>>
      folds_;  // items whose samples are arriving, for early stopping; guarded by mutex_
  std::set<std::string> told_;        // messages of breakers; guarded by mutex_
  std::vector<std::string> to_tell_;  // of these, not shown yet; guarded by mutex_
  std::string fatal_;
  bool cancelled_ = false;
  bool draining_ = false;
  RunResult result_;
};

}  // namespace

RunResult run(const RunParts& parts) { return Runner(parts)(); }

}  // namespace leitai
