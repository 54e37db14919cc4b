#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "harness/core/codec.h"
#include "harness/core/random.h"
#include "harness/store.h"

/// Figures of the store: responses a second into it, one item out of it. bench_store [RESPONSES
/// [BATCH [FOLDER]]]
namespace {

using namespace leitai;
using Clock = std::chrono::steady_clock;

struct Asked {
  Request request;
  Response response;
  Score score;
  Item item;
};

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

/// A small word problem of about 300 bytes and an answer of about 150, in an order that is random
/// to the index.
Asked made(std::int64_t n, std::int64_t total) {
  Asked out;
  const auto number = static_cast<std::int64_t>(SplitMix64::at(1, static_cast<std::uint64_t>(n)) %
                                                static_cast<std::uint64_t>(total)) *
                          total +
                      n;
  out.item.suite = "house/ledger/en";
  out.item.id = std::to_string(number);
  out.item.question = fmt::format(
      "Mara has {} coins. She buys {} loaves at {} coins each, sells {} jars of honey at {} coins "
      "each and lends her brother a third of what is "
      "left. The next day he pays back {} coins. How many coins does Mara have now? End with a "
      "line \"The answer is N.\"",
      n, n % 7, n % 5, n % 11, n % 13, n % 17);
  out.item.prompt.messages = {message(Role::User, out.item.question)};
  out.item.grading = {"numeric", {std::to_string(n % 101)}, ""};
  out.item.language = "en";
  out.item.tags = {"level=1"};
  Request& request = out.request;
  request.model = "bench-model";
  request.suite = out.item.suite;
  request.item = out.item.id;
  request.prompt = out.item.prompt;
  request.wanted.max_tokens = 96;
  request.wanted.temperature = 0;
  request.sent_json = R"({"max_tokens":96,"temperature":0})";
  request.seed = static_cast<std::uint64_t>(n) * 77;
  seal(request, "bench");
  Response& response = out.response;
  response.outcome = Outcome::Answered;
  response.text = fmt::format(
      "She pays {} for the loaves and earns {}; a third of the rest is {}. After the pay-back she "
      "has more.\nThe answer is {}.",
      n % 35, n % 143, n % 71, n % 101);
  response.finish_reason = FinishReason::Stop;
  response.usage = {91, 42, 0, 0};
  response.timing = {212.5, 1903.5, 3.25};
  response.served_model = "bench";
  out.score = {"numeric@1", ScoreStatus::Correct,
               1.0,         std::to_string(n % 101),
               "T3",        std::pair<std::size_t, std::size_t>{80, 82},
               {},          "the last number"};
  return out;
}

void show(const std::filesystem::path& folder, const std::vector<std::string>& ids) {
  std::vector<double> took;
  for (const std::string& id : ids) {
    const auto began = Clock::now();
    const Store store = Store::open_read(folder);  // as `leitai show` does it
    const auto found = store.find("house/ledger/en", id);
    const auto item = store.item("house/ledger/en", id);
    took.push_back(seconds_since(began) * 1000);
    if (found.size() != 1 || !item) std::exit(1);
  }
  std::sort(took.begin(), took.end());
  fmt::print("show one item, store opened anew: median {:.2f} ms, worst {:.2f} ms of {}\n",
             took[took.size() / 2], took.back(), took.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t total = argc > 1 ? std::atoll(argv[1]) : 100000;
  const std::int64_t batch = argc > 2 ? std::atoll(argv[2]) : 1000;
  const std::filesystem::path root =
      argc > 3 ? argv[3] : std::filesystem::temp_directory_path().string();
  const std::filesystem::path folder =
      root / fmt::format("leitai-bench-{}", Clock::now().time_since_epoch().count());
  std::vector<std::string> ids;
  double storing = 0, computing = 0;
  {
    Store store = Store::create_or_open(folder, "bench");
    std::vector<Asked> answers;
    std::vector<AnswerView> views;
    for (std::int64_t n = 0; n < total;) {
      answers.clear();
      views.clear();
      for (; n < total && static_cast<std::int64_t>(answers.size()) < batch; ++n)
        answers.push_back(made(n, total));
      for (const Asked& one : answers)
        views.push_back({&one.request, &one.response, &one.score, &one.item});
      for (std::size_t i = 0; i < answers.size(); i += 977) ids.push_back(answers[i].request.item);
      const auto began = Clock::now();
      const double cpu = cpu_seconds();
      store.record(views);
      storing += seconds_since(began);
      computing += cpu_seconds() - cpu;
    }
    fmt::print(
        "ingest: {} responses with prompt, item and score in {:.2f} s, {} a transaction: {:.0f}/s, "
        "{:.0f} us each, of these {:.0f} us processor time\n",
        total, storing, batch, static_cast<double>(total) / storing,
        storing * 1e6 / static_cast<double>(total), computing * 1e6 / static_cast<double>(total));
  }
  std::uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) bytes += file.file_size();
  fmt::print("size: {:.0f} bytes a response\n",
             static_cast<double>(bytes) / static_cast<double>(total));
  ids.resize(std::min<std::size_t>(ids.size(), 101));
  show(folder, ids);
  const Store store = Store::open_read(folder);
  auto began = Clock::now();
  const std::size_t done = store.load_done("bench-model", "house/ledger/en").size();
  fmt::print("load_done: {} in {:.2f} s\n", done, seconds_since(began));
  began = Clock::now();
  std::int64_t n = 0;
  store.each(Detail::Answers, [&](const Record&) { return ++n > 0; });
  fmt::print("each: {} in {:.2f} s\n", n, seconds_since(began));
  began = Clock::now();
  const std::size_t groups = store.counts().size();
  fmt::print("counts: {} groups in {:.2f} s\n", groups, seconds_since(began));
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM")) fmt::print("peak memory: {}\n", line.substr(6));
  }
  std::filesystem::remove_all(folder);
}
