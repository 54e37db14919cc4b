#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backends/engine/engine.h"
#include "backends/engine/sampler.h"
#include "harness/core/response.h"

namespace leitai {

/// What came of a job.
struct JobResult {
  enum class End { Stop, Length, Scored, Cancelled, TimedOut, NoRoom };
  End end = End::Cancelled;
  std::string text;
  std::vector<int> ids;                // generated, the stop token included
  std::vector<TokenLogprob> logprobs;  // of generated tokens, without the stop token
  double score = 0;                    // Scored: sum of log-probabilities
  bool is_greedy = true;               // Scored: each token was the likeliest
  int prompt_tokens = 0;
  int shared_tokens = 0;  // of the prompt, found in the cache
  Timing timing;
};

/// One sequence to generate or to score.
struct Job {
  std::vector<int> prompt;
  std::optional<int> score_from;  // score prompt[score_from ...] instead of generating
  int max_tokens = 1024;
  SamplerSettings sampler;
  std::vector<std::string> stop;
  bool wants_logprobs = false;
  std::optional<std::chrono::milliseconds> time_limit;  // from the first step of it
  std::function<void(JobResult)> done;                  // called once, on the scheduling thread
};

/// Continuous batching: one thread takes jobs from the queue while there is room, and runs steps in
/// which every running sequence takes part, those that generate with one token, new ones with what
/// is left of the step. A job's result does not depend on what else runs.
class Scheduler {
 public:
  /// `engine` is used by the scheduling thread alone from now on, but for its const members.
  explicit Scheduler(Engine& engine);
  /// Finishes the step in progress; jobs left are dropped without a result.
  ~Scheduler();

  /// Thread-safe, never blocks.
  void submit(Job job);
  /// Calls `work` on the scheduling thread, between two steps. Thread-safe, never blocks.
  void post(std::function<void()> work);
  /// Ends all jobs with Cancelled as soon as the step in progress is done. Thread-safe.
  void cancel();

 private:
  using Clock = std::chrono::steady_clock;
  struct Run {
    Job job;
    std::vector<int> tokens;  // prompt and what was generated
    Sequence sequence;        // how much of `tokens` is computed
    StreamDecoder decoder;
    JobResult result;
    Clock::time_point submitted;
    std::optional<Clock::time_point> started;
  };

  void serve(const std::stop_token& stop);
  bool collect(const std::stop_token& stop);
  void admit();
  void step();
  void plan_step(std::vector<Chunk>& chunks, std::vector<Run*>& runs);
  void choose(const std::vector<Run*>& runs, const std::vector<Chunk>& chunks, Tensor logits);
  void score(Run& run, const Chunk& chunk, Tensor logits, std::span<const RowSummary> summaries);
  void append(Run& run, int id, double logprob);
  void share_pages(Run& run);
  bool make_room(Run& run);
  void finish(Run& run, JobResult::End end);
  void drop_finished();
  int needed(const Run& run) const;

  Engine& engine_;
  const Tokenizer& tokenizer_;
  const int n_ids_;            // ids that have a token
  std::vector<int> stop_ids_;  // sorted

  std::deque<std::unique_ptr<Run>> waiting_;  // of the scheduling thread
  std::vector<std::unique_ptr<Run>> running_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::unique_ptr<Run>> incoming_;  // guarded by mutex_
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  bool is_cancelled_ = false;                  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace leitai
