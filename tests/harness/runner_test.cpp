#include "harness/runner.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "harness/budget.h"
#include "harness/core/error.h"
#include "harness/core/random.h"
#include "tests/support/fakes.h"

namespace leitai {
namespace {

using test::answered;
using test::FakeBackend;
using test::FakeSuite;

/// Answers in another order and from another thread: holds requests back until enough wait, then
/// lets them go shuffled.
class ShufflingBackend final : public Backend {
 public:
  explicit ShufflingBackend(Channel<Answer>& answers) : answers_(answers) {
    traits_.identity = "fake/1";
    traits_.default_in_flight = 32;
    worker_ = std::jthread([this](std::stop_token stop) { work(stop); });
  }
  const BackendTraits& traits() const override { return traits_; }
  void prepare(Request& request) const override { request.sent_json = "{}"; }
  void submit(Request request) override {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(request));
    most_ = std::max(most_, waiting_.size());
  }
  void cancel() override {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
  std::size_t most() {
    std::lock_guard lock(mutex_);
    return most_;
  }
  BackendTraits& mutable_traits() { return traits_; }
  std::atomic<bool> is_stuck = false;

 private:
  void work(const std::stop_token& stop) {
    SplitMix64 dice(7);
    while (!stop.stop_requested()) {
      std::optional<Request> one;
      {
        std::lock_guard lock(mutex_);
        if (!waiting_.empty() && (!is_stuck || cancelled_)) {
          const std::size_t at = dice.below(waiting_.size());
          one = std::move(waiting_[at]);
          waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(at));
        }
      }
      if (!one) {
        std::this_thread::yield();
        continue;
      }
      Response response = answered("answer to " + one->question);
      if (cancelled_) {
        response = {};
        response.failure = Failure{FailureKind::Network, "cancelled", {}};
      }
      answers_.push({std::move(*one), std::move(response)});
    }
  }

  Channel<Answer>& answers_;
  BackendTraits traits_;
  std::mutex mutex_;  // guards waiting_ and most_
  std::vector<Request> waiting_;
  std::size_t most_ = 0;
  std::atomic<bool> cancelled_ = false;
  std::jthread worker_;  // last: stops before what it uses goes
};

struct Bench {
  RunConfig config;
  std::vector<std::unique_ptr<Suite>> suites;
  Channel<Answer> answers{64};
  Model model;
  RunParts parts;
  std::map<std::string, std::string> stored;  // "suite/item" -> text
  std::set<std::string> done;

  Bench() {
    model.id = "m";
    suites.push_back(std::make_unique<FakeSuite>("a", 200));
    parts.config = &config;
    parts.answers = &answers;
    parts.suites = suites;
    parts.done = [this](const std::string&, const std::string&) {
      return [this](const Request& r) { return done.contains(r.suite + "/" + r.item); };
    };
    parts.grade = [](const Item& item, const Response& response) {
      Score score;
      score.scorer = "fake@1";
      score.status = response.text.find(item.question) != std::string::npos
                         ? ScoreStatus::Correct
                         : ScoreStatus::Incorrect;
      return std::optional<Score>(score);
    };
    parts.record = [this](std::span<const Recorded> batch) {
      for (const Recorded& one : batch) {
        EXPECT_TRUE(
            stored.emplace(one.request.suite + "/" + one.request.item, one.response.text).second);
        if (one.response.outcome == Outcome::Failed) continue;
        EXPECT_EQ(one.score->status, ScoreStatus::Correct);  // graded against its own item
      }
    };
  }
  RunResult run_with(Backend& backend) {
    parts.competitors = {{&model, &backend}};
    return run(parts);
  }
};

TEST(Runner, EveryAnswerMeetsItsItemWhateverTheOrder) {
  Bench bench;
  ShufflingBackend backend(bench.answers);
  const RunResult result = bench.run_with(backend);
  EXPECT_EQ(result.asked, 200);
  EXPECT_EQ(bench.stored.size(), 200u);
  EXPECT_LE(backend.most(), 32u);
}

TEST(Runner, AsksOnlyWhatHasNoAnswer) {
  Bench bench;
  for (int i = 0; i < 150; ++i) bench.done.insert("a/" + std::to_string(i));
  FakeBackend backend(bench.answers, [](const Request& r) { return answered(r.question); });
  const RunResult result = bench.run_with(backend);
  EXPECT_EQ(result.asked, 50);
  EXPECT_EQ(result.resumed, 150);
  EXPECT_TRUE(bench.stored.contains("a/199"));
}

TEST(Runner, HoldsTheBoundOnRequestsInFlight) {
  Bench bench;
  bench.config.in_flight = 3;
  ShufflingBackend backend(bench.answers);
  bench.run_with(backend);
  EXPECT_LE(backend.most(), 3u);
}

TEST(Runner, StopsAtItsBudgetAndSaysSo) {
  Bench bench;
  BudgetLimits limits;
  limits.run.requests = 17;
  Budget budget(limits);
  bench.parts.budget = &budget;
  FakeBackend backend(bench.answers, [](const Request& r) { return answered(r.question); });
  const RunResult result = bench.run_with(backend);
  EXPECT_EQ(result.asked, 17);
  EXPECT_NE(result.stopped_because.find("17 requests"), std::string::npos);
  EXPECT_EQ(bench.stored.size(), 17u);
}

TEST(Runner, ABudgetThatSufficesIsNoReasonToStop) {
  Bench bench;
  BudgetLimits limits;
  limits.run.requests = 200;
  limits.run.time_s = 3600;
  Budget budget(limits);
  bench.parts.budget = &budget;
  FakeBackend backend(bench.answers, [](const Request& r) { return answered(r.question); });
  const RunResult result = bench.run_with(backend);
  EXPECT_EQ(result.asked, 200);
  EXPECT_EQ(result.stopped_because, "");
}

TEST(Runner, AModelThatUsedUpItsOwnBudgetDoesNotEndTheOther) {
  Bench bench;
  BudgetLimits limits;
  limits.per_model["m"].tokens = 1000;
  Budget budget(limits);
  bench.parts.budget = &budget;
  Model other;
  other.id = "other";
  std::map<std::string, std::int64_t> tokens, answers;
  const auto reply = [](const Request& r) {
    Response out = answered(r.question);
    out.usage.prompt_tokens = 10;
    out.usage.completion_tokens = 5;
    return out;
  };
  FakeBackend first(bench.answers, reply), second(bench.answers, reply);
  bench.parts.record = [&](std::span<const Recorded> batch) {
    for (const Recorded& one : batch) {
      ++answers[one.request.model];
      tokens[one.request.model] +=
          *one.response.usage.prompt_tokens + *one.response.usage.completion_tokens;
    }
  };
  bench.parts.competitors = {{&bench.model, &first}, {&other, &second}};
  const RunResult result = run(bench.parts);
  EXPECT_EQ(answers["other"], 200);
  EXPECT_LE(tokens["m"], 1000);
  EXPECT_GE(tokens["m"], 900) << "what is not needed comes back";
  EXPECT_NE(result.stopped_because.find("1,000 tokens for m is reached"), std::string::npos)
      << result.stopped_because;
}

TEST(Runner, AFullDiskStopsTheRunWithItsMessage) {
  Bench bench;
  bench.parts.record = [&](std::span<const Recorded>) {
    throw Error("store.sqlite: no space left");
  };
  ShufflingBackend backend(bench.answers);
  try {
    bench.run_with(backend);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "store.sqlite: no space left");
  }
}

TEST(Runner, ASecondInterruptGivesUpWhatIsInFlight) {
  Bench bench;
  ShufflingBackend backend(bench.answers);
  backend.is_stuck = true;
  std::atomic<int> asked = 0;
  // The first look sees no interrupt, so that some requests fly; then both at once.
  bench.parts.interrupts = [&] { return asked++ < 5 ? 0 : 2; };
  const RunResult result = bench.run_with(backend);
  EXPECT_TRUE(result.interrupted);
  EXPECT_TRUE(bench.stored.empty());  // what was cancelled is no answer and no failure
}

TEST(Runner, AMistakeInTheMiddleLosesNothingInFlight) {
  Bench bench;
  bench.suites.push_back(std::make_unique<FakeSuite>("b", 5));
  bench.parts.suites = bench.suites;
  bench.parts.done = [](const std::string&, const std::string& suite) -> IsDone {
    if (suite == "b") throw Error("b: cannot be asked");
    return [](const Request&) { return false; };
  };
  ShufflingBackend backend(bench.answers);
  EXPECT_THROW(bench.run_with(backend), Error);
  EXPECT_EQ(bench.stored.size(), 200u);
}

TEST(Runner, ModelsOfOneDeviceRunOneAfterAnother) {
  Bench bench;
  std::vector<std::string> order;
  std::mutex mutex;
  const auto reply = [&](const Request& r) {
    std::lock_guard lock(mutex);
    if (order.empty() || order.back() != r.model) order.push_back(r.model);
    return answered(r.question);
  };
  FakeBackend first(bench.answers, reply), second(bench.answers, reply);
  first.mutable_traits().exclusive = second.mutable_traits().exclusive = "cpu";
  Model other;
  other.id = "n";
  bench.parts.record = [](std::span<const Recorded>) {};
  bench.parts.competitors = {{&bench.model, &first}, {&other, &second}};
  EXPECT_EQ(run(bench.parts).asked, 400);
  EXPECT_EQ(order, (std::vector<std::string>{"m", "n"}));
}

TEST(Runner, ACrashedGraderIsNoWrongAnswer) {
  Bench bench;
  bench.parts.grade = [](const Item&, const Response&) -> std::optional<Score> {
    throw std::runtime_error("boom");
  };
  int infra = 0;
  bench.parts.record = [&](std::span<const Recorded> batch) {
    for (const Recorded& one : batch)
      infra += one.score && one.score->status == ScoreStatus::InfraError && !one.score->score;
  };
  FakeBackend backend(bench.answers, [](const Request& r) { return answered(r.question); });
  bench.run_with(backend);
  EXPECT_EQ(infra, 200);
}

/// Grades that run programs: they come late.
struct LateBench : Bench {
  std::mutex mutex;                  // guards what follows
  std::map<std::string, int> order;  // "item" when its answer is stored, "item score" for its grade
  std::atomic<std::size_t> n_answers = 0;

  LateBench() {
    parts.grades_late = [](const Item&) { return true; };
    parts.record = [this](std::span<const Recorded> batch) {
      std::lock_guard lock(mutex);
      for (const Recorded& one : batch) {
        EXPECT_EQ(one.is_stored, one.score.has_value());
        const std::string name =
            one.request.item + (one.stored_id != 0 ? " before" : "") + (one.score ? " score" : "");
        EXPECT_TRUE(order.emplace(name, static_cast<int>(order.size())).second);
        n_answers += !one.is_stored;
      }
    };
  }
};

TEST(Runner, AnswersThatAreGradedByProgramsAreStoredFirst) {
  LateBench bench;
  const auto grade = bench.parts.grade;
  bench.parts.grade = [&](const Item& item, const Response& response) {
    // No grade before every answer lies in the store.
    while (bench.n_answers < 200) std::this_thread::yield();
    return grade(item, response);
  };
  bench.parts.each_ungraded = [&](const std::function<bool(Recorded)>& visit) {
    for (int i = 0; i < 3; ++i) {  // of an earlier call
      Recorded one;
      one.request.item = std::to_string(i);
      one.response = answered("");
      one.stored_id = i + 1;
      visit(std::move(one));
    }
  };
  FakeBackend backend(bench.answers, [](const Request& r) { return answered(r.question); });
  const RunResult result = bench.run_with(backend);
  EXPECT_EQ(result.ungraded, 0);
  EXPECT_EQ(bench.order.size(), 403u);
  for (int i = 0; i < 200; ++i)
    EXPECT_LT(bench.order.at(std::to_string(i)), bench.order.at(fmt::format("{} score", i)));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bench.order.contains(fmt::format("{} before score", i)));
}

TEST(Runner, AnInterruptLeavesGradesForTheNextCall) {
  LateBench bench;
  std::atomic<int> interrupts = 0, graded = 0;
  std::atomic<bool> is_abandoned = false;
  bench.parts.interrupts = [&] { return interrupts.load(); };
  bench.parts.abandon_grades = [&] { is_abandoned = true; };
  bench.parts.grade = [&](const Item&, const Response&) {
    Score score;
    score.scorer = "fake@1";
    ++graded;
    while (bench.n_answers < 200) std::this_thread::yield();
    interrupts = 2;
    while (!is_abandoned) std::this_thread::yield();
    score.status = ScoreStatus::InfraError;  // the programs were killed
    return std::optional<Score>(score);
  };
  FakeBackend backend(bench.answers, [](const Request& r) { return answered(r.question); });
  const RunResult result = bench.run_with(backend);
  EXPECT_TRUE(result.interrupted);
  EXPECT_LT(graded, 200);
  EXPECT_EQ(result.ungraded, 200);
  EXPECT_EQ(bench.order.size(), 200u);  // every answer, and no grade of a killed program
}

}  // namespace
}  // namespace leitai
