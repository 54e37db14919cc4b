// The request engine against servers in processes of their own. Arguments: [figures...], of
// throughput, wall, ttft, sse, memory; none: all. LEITAI_FULL=1 asks a million requests for memory
// and more of the others. Each figure stands beside the share of its target.

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "backends/http/attempt_reader.h"
#include "harness/core/codec.h"
#include "harness/core/text.h"
#include "harness/runner.h"
#include "harness/store.h"
#include "suites/grade.h"
#include "tests/bench/http/bare_client.h"
#include "tests/bench/http/servers.h"
#include "tests/support/support.h"

namespace leitai {

extern constinit const BackendFactory http;

namespace {

using Clock = std::chrono::steady_clock;

constexpr double kMostSeconds = 150;  // of one run
constexpr double kMostSecondsFull = 900;

bool is_full() { return std::getenv("LEITAI_FULL") != nullptr; }

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// A field of /proc/self/status in MB.
double memory_mb(std::string_view field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::strtod(line.c_str() + field.size() + 1, nullptr) / 1e3;
  }
  return 0;
}

/// From here on VmHWM is the peak of what follows.
void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

/// Word problems of about 300 bytes that a number answers.
class BenchSuite final : public Suite {
 public:
  explicit BenchSuite(std::int64_t size) {
    info_.name = "bench";
    info_.version = "1";
    info_.family = "reasoning";
    info_.kind = "number";
    info_.size = info_.whole = size;
    info_.params.max_tokens = 256;
    info_.params.temperature = 0;
  }
  const SuiteInfo& info() const override { return info_; }
  Item item(std::int64_t n) const override {
    Item out;
    out.suite = info_.name;
    out.id = std::to_string(n);
    out.question = fmt::format(
        "Mara has {} coins. She buys {} loaves at {} coins each, sells {} jars of honey at {} "
        "coins each and lends her brother a third of what is left. The next day he pays back {} "
        "coins. How many coins does Mara have now? End with a line \"The answer is N.\"",
        n, n % 7, n % 5, n % 11, n % 13, n % 17);
    out.prompt.messages = {message(Role::User, out.question)};
    out.grading = {"numeric", {"42"}, ""};
    out.language = "en";
    return out;
  }

 private:
  SuiteInfo info_;
};

struct Ran {
  RunResult result;
  double wall = 0, cpu = 0;
  std::vector<double> early_mb;        // resident, at each tenth of the answers
  std::vector<double> ttft_errors_ms;  // where the answer told the truth
  std::int64_t correct = 0;
  double total_ms = 0, queued_ms = 0;  // sums over the answers
  double longest_commit_ms = 0;
};

/// The whole path: plan, backend, grade, store.
Ran ask(const std::string& url, std::int64_t n, int in_flight, bool is_stream) {
  const test::TempDir folder;
  setenv("OPENAI_API_KEY", "sk-bench", 1);
  RunConfig config;
  config.in_flight = in_flight;
  config.budget.run.time_s = is_full() ? kMostSecondsFull : kMostSeconds;
  Model model;
  model.id = "bench";
  model.target = "openai@" + url + "/v1/bench";
  if (!is_stream) model.options["stream"] = "off";
  std::vector<std::unique_ptr<Suite>> suites;
  suites.push_back(std::make_unique<BenchSuite>(n));
  Channel<Answer> answers(1024);
  const std::unique_ptr<Backend> backend = http.make_in(model, answers, {});
  Store store = Store::create_or_open(folder / "run", "bench");
  Ran out;
  std::int64_t seen = 0;
  RunParts parts;
  parts.config = &config;
  parts.suites = suites;
  parts.answers = &answers;
  parts.competitors = {{&model, backend.get()}};
  parts.done = [&](const std::string& m, const std::string& s) -> IsDone {
    auto rows = std::make_shared<PlanRows>(store.load_plan(m, s));
    return {[rows](const Request& request, const Item&) { return rows->meet(request); },
            [rows, &store] { store.settle(*rows); }};
  };
  parts.grade = [](const Item& item, const Response& response) { return grade(item, response); };
  parts.record = [&](std::span<const Recorded> batch) {
    std::vector<AnswerView> views;
    for (const Recorded& one : batch) {
      views.push_back({&one.request, &one.response, one.score ? &*one.score : nullptr, &one.item});
      out.correct += one.score && one.score->status == ScoreStatus::Correct;
      out.total_ms += one.response.timing.total_ms.value_or(0);
      out.queued_ms += one.response.timing.queued_ms.value_or(0);
      if (one.response.timing.ttft_ms && one.response.text.starts_with("T="))
        out.ttft_errors_ms.push_back(*one.response.timing.ttft_ms -
                                     std::strtod(one.response.text.c_str() + 2, nullptr));
      if (++seen % std::max<std::int64_t>(1, n / 10) == 0)
        out.early_mb.push_back(memory_mb("VmRSS:"));
    }
    const auto committing = Clock::now();
    store.record(views);
    out.longest_commit_ms = std::max(out.longest_commit_ms, 1000 * seconds_since(committing));
  };
  const auto begin = Clock::now();
  const double cpu = cpu_seconds();
  out.result = run(parts);
  out.cpu = cpu_seconds() - cpu;
  out.wall = seconds_since(begin);
  if (out.result.asked != n || out.result.failed > 0)
    fmt::print("  !! {} of {} answered, {} failed\n", out.result.asked, n, out.result.failed);
  return out;
}

bench::Server fast_server() {
  bench::Server server = bench::Server::nginx();
  if (server.is_up()) return server;
  fmt::print("nginx is not installed (Debian: nginx-light): our test server stands in\n");
  return bench::Server::own("static");
}

/// A body as the product sends it.
std::string body_like(const std::string& url) {
  Channel<Answer> answers(1);
  Model model;
  model.target = "openai@" + url + "/v1/bench";
  model.options["stream"] = "off";
  BackendContext dry;
  dry.is_dry = true;
  Request request;
  request.prompt = BenchSuite(1).item(0).prompt;
  request.wanted.max_tokens = 256;
  request.wanted.temperature = 0;
  http.make_in(model, answers, dry)->prepare(request);
  nlohmann::json body = nlohmann::json::parse(request.sent_json);
  body["messages"] = messages_to_json(request.prompt.messages);
  return body.dump();
}

void throughput() {
  const bench::Server server = fast_server();
  const std::int64_t n = is_full() ? 200'000 : 40'000;
  const std::string body = body_like(server.url());
  std::vector<double> ours, bare;
  for (int round = 0; round < 3; ++round) {  // in turns: other work on the machine meets both
    double cpu = cpu_seconds();
    const std::int64_t good = bench::ask_bare(server.url() + "/v1/chat/completions", body, n, 512);
    cpu = cpu_seconds() - cpu;
    bare.push_back(static_cast<double>(good) / cpu);
    const Ran ran = ask(server.url(), n, 512, false);
    ours.push_back(static_cast<double>(ran.correct) / ran.cpu);
    fmt::print(
        "  round {}: {:.0f} graded and stored a CPU second ({:.1f} us each, {:.0f} /s of wall), "
        "bare curl {:.0f} ({:.1f} us)\n",
        round + 1, ours.back(), 1e6 / ours.back(), static_cast<double>(n) / ran.wall, bare.back(),
        1e6 / bare.back());
  }
  std::sort(ours.begin(), ours.end());
  std::sort(bare.begin(), bare.end());
  fmt::print(
      "throughput, {} of {} bytes from {}, 512 in flight, medians: {:.0f} requests a CPU second "
      "({:.0f} % of 8,000), {:.0f} % of bare curl ({:.0f} % of the wanted 50)\n",
      with_commas(n), bench::static_answer().size(), server.name(), ours[1], ours[1] / 80,
      100 * ours[1] / bare[1], 200 * ours[1] / bare[1]);
}

void wall() {
  const bench::Server server = bench::Server::own("slow");
  const std::int64_t n = is_full() ? 80'000 : 40'000;
  const Ran ran = ask(server.url(), n, 2000, false);
  const double ideal = static_cast<double>(n) / 2000 * 0.5;
  fmt::print(
      "wall, {} answers of 500 ms, 2,000 in flight: {:.2f} s, {:.3f} of ideal (wanted: at most "
      "1.05), {:.0f} us of processor each; an answer took {:.1f} ms, waited {:.1f} ms before; "
      "longest commit {:.0f} ms\n",
      with_commas(n), ran.wall, ran.wall / ideal, 1e6 * ran.cpu / static_cast<double>(n),
      ran.total_ms / static_cast<double>(n), ran.queued_ms / static_cast<double>(n),
      ran.longest_commit_ms);
}

void ttft() {
  for (const int streams : {200, 1000}) {
    const bench::Server server = bench::Server::own("stream");
    const std::int64_t n = streams == 200 ? 600 : 2000;
    Ran ran = ask(server.url(), n, streams, true);
    std::vector<double>& errors = ran.ttft_errors_ms;
    if (errors.empty()) continue;
    std::sort(errors.begin(), errors.end());
    const auto at = [&](double share) {
      return errors[static_cast<std::size_t>(share * static_cast<double>(errors.size() - 1))];
    };
    fmt::print(
        "ttft, {} streams of 200 chunks at 20 ms, {} answers: error p50 {:.2f} ms, p99 {:.2f} ms, "
        "most {:.2f} ms{}; {:.1f} us of processor a chunk\n",
        with_commas(streams), with_commas(n), at(0.5), at(0.99), errors.back(),
        streams == 200 ? " (wanted: p99 at most 5)" : "",
        1e6 * ran.cpu / static_cast<double>(n) / 201);
  }
}

/// MB a second of processor through the reader of the wire, in pieces as a socket brings them.
double sse_speed(const std::string& stream) {
  const Endpoint endpoint{Provider{}, "openai", "http://h", "m", true};
  const Dialect& wire = *find_dialect("openai");
  const double begin = cpu_seconds();
  double bytes = 0;
  std::size_t text = 0;
  while (cpu_seconds() - begin < 1) {
    AttemptReader reader(wire.reader(endpoint, Request{}));
    for (std::size_t i = 0; i < stream.size(); i += 16384)
      reader.take(std::string_view(stream).substr(i, 16384), EngineClock::now());
    reader.finish();
    text += reader.parsed().text.size();
    bytes += static_cast<double>(stream.size());
  }
  if (text == 0) fmt::print("  !! no text\n");
  return bytes / 1e6 / (cpu_seconds() - begin);
}

void sse() {
  for (const bool is_plain : {true, false}) {
    std::string stream;
    for (int i = 0; i < 5000; ++i) {
      // Plain: as most servers send. Else every event differs in a second member and in escapes.
      nlohmann::json event = {
          {"id", "chatcmpl-8a2f6c1e"},
          {"object", "chat.completion.chunk"},
          {"created", 1767225600},
          {"model", "bench"},
          {"choices", nlohmann::json::array({{{"index", 0},
                                              {"delta", {{"content", fmt::format(" word{}", i)}}},
                                              {"logprobs", nullptr},
                                              {"finish_reason", nullptr}}})}};
      if (!is_plain) {
        event["obfuscation"] = fmt::format("x{}", i * 7919);
        event["choices"][0]["delta"]["content"] = fmt::format("\"{}\"\n", i);
      }
      stream += "data: " + event.dump() + "\n\n";
    }
    stream += "data: [DONE]\n\n";
    fmt::print("sse, events that {}: {:.0f} MB a CPU second{}\n",
               is_plain ? "differ in their text alone" : "differ in two members, escapes in each",
               sse_speed(stream), is_plain ? " (wanted: 150)" : "");
  }
}

void memory() {
  const bench::Server server = fast_server();
  const std::int64_t n = is_full() ? 1'000'000 : 100'000;
  forget_peak();
  const Ran ran = ask(server.url(), n, 512, false);
  fmt::print(
      "memory, a plan of {} over HTTP: peak {:.0f} MB (wanted: under 300), resident {:.0f} MB "
      "after "
      "a tenth, {:.0f} MB at the end; {:.0f} s, {:.0f} a CPU second\n",
      with_commas(n), memory_mb("VmHWM:"), ran.early_mb.empty() ? 0 : ran.early_mb.front(),
      ran.early_mb.empty() ? 0 : ran.early_mb.back(), ran.wall, static_cast<double>(n) / ran.cpu);
}

int main_with(const std::set<std::string>& wanted) {
  const std::pair<const char*, void (*)()> kFigures[] = {
      {"memory", memory}, {"throughput", throughput}, {"wall", wall}, {"ttft", ttft}, {"sse", sse}};
  for (const auto& [name, measure] : kFigures) {
    if (!wanted.empty() && !wanted.contains(name)) continue;
    measure();
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace leitai

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "serve") return leitai::bench::serve(argv[2]);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  alarm(leitai::is_full() ? 2400 : 600);  // whatever hangs
  return leitai::main_with(std::set<std::string>(argv + 1, argv + argc));
}
