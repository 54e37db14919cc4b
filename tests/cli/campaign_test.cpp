// The real program against services that do everything wrong that providers.md 7 and 10 know,
// killed and resumed: each request ends as the tables say, none is lost, none stored or asked
// twice.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "harness/core/random.h"
#include "harness/core/text.h"
#include "harness/store.h"
#include "tests/support/fault_script.h"
#include "tests/support/program.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::FaultScript;
using test::WireReply;
using test::WireRequest;
using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kSeed = 20261127;
constexpr int kAttempts = 6;
const char* const kLanes[] = {"deepseek", "zhipu", "minimax", "stepfun", "anthropic"};
constexpr const char* kPoor = "zai";  // has no money until somebody tops it up
constexpr int kPoorFrom = 30;

/// Lane and number of the item.
using Key = std::pair<std::string, int>;

/// All vendors, each at its own address, with one log of what they were asked.
class Services {
 public:
  explicit Services(int items) : items_(items) {
    for (const char* lane : kLanes) {
      for (int i = 0; i < items; ++i)
        scripts_[{lane, i}] = test::fault_script(test::vendors().at(lane), i, kSeed);
    }
    for (int i = 0; i < items; ++i)
      scripts_[{kPoor, i}] = {{{"stream", false}}, "answered", test::fault_text(i), true};
    for (const auto& [key, script] : scripts_) {
      std::unique_ptr<test::WireServer>& server = servers_[key.first];
      if (!server)
        server = std::make_unique<test::WireServer>(
            [this](const WireRequest& request) { return answer(request); });
    }
  }

  const std::map<Key, FaultScript>& scripts() const { return scripts_; }
  std::string url(const std::string& lane) const { return servers_.at(lane)->url() + "/" + lane; }
  int items() const { return items_; }

  void top_up() { has_money_ = true; }

  /// From now on another call of the program asks; what is stored must not be asked.
  void begin_call(std::set<Key> stored) {
    std::lock_guard lock(mutex_);
    stored_ = std::move(stored);
    of_call_.clear();
    delivered_.clear();
  }

  /// Keepable answers that were under way to the client before `when`.
  std::set<Key> delivered_before(Clock::time_point when) const {
    std::lock_guard lock(mutex_);
    std::set<Key> out;
    for (const auto& [key, at] : delivered_) {
      if (at < when) out.insert(key);
    }
    return out;
  }

  /// Requests of this call, by item, without those that libcurl repeated by itself.
  std::map<Key, int> asked() const {
    std::lock_guard lock(mutex_);
    return of_call_;
  }
  std::vector<std::string> mistakes() const {
    std::lock_guard lock(mutex_);
    return mistakes_;
  }
  std::map<std::string, int> steps() const {
    std::lock_guard lock(mutex_);
    return steps_;
  }
  int refused_for_money() const {
    std::lock_guard lock(mutex_);
    return refused_;
  }

 private:
  WireReply answer(const WireRequest& request) {
    const std::string lane = request.target.substr(1, request.target.find('/', 1) - 1);
    const Json body = Json::parse(request.body);
    const std::string said = body["messages"].back()["content"];
    const int number = static_cast<int>(parse_int(said.substr(5, said.find(':') - 5)).value_or(-1));
    const Key key{lane, number};
    const test::VendorFacts& facts = test::vendors().at(lane);
    std::lock_guard lock(mutex_);
    const auto script = scripts_.find(key);
    if (script == scripts_.end()) {
      mistakes_.push_back("unknown request: " + said);
      return test::reply_of(404, "");
    }
    if (stored_.contains(key)) mistakes_.push_back(fmt::format("{} {} was stored", lane, number));
    if (lane == kPoor && !has_money_ && ++paid_ > kPoorFrom) {
      ++refused_;
      ++of_call_[key];
      return test::reply_of(429, R"({"error":{"code":"1113","message":"arrears"}})");
    }
    const std::vector<test::FaultStep>& steps = script->second.steps;
    const std::size_t attempt = static_cast<std::size_t>(attempts_[key]++);
    const test::FaultStep& step = steps[std::min(attempt, steps.size() - 1)];
    if (!step.is_silent) ++of_call_[key];
    ++steps_[step.name];
    if (attempt + 1 >= steps.size() && script->second.is_kept) delivered_[key] = Clock::now();
    return test::fault_reply(facts, step, number, kSeed + attempt);
  }

  const int items_;
  std::map<Key, FaultScript> scripts_;
  std::atomic<bool> has_money_{false};
  mutable std::mutex mutex_;  // guards all below
  std::set<Key> stored_;
  std::map<Key, int> attempts_, of_call_;
  std::map<Key, Clock::time_point> delivered_;
  std::map<std::string, int> steps_;
  std::vector<std::string> mistakes_;
  int paid_ = 0, refused_ = 0;
  std::map<std::string, std::unique_ptr<test::WireServer>> servers_;
};

class Campaign : public ::testing::Test {
 protected:
  void prepare(const Services& services) {
    std::string questions;
    for (int i = 0; i < services.items(); ++i)
      questions += Json{{"id", std::to_string(i)},
                        {"question", fmt::format("Item {}: what is {} + {}?", i, i, i)},
                        {"answer", 2 * i}}
                       .dump() +
                   "\n";
    test::write_text(folder_ / "q.jsonl", questions);
    std::string config = "name: storm\nmodels:\n";
    const auto add = [&](const std::string& lane) {
      config +=
          fmt::format("  - {0}: {{model: \"{0}/{1},base_url={2}\"}}\n", lane,
                      test::vendors().at(lane)["model"].get<std::string>(), services.url(lane));
    };
    for (const char* lane : kLanes) add(lane);
    add(kPoor);
    config += fmt::format(
        "suites:\n  - q.jsonl\nlimits: {{in_flight: 96}}\nretry: {{attempts: {}, max_wait: 0.4s}}\n"
        "timeouts: {{first_byte: 0.4s, idle: 0.4s, total: 20s}}\nallow_failures: 100\n",
        kAttempts);
    test::write_text(folder_ / "storm.yaml", config);
  }

  test::CallOptions here() const {
    test::CallOptions out;
    out.folder = folder_.path();
    out.environment = {{"LEITAI_HOME", (folder_ / "home").string()}, {"NO_COLOR", "1"}};
    return out;
  }

  /// Rows of the export by model and item; a second row of an item is a failure of the test.
  std::map<Key, Json> exported() const {
    std::map<Key, Json> out;
    if (!Store::exists(folder_ / "runs/storm")) return out;
    std::istringstream lines(test::call({"export", "runs/storm", "-f", "answers"}, here()).out);
    for (std::string line; std::getline(lines, line);) {
      Json row = Json::parse(line);
      const Key key{row["model"], std::stoi(row["item"].get<std::string>())};
      EXPECT_FALSE(out.contains(key)) << "stored twice: " << line;
      out[key] = std::move(row);
    }
    return out;
  }

  static std::set<Key> kept(const std::map<Key, Json>& rows) {
    std::set<Key> out;
    for (const auto& [key, row] : rows) {
      if (row["outcome"] != "failed") out.insert(key);
    }
    return out;
  }

  /// One call of the program that is killed after `limit`; false if it ended before.
  bool killed(Services& services, std::chrono::milliseconds limit) {
    const std::set<Key> before = kept(exported());
    services.begin_call(before);
    const pid_t pid = test::start({"run", "storm.yaml"}, here());
    if (test::wait_for(pid, limit)) return false;
    const auto at = Clock::now();
    kill(-pid, SIGKILL);
    test::wait_for(pid, std::chrono::seconds(10));
    const std::set<Key> after = kept(exported());
    EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end()))
        << "stored answers are gone";
    const std::set<Key> due = services.delivered_before(at - std::chrono::milliseconds(1500));
    EXPECT_TRUE(std::includes(after.begin(), after.end(), due.begin(), due.end()))
        << "an answer that came 1.5 s before the kill is not stored";
    check_attempts(services);
    return true;
  }

  static void check_attempts(const Services& services) {
    for (const auto& [key, n] : services.asked())
      EXPECT_LE(n, kAttempts) << key.first << " " << key.second;
  }

  const test::TempDir folder_;
};

std::string outcome_of(const Json& row) {
  const std::string out = row["outcome"];
  return out == "failed" ? fmt::format("failed({})", row["kind"].get<std::string>()) : out;
}

TEST_F(Campaign, EveryRequestEndsAsTheTablesSayThroughFaultsAndKills) {
  const bool is_full = std::getenv("LEITAI_FULL") != nullptr;
  Services services(is_full ? 1667 : 167);  // of six models: 10,000 and 1,000 requests
  prepare(services);
  SplitMix64 dice(kSeed);
  int kills = 0;
  for (int round = 0; round < (is_full ? 40 : 6); ++round)
    kills += killed(services, std::chrono::milliseconds(150 + dice.below(1800)));
  EXPECT_GT(kills, 2);

  services.begin_call(kept(exported()));
  test::Ran ran = test::call({"run", "storm.yaml"}, here());
  EXPECT_EQ(ran.code, 0) << ran.err;
  check_attempts(services);
  std::map<Key, Json> rows = exported();
  EXPECT_GT(services.refused_for_money(), 0);
  int poor = 0;
  for (const auto& [key, row] : rows) poor += outcome_of(row) == "failed(balance)";
  EXPECT_GT(poor, 0);
  // The breaker: of one call, at most what was in flight is refused.
  EXPECT_LE(services.refused_for_money(), 24 * (kills + 2));

  services.top_up();
  services.begin_call(kept(rows));
  ran = test::call({"run", "storm.yaml"}, here());
  EXPECT_EQ(ran.code, 0) << ran.err;
  check_attempts(services);
  rows = exported();
  std::map<std::string, int> outcomes;
  for (const auto& [key, script] : services.scripts()) {
    ASSERT_TRUE(rows.contains(key)) << "lost: " << key.first << " " << key.second;
    const Json& row = rows[key];
    EXPECT_EQ(outcome_of(row), script.outcome)
        << key.first << " " << key.second << " " << script.steps.back().name << " " << row.dump();
    EXPECT_TRUE(script.outcome == "filtered" || row["text"] == script.text) << row.dump();
    EXPECT_LE(row["attempts"], kAttempts);
    ++outcomes[script.outcome];
  }
  EXPECT_EQ(rows.size(), services.scripts().size());
  EXPECT_EQ(Store::open_read(folder_ / "runs/storm").size(),
            static_cast<std::int64_t>(rows.size()));

  // Once more: only what failed is asked, however often it fails.
  services.begin_call(kept(rows));
  EXPECT_EQ(test::call({"run", "storm.yaml"}, here()).code, 0);
  for (const auto& [key, n] : services.asked())
    EXPECT_FALSE(services.scripts().at(key).is_kept) << key.first << " " << key.second;
  EXPECT_EQ(exported().size(), rows.size());

  const std::vector<std::string> mistakes = services.mistakes();
  EXPECT_TRUE(mistakes.empty()) << mistakes.size() << " requests: " << mistakes[0];
  for (const auto& [name, n] : services.steps()) RecordProperty("step " + name, n);
  for (const char* name : {"answered", "truncated", "filtered", "empty", "failed(request)"})
    EXPECT_GT(outcomes[name], 0) << name;
  EXPECT_GE(services.steps().size(), 40u);  // kinds of answers that the services gave
  test::count_compared(fmt::format("requests to faulty services, {} kills", kills),
                       static_cast<std::int64_t>(rows.size()));
}

}  // namespace
}  // namespace leitai
