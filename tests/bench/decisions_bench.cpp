// False alarms of the gate and of early stopping by simulation (fixed seeds), and what early
// stopping saves on recorded answers. Arguments: [runs].

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "backends/replay/recorded_run.h"
#include "harness/compare.h"
#include "harness/core/digest.h"
#include "harness/core/random.h"
#include "harness/early_stop.h"
#include "harness/gate.h"
#include "harness/paired_scores.h"
#include "harness/stats/paired_binary.h"
#include "tests/harness/fake_run.h"
#include "tests/harness/stop_setup.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

int runs = 2000;
bool all_hold = true;

void tell(const std::string& what, int hits, int of, double limit) {
  const double share = static_cast<double>(hits) / of;
  const bool holds = share <= limit + 4 * std::sqrt(limit * (1 - limit) / of);
  all_hold = all_hold && holds;
  fmt::print("  {:74} {:5.2f} % of {:.0f} % allowed{}\n", what, 100 * share, 100 * limit,
             holds ? "" : "   TOO MANY");
}

using test::one_suite;
using test::scored;
using test::two_models;

/// Marks of two models with a share of discordant items and a difference.
struct Draw {
  double p_d, delta;
  std::pair<bool, bool> operator()(SplitMix64& random) const {
    const double u = random.u01();
    if (u < (p_d + delta) / 2) return {true, false};
    if (u < p_d) return {false, true};
    const bool both = random.u01() < 0.7;
    return {both, both};
  }
};

void early_stopping() {
  fmt::print("early stopping, no true difference: ever certified\n");
  for (const auto& [n, p_d] : {std::pair{198, 0.1}, {626, 0.2}, {1319, 0.1}}) {
    const auto suites = one_suite(n);
    int certified = 0, wrong_sign = 0;
    SplitMix64 random(static_cast<std::uint64_t>(n));
    for (int run = 0; run < runs; ++run) {
      EarlyStop sequential(two_models(StopRule::Kind::Sequential), suites),
          finite(two_models(StopRule::Kind::Finite), suites);
      int difference = 0;
      const Draw draw{p_d, 0};
      for (int i = 0; i < n; ++i) {
        const auto [a, b] = draw(random);
        difference += a - b;
        sequential.place(0, "s", i, scored(a));
        sequential.place(1, "s", i, scored(b));
        finite.place(0, "s", i, scored(a));
        finite.place(1, "s", i, scored(b));
      }
      certified += sequential.is_decided("s");
      const auto leader = finite.states()[0].leader;
      wrong_sign += leader && (*leader == 0 ? difference <= 0 : difference >= 0);
    }
    tell(fmt::format("sequential, {} items, {:.0f} % discordant", n, 100 * p_d), certified, runs,
         0.05);
    tell(fmt::format("finite, {} items, {:.0f} % discordant: not the one that ends ahead", n,
                     100 * p_d),
         wrong_sign, runs, 0.05);
  }
}

void gates() {
  fmt::print("gate, margin 3 points\n");
  GateOptions options;
  options.margin = 0.03;
  for (const auto& [n, p_d] : {std::pair{500, 0.04}, {1319, 0.1}}) {
    int passed = 0, alarmed = 0, passed_equal = 0;
    SplitMix64 random(static_cast<std::uint64_t>(n) + 1);
    for (int run = 0; run < runs; ++run) {
      for (const double delta : {-0.03, 0.0}) {
        test::FakeRun answers;
        const Draw draw{p_d, delta};
        std::string base, candidate;
        for (int i = 0; i < n; ++i) {
          const auto [is, was] = draw(random);
          candidate += is ? '1' : '0';
          base += was ? '1' : '0';
        }
        answers.add("a", "s", base);
        answers.add("b", "s", candidate);
        BookSource source;
        source.suites.push_back({"s", "s", "1", "exact@1", "chat", 0});
        ScoreBook book;
        book.add(answers, source, {{"a", "a"}, {"b", "b"}});
        const GateOutcome outcome = gate(book, "a", "b", "", options).checks[0].outcome;
        if (delta < 0) {
          passed += outcome == GateOutcome::Pass;
        } else {
          alarmed += outcome == GateOutcome::Regression;
          passed_equal += outcome == GateOutcome::Pass;
        }
      }
    }
    tell(fmt::format("{} items, {:.0f} % discordant, 3 points worse: passes", n, 100 * p_d), passed,
         runs, 0.05);
    tell(fmt::format("{} items, {:.0f} % discordant, the same: regression", n, 100 * p_d), alarmed,
         runs, 0.05);
    fmt::print("  {:74} {:5.1f} %\n",
               fmt::format("{} items, {:.0f} % discordant, the same: passes (power)", n, 100 * p_d),
               100.0 * passed_equal / runs);
  }
}

void recorded() {
  if (test::shared_dir().empty() || !std::filesystem::exists(test::shared_dir() / "recorded")) {
    fmt::print("recorded answers: skipped, ../shared/recorded is not there\n");
    return;
  }
  RecordedRun run;
  for (const char* folder : {"ifeval-8-models", "deepseek-v3-vs-qwen25", "gsm8k"})
    for (const auto& entry :
         std::filesystem::directory_iterator(test::shared_dir() / "recorded" / folder))
      if (entry.path().extension() == ".jsonl") run.add(entry.path().string(), "");
  BookSource source;
  source.name = "recorded";
  for (const std::string& suite : run.suites())
    source.suites.push_back({suite, "recorded", "", run.scorer(suite), "chat", 0});
  std::map<std::string, std::string> columns;
  for (const std::string& model : run.models()) columns[model] = model;
  ScoreBook book;
  book.add(run, source, columns);
  fmt::print(
      "recorded answers with published grades, 20 orders each: what was seen until certified\n"
      "  {:12} {:36} {:36} {:>6} {:>8} {:>11} {:>9} {:>11}\n",
      "suite", "A", "B", "items", "A - B", "sequential", "finite", "same sign");
  for (std::size_t i = 0; i < book.columns().size(); ++i) {
    for (std::size_t j = i + 1; j < book.columns().size(); ++j) {
      std::map<std::uint32_t, std::vector<ScorePair>> by_suite;
      for (const ScorePair& pair : paired_scores(book, book.columns()[i], book.columns()[j]).pairs)
        by_suite[pair.suite].push_back(pair);
      for (auto& [suite, pairs] : by_suite) {
        const auto suites = one_suite(static_cast<std::int64_t>(pairs.size()));
        std::int64_t won = 0, lost = 0;
        for (const ScorePair& pair : pairs) won += pair.a > pair.b, lost += pair.a < pair.b;
        double seen[2] = {0, 0};
        int decided = 0, agree = 0;
        for (std::uint64_t order = 1; order <= 20; ++order) {
          SplitMix64 random(order);
          for (std::size_t k = pairs.size(); k > 1; --k)
            std::swap(pairs[k - 1], pairs[random.below(k)]);
          int rule = 0;
          for (const auto kind : {StopRule::Kind::Sequential, StopRule::Kind::Finite}) {
            EarlyStop stop(two_models(kind), suites);
            for (std::size_t k = 0; k < pairs.size() && !stop.is_decided("s"); ++k) {
              stop.place(0, "s", static_cast<std::int64_t>(k), scored(pairs[k].a));
              stop.place(1, "s", static_cast<std::int64_t>(k), scored(pairs[k].b));
            }
            const StopState state = stop.states()[0];
            seen[rule++] += static_cast<double>(state.seen) / static_cast<double>(state.items) / 20;
            if (state.leader) {
              ++decided;
              agree += *state.leader == 0 ? won > lost : lost > won;
            }
          }
        }
        const double p = mcnemar_midp(won, lost);
        fmt::print("  {:12} {:36.36} {:36.36} {:6} {:+7.1f}{} {:9.0f} % {:7.0f} % {:5} of {}\n",
                   book.suites()[suite].name, book.columns()[i].model.id,
                   book.columns()[j].model.id, pairs.size(),
                   100 * static_cast<double>(won - lost) / static_cast<double>(pairs.size()),
                   p < 0.05 ? "*" : " ", 100 * seen[0], 100 * seen[1], agree, decided);
      }
    }
  }
  fmt::print("  * p < .05 on all items\n");
}

}  // namespace
}  // namespace leitai

int main(int argc, char** argv) {
  if (argc > 1) leitai::runs = std::max(100, std::atoi(argv[1]));
  leitai::early_stopping();
  leitai::gates();
  leitai::recorded();
  return leitai::all_hold ? 0 : 1;
}
