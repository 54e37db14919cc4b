#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <set>
#include <sstream>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "harness/store.h"
#include "tests/support/program.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::answers;
using test::call;

constexpr int kItems = 4000;  // of each suite

std::int64_t stored(const std::filesystem::path& folder, const std::string& run) {
  const auto path = folder / "runs" / run;
  if (!Store::exists(path)) return 0;
  try {
    return Store::open_read(path).size();
  } catch (const Error& error) {  // killed before its first commit
    EXPECT_NE(std::string(error.what()).find("holds nothing yet"), std::string::npos)
        << error.what();
    return 0;
  }
}

/// SIGKILL at random moments, resumed until it is done: 40 kills, 200 with LEITAI_FULL.
TEST(Crash, NoCountedAnswerIsLostAndNoneIsAskedTwice) {
  const test::TempDir folder;
  SplitMix64 dice(20261127);
  std::istringstream plan(call({"plan", "-s", "house/ledger,house/order", "--requests", "--limit",
                                std::to_string(kItems)},
                               {.folder = folder.path(), .input = {}, .environment = {}})
                              .out);
  std::string recorded;
  int planned = 0;
  for (std::string line; std::getline(plan, line); ++planned) {
    const auto request = nlohmann::json::parse(line);
    recorded += nlohmann::json{{"suite", request["suite"]},
                               {"item", request["item"]},
                               {"text", fmt::format("Answer: {}", dice.below(50))}}
                    .dump() +
                "\n";
  }
  ASSERT_EQ(planned, 2 * kItems);
  test::write_text(folder / "answers.jsonl", recorded);
  const std::vector<std::string> base{"run",
                                      "-m",
                                      "replay:answers.jsonl,as=ghost",
                                      "-s",
                                      "house/ledger,house/order",
                                      "--limit",
                                      std::to_string(kItems),
                                      "--name"};
  const auto with_name = [&](const std::string& name) {
    std::vector<std::string> args = base;
    args.push_back(name);
    return args;
  };
  const test::CallOptions here{.folder = folder.path(), .input = {}, .environment = {}};
  const auto began = std::chrono::steady_clock::now();
  ASSERT_EQ(call(with_name("calm"), here).code, 0);
  const auto calm = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began);
  const std::set<std::string> truth = answers(folder.path(), "calm");
  ASSERT_EQ(truth.size(), static_cast<std::size_t>(planned));

  const int wanted = std::getenv("LEITAI_FULL") ? 200 : 40;
  int kills = 0, finished = 0, grown = 0;
  std::string run = "storm-0";
  for (int round = 0; kills < wanted; ++round) {
    ASSERT_LT(round, 20 * wanted);
    const std::int64_t before = stored(folder.path(), run);
    const pid_t pid = test::start(with_name(run), here);
    const auto limit = std::chrono::milliseconds(
        5 + static_cast<std::int64_t>(dice.below(
                static_cast<std::uint64_t>(std::max<std::int64_t>(calm.count() * 6 / 10, 100)))));
    const auto code = test::wait_for(pid, limit);
    if (code) {
      EXPECT_EQ(*code, 0);
      EXPECT_EQ(answers(folder.path(), run), truth);
      ++finished;
      run = fmt::format("storm-{}", round + 1);
      continue;
    }
    kill(-pid, SIGKILL);
    test::wait_for(pid, std::chrono::seconds(10));
    ++kills;
    const std::int64_t after = stored(folder.path(), run);
    EXPECT_GE(after, before) << "kill " << kills << " of " << run;
    grown += after > before;
  }
  EXPECT_EQ(call(with_name(run), here).code, 0);
  EXPECT_EQ(answers(folder.path(), run), truth);
  EXPECT_EQ(stored(folder.path(), run), planned);
  EXPECT_GT(grown, 0);
  test::count_compared(fmt::format("answers after {} kills, {} finished runs", kills, finished + 1),
                       static_cast<std::int64_t>(truth.size()) * (finished + 1));
}

}  // namespace
}  // namespace leitai
