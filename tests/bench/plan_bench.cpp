// A plan of 1,000,000 requests against a trivial backend: memory must stay flat and under 300 MB.
// Arguments: [requests]. First the plan alone, then asked, graded and stored, then resumed with
// nothing to ask.

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <fstream>

#include "harness/core/text.h"
#include "harness/runner.h"
#include "harness/store.h"
#include "tests/support/fakes.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  long total = 0, resident = 0;
  file >> total >> resident;
  return static_cast<double>(resident) * 4096 / 1e6;
}

double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

RunResult ask(Store& store, const RunConfig& config, std::span<const std::unique_ptr<Suite>> suites,
              const Model& model) {
  Channel<Answer> answers(1024);
  test::FakeBackend backend(answers, [](const Request& request) {
    return test::answered("The answer is " + request.item + ".");
  });
  RunParts parts;
  parts.config = &config;
  parts.suites = suites;
  parts.answers = &answers;
  parts.competitors = {{&model, &backend}};
  parts.done = [&](const std::string& m, const std::string& s) -> IsDone {
    return [done = std::make_shared<DoneSet>(store.load_done(m, s))](const Request& r) {
      return done->contains(r);
    };
  };
  parts.grade = [](const Item&, const Response&) {
    Score score;
    score.scorer = "fake@1";
    score.status = ScoreStatus::Correct;
    score.score = 1;
    return std::optional<Score>(score);
  };
  parts.record = [&](std::span<const Recorded> batch) {
    std::vector<AnswerView> views;
    for (const Recorded& one : batch)
      views.push_back({&one.request, &one.response, one.score ? &*one.score : nullptr, &one.item});
    store.record(views);
  };
  return run(parts);
}

int main_with(std::int64_t n) {
  const test::TempDir folder;
  RunConfig config;
  Model model;
  model.id = "fake";
  std::vector<std::unique_ptr<Suite>> suites;
  suites.push_back(std::make_unique<test::FakeSuite>("big", n));
  Channel<Answer> answers(16);
  const test::FakeBackend backend(answers, [](const Request&) { return test::answered(""); });

  auto begin = std::chrono::steady_clock::now();
  PlanCursor cursor(
      config, model, backend, suites,
      [](const std::string&, const std::string&) { return [](const Request&) { return false; }; },
      ItemOrder::Seeded);
  std::int64_t planned = 0;
  double early = 0;
  while (cursor.next()) {
    if (++planned == n / 10) early = resident_mb();
  }
  fmt::print(
      "plan alone          {:>10} requests  {:7.1f} s  {:8.0f} /s   resident {:.0f} MB after a "
      "tenth, {:.0f} MB at the end\n",
      with_commas(planned), seconds_since(begin),
      static_cast<double>(planned) / seconds_since(begin), early, resident_mb());

  for (const char* what : {"asked and stored", "resumed, none asked"}) {
    Store store = Store::create_or_open(folder.path() / "run", "bench");
    begin = std::chrono::steady_clock::now();
    const RunResult result = ask(store, config, suites, model);
    fmt::print("{:<19} {:>10} requests  {:7.1f} s  {:8.0f} /s   peak {:.0f} MB\n", what,
               with_commas(result.asked + result.resumed), seconds_since(begin),
               static_cast<double>(result.asked + result.resumed) / seconds_since(begin),
               peak_mb());
  }
  return peak_mb() < 300 ? 0 : 1;
}

}  // namespace
}  // namespace leitai

int main(int argc, char** argv) {
  return leitai::main_with(argc > 1 ? std::atoll(argv[1]) : 1'000'000);
}
