#include <gtest/gtest.h>

#include <latch>

#include "backends/engine/engine.h"
#include "backends/engine/scheduler.h"
#include "tests/engine/tiny_model.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

std::vector<int> some_ids(int n, std::uint64_t seed) {
  SplitMix64 dice(seed);
  std::vector<int> ids;
  for (int i = 0; i < n; ++i) ids.push_back(static_cast<int>(dice.below(256)));
  return ids;
}

class Batching : public testing::Test {
 protected:
  Batching() { model_.write(folder_.path()); }

  /// Logits of every position, run in chunks of the given sizes (the last one repeats).
  std::vector<float> run(Engine& engine, const std::vector<int>& ids,
                         const std::vector<int>& chunks) {
    Sequence sequence;
    EXPECT_TRUE(engine.reserve(sequence, static_cast<int>(ids.size())));
    std::vector<float> out;
    std::size_t c = 0;
    for (std::size_t first = 0; first < ids.size();) {
      const std::size_t n = std::min(
          ids.size() - first, static_cast<std::size_t>(chunks[std::min(c++, chunks.size() - 1)]));
      const Chunk chunk{.sequence = &sequence, .ids = std::span(ids).subspan(first, n)};
      const Tensor logits = engine.forward({&chunk, 1});
      out.insert(out.end(), logits.data,
                 logits.data + static_cast<std::ptrdiff_t>(n) * logits.cols);
      first += n;
    }
    engine.release(sequence);
    return out;
  }

  /// All jobs at once; results in order.
  std::vector<JobResult> schedule(Engine& engine, std::vector<Job> jobs) {
    std::vector<JobResult> results(jobs.size());
    std::latch done(static_cast<std::ptrdiff_t>(jobs.size()));
    Scheduler scheduler(engine);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      jobs[i].done = [&results, &done, i](JobResult result) {
        results[i] = std::move(result);
        done.count_down();
      };
      scheduler.submit(std::move(jobs[i]));
    }
    done.wait();
    return results;
  }

  Job job(std::uint64_t seed, int n_prompt = 20, int max_tokens = 30) {
    Job out;
    out.prompt = some_ids(n_prompt, seed);
    out.max_tokens = max_tokens;
    out.sampler = {.temperature = 0.9, .top_p = 0.95, .seed = seed};
    out.wants_logprobs = true;
    return out;
  }

  test::TempDir folder_;
  test::TinyModel model_;
};

TEST_F(Batching, ChunksAndThreadsChangeNoBit) {
  const std::vector<int> ids = some_ids(70, 5);
  Engine one(folder_.path(), {.threads = 1});
  Engine three(folder_.path(), {.threads = 3});
  const std::vector<float> whole = run(one, ids, {70});
  EXPECT_EQ(run(one, ids, {1}), whole) << "token by token, as in decode";
  EXPECT_EQ(run(one, ids, {5, 16, 7, 31}), whole);
  EXPECT_EQ(run(three, ids, {70}), whole);
  EXPECT_EQ(run(three, ids, {13, 1, 40}), whole);
}

TEST_F(Batching, BatchMatesChangeNoBit) {
  Engine engine(folder_.path(), {.threads = 2});
  const std::vector<int> ids = some_ids(33, 6);
  const std::vector<float> alone = run(engine, ids, {33});
  std::vector<Sequence> sequences(5);
  std::vector<std::vector<int>> prompts;
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    prompts.push_back(i == 3 ? ids : some_ids(9 + 11 * static_cast<int>(i), 50 + i));
    ASSERT_TRUE(engine.reserve(sequences[i], static_cast<int>(prompts[i].size())));
  }
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    chunks.push_back({.sequence = &sequences[i],
                      .ids = prompts[i],
                      .first_wanted = i == 3 ? 0 : static_cast<int>(prompts[i].size())});
  }
  const Tensor logits = engine.forward(chunks);
  EXPECT_EQ(std::vector<float>(logits.data, logits.data + 33 * logits.cols), alone);
  for (Sequence& sequence : sequences) engine.release(sequence);
}

TEST_F(Batching, JobsAnswerTheSameAloneTogetherAndShortOfMemory) {
  std::vector<std::pair<std::string, std::vector<double>>> alone;
  Engine engine(folder_.path(), {.threads = 2});
  const auto summary = [](const JobResult& result) {
    std::vector<double> logprobs;
    for (const TokenLogprob& one : result.logprobs) logprobs.push_back(one.logprob);
    return std::pair(result.text, logprobs);
  };
  constexpr int kJobs = 12;
  for (int i = 0; i < kJobs; ++i)
    alone.push_back(summary(schedule(engine, {job(i, 10 + 9 * i)})[0]));
  const auto check = [&](Engine& with) {
    std::vector<Job> jobs;
    for (int i = 0; i < kJobs; ++i) jobs.push_back(job(i, 10 + 9 * i));
    const auto results = schedule(with, std::move(jobs));
    for (std::size_t i = 0; i < kJobs; ++i) EXPECT_EQ(summary(results[i]), alone[i]) << i;
    EXPECT_EQ(with.cache().n_held(), 0);
  };
  check(engine);
  const std::size_t page_bytes = 2 * 2 * 2 * 12 * kPagePositions * sizeof(float);
  Engine small(folder_.path(), {.threads = 1, .cache_bytes = 14 * page_bytes});
  check(small);
  EXPECT_LE(small.cache().n_pages(), 14);
}

TEST_F(Batching, SharedPrefixesAreFoundAndChangeNothing) {
  Engine engine(folder_.path(), {.threads = 2});
  Job first = job(1, 100, 5);
  Job again = job(1, 100, 5);
  Job other = job(1, 100, 5);
  other.prompt[40] ^= 1;
  const JobResult a = schedule(engine, {std::move(first)})[0];
  const JobResult b = schedule(engine, {std::move(again)})[0];
  const JobResult c = schedule(engine, {std::move(other)})[0];
  EXPECT_EQ(a.shared_tokens, 0);
  EXPECT_EQ(b.shared_tokens, 96);
  EXPECT_EQ(c.shared_tokens, 32);
  EXPECT_EQ(a.ids, b.ids);
  ASSERT_EQ(a.logprobs.size(), b.logprobs.size());
  for (std::size_t i = 0; i < a.logprobs.size(); ++i)
    EXPECT_EQ(a.logprobs[i].logprob, b.logprobs[i].logprob);
}

TEST_F(Batching, StopStringsAreNeverEmitted) {
  Engine engine(folder_.path(), {.threads = 1});
  Job free_job = job(7, 20, 60);
  const std::string text = schedule(engine, {std::move(free_job)})[0].text;
  ASSERT_GT(text.size(), 20u);
  // Every token is a byte or less, so any stop of several characters crosses token boundaries.
  const std::string stop = text.substr(9, 5);
  Job stopped = job(7, 20, 60);
  stopped.stop = {"never said", stop};
  const JobResult result = schedule(engine, {std::move(stopped)})[0];
  EXPECT_EQ(result.end, JobResult::End::Stop);
  EXPECT_EQ(result.text, text.substr(0, text.find(stop)));
}

TEST_F(Batching, ScoresAreSumsOfLogprobs) {
  Engine engine(folder_.path(), {.threads = 1});
  const std::vector<int> ids = some_ids(50, 8);
  const std::vector<float> logits = run(engine, ids, {50});
  Job scored;
  scored.prompt = ids;
  scored.score_from = 47;
  const JobResult result = schedule(engine, {std::move(scored)})[0];
  double wanted = 0;
  for (int p = 47; p < 50; ++p) {
    const float* row = logits.data() + (p - 1) * model_.vocab;
    double sum = 0;
    for (int i = 0; i < model_.vocab; ++i) sum += std::exp(static_cast<double>(row[i]));
    wanted += row[ids[static_cast<std::size_t>(p)]] - std::log(sum);
  }
  EXPECT_EQ(result.end, JobResult::End::Scored);
  EXPECT_NEAR(result.score, wanted, 1e-5);
}

TEST_F(Batching, CancelAnswersEveryJob) {
  Engine engine(folder_.path(), {.threads = 1});
  std::latch done(100);
  Scheduler scheduler(engine);
  for (int i = 0; i < 100; ++i) {
    Job one = job(i, 30, 400);
    one.done = [&done](const JobResult&) { done.count_down(); };
    scheduler.submit(std::move(one));
  }
  scheduler.cancel();
  done.wait();
}

TEST(Sampler, FollowsTheDistributionAndItsFilters) {
  const std::vector<float> logits{0.0f, 1.0f, 2.0f, 1.0f};
  const RowSummary summary{.argmax = 2, .max = 2};
  const auto counts = [&](SamplerSettings settings) {
    settings.seed = 11;
    constexpr std::uint64_t kDraws = 20000;
    std::vector<int> chosen(4);
    for (std::uint64_t position = 0; position < kDraws; ++position) {
      ++chosen[static_cast<std::size_t>(sample(logits, summary, settings, position))];
    }
    std::vector<double> out;
    for (const int n : chosen) out.push_back(n / static_cast<double>(kDraws));
    return out;
  };
  const double total = 1 + 2 * std::exp(1) + std::exp(2);
  const std::vector<double> plain = counts({.temperature = 1});
  EXPECT_NEAR(plain[0], 1 / total, 0.01);
  EXPECT_NEAR(plain[2], std::exp(2) / total, 0.01);
  EXPECT_EQ(counts({.temperature = 0})[2], 1.0);
  const std::vector<double> two = counts({.temperature = 1, .top_k = 2});
  EXPECT_EQ(two[0] + two[3], 0) << "of equals the lowest id stays";
  EXPECT_NEAR(two[1], std::exp(1) / (std::exp(1) + std::exp(2)), 0.01);
  EXPECT_EQ(counts({.temperature = 1, .top_p = 0.5})[2], 1.0);
  EXPECT_EQ(counts({.temperature = 1, .top_p = 0.7})[0], 0);
  EXPECT_EQ(counts({.temperature = 1, .min_p = 0.2})[0], 0);
  EXPECT_GT(counts({.temperature = 1, .min_p = 0.1})[0], 0);
  EXPECT_NEAR(counts({.temperature = 2})[2], std::exp(1) / (1 + 2 * std::exp(0.5) + std::exp(1)),
              0.01);
}

}  // namespace
}  // namespace leitai
