#include "backends/engine/scheduler.h"

#include <algorithm>

#include "harness/core/error.h"

namespace leitai {
namespace {

constexpr int kMaxRunning = 64;   // sequences in a step
constexpr int kStepTokens = 256;  // tokens in a step

double ms_between(std::chrono::steady_clock::time_point from,
                  std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

std::vector<int> stop_ids_of(const Engine& engine) {
  std::vector<int> ids = engine.config().eos_ids;
  const std::vector<int> more = engine.tokenizer().eos_ids();
  ids.insert(ids.end(), more.begin(), more.end());
  // A file whose stated end is the base model's still ends its turns by the chat's token.
  const std::vector<int> turns = end_of_turn_ids(engine.tokenizer());
  ids.insert(ids.end(), turns.begin(), turns.end());
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// Where the first of `stops` begins that ends after `old_size`; npos if none does.
std::size_t find_stop(const std::string& text, std::size_t old_size,
                      const std::vector<std::string>& stops) {
  std::size_t first = std::string::npos;
  for (const std::string& stop : stops) {
    if (stop.empty()) continue;
    const std::size_t from = old_size >= stop.size() ? old_size - stop.size() + 1 : 0;
    first = std::min(first, text.find(stop, from));
  }
  return first;
}

}  // namespace

Scheduler::Scheduler(Engine& engine)
    : engine_(engine),
      tokenizer_(engine.tokenizer()),
      n_ids_(std::min(engine.vocab_size(), tokenizer_.size())),
      stop_ids_(stop_ids_of(engine)),
      thread_([this](const std::stop_token& stop) { serve(stop); }) {}

Scheduler::~Scheduler() {
  thread_.request_stop();
  thread_.join();
}

void Scheduler::submit(Job job) {
  LEITAI_CHECK(!job.prompt.empty(), "a job without tokens");
  auto run = std::unique_ptr<Run>(new Run{
      .job = std::move(job), .decoder = StreamDecoder(tokenizer_), .submitted = Clock::now()});
  run->tokens = run->job.prompt;
  {
    std::lock_guard lock(mutex_);
    incoming_.push_back(std::move(run));
  }
  wake_.notify_one();
}

void Scheduler::post(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
  }
  wake_.notify_one();
}

void Scheduler::cancel() {
  {
    std::lock_guard lock(mutex_);
    is_cancelled_ = true;
  }
  wake_.notify_one();
}

void Scheduler::serve(const std::stop_token& stop) {
  while (collect(stop)) {
    try {
      admit();
      step();
    } catch (const std::exception&) {  // out of memory: what runs is given up, the rest goes on
      for (auto& run : running_) finish(*run, JobResult::End::NoRoom);
    }
    drop_finished();
  }
}

/// Waits for work and takes it over. False when the thread shall end.
bool Scheduler::collect(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, stop, [&] {
    return is_cancelled_ || !posted_.empty() || !incoming_.empty() || !waiting_.empty() ||
           !running_.empty();
  });
  if (stop.stop_requested()) return false;
  for (auto& run : incoming_) waiting_.push_back(std::move(run));
  incoming_.clear();
  const bool cancelled = std::exchange(is_cancelled_, false);
  const auto posted = std::exchange(posted_, {});
  lock.unlock();
  for (const auto& work : posted) work();
  if (cancelled) {
    for (auto& run : running_) finish(*run, JobResult::End::Cancelled);
    for (auto& run : waiting_) finish(*run, JobResult::End::Cancelled);
    running_.clear();
    waiting_.clear();
  }
  return true;
}

/// How many of its tokens must be computed before its next choice. The last token of a scored text
/// is never needed.
int Scheduler::needed(const Run& run) const {
  const int n = static_cast<int>(run.tokens.size());
  return run.job.score_from ? n - 1 : n;
}

void Scheduler::admit() {
  while (!waiting_.empty() && running_.size() < kMaxRunning) {
    Run& run = *waiting_.front();
    // Found pages end before the first position whose logits are wanted.
    const int before =
        run.job.score_from ? *run.job.score_from - 1 : static_cast<int>(run.tokens.size()) - 1;
    Sequence& sequence = run.sequence;
    for (int first = 0; first + kPagePositions <= before; first += kPagePositions) {
      const std::span<const int> tokens(run.tokens.data() + first, kPagePositions);
      const auto page =
          engine_.cache().find_shared(sequence.pages.empty() ? -1 : sequence.pages.back(), tokens);
      if (!page) break;
      sequence.pages.push_back(*page);
      sequence.ids.insert(sequence.ids.end(), tokens.begin(), tokens.end());
      ++sequence.n_shared;
    }
    if (!engine_.reserve(sequence, needed(run) - static_cast<int>(sequence.ids.size()))) {
      engine_.release(sequence);
      if (!running_.empty()) return;
      finish(run, JobResult::End::NoRoom);
      waiting_.pop_front();
      continue;
    }
    if (!run.started) {
      run.started = Clock::now();
      run.result.shared_tokens = static_cast<int>(sequence.ids.size());
    }
    running_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
}

/// One more page for a sequence that generates. The youngest other sequence gives way, to be
/// computed again later with the same bits. False if even alone there is no room.
bool Scheduler::make_room(Run& run) {
  while (!engine_.reserve(run.sequence, 1)) {
    if (running_.back().get() == &run) {
      if (running_.size() == 1) return false;
      return true;  // it is the youngest: waits for a later step
    }
    engine_.release(running_.back()->sequence);
    waiting_.push_front(std::move(running_.back()));
    running_.pop_back();
  }
  return true;
}

void Scheduler::plan_step(std::vector<Chunk>& chunks, std::vector<Run*>& runs) {
  int left = kStepTokens;
  const auto take = [&](Run& run, int n) {
    const int done = static_cast<int>(run.sequence.ids.size());
    int first_wanted = n;
    if (run.job.score_from) {
      first_wanted = std::clamp(*run.job.score_from - 1 - done, 0, n);
    } else if (done + n == needed(run)) {
      first_wanted = n - 1;
    }
    chunks.push_back(
        {.sequence = &run.sequence,
         .ids = std::span<const int>(run.tokens)
                    .subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(n)),
         .first_wanted = first_wanted});
    runs.push_back(&run);
    left -= n;
  };
  const auto pending = [&](const Run& run) {
    return needed(run) - static_cast<int>(run.sequence.ids.size());
  };
  // make_room() may shorten running_, from its end.
  for (std::size_t i = 0; i < running_.size(); ++i) {
    Run& run = *running_[i];
    if (pending(run) != 1) continue;
    if (!make_room(run)) {
      finish(run, JobResult::End::NoRoom);
    } else if (run.sequence.pages.size() * kPagePositions > run.sequence.ids.size()) {
      take(run, 1);
    }
  }
  for (std::size_t i = 0; i < running_.size() && left > 0; ++i) {
    Run& run = *running_[i];
    if (run.job.done && pending(run) > 1) take(run, std::min(left, pending(run)));
  }
}

void Scheduler::step() {
  const auto now = Clock::now();
  for (auto& run : running_) {
    if (run->job.time_limit && run->started && now - *run->started >= *run->job.time_limit) {
      finish(*run, JobResult::End::TimedOut);
    }
  }
  drop_finished();
  std::vector<Chunk> chunks;
  std::vector<Run*> runs;
  plan_step(chunks, runs);
  if (chunks.empty()) return;
  const Tensor logits = engine_.forward(chunks);
  for (Run* run : runs) share_pages(*run);
  choose(runs, chunks, logits);
}

/// Full pages of prompts become known to later sequences. If another sequence computed the same
/// page, that one is kept.
void Scheduler::share_pages(Run& run) {
  Sequence& sequence = run.sequence;
  const std::size_t n = std::min(sequence.ids.size(), run.job.prompt.size()) / kPagePositions;
  for (auto i = static_cast<std::size_t>(sequence.n_shared); i < n; ++i, ++sequence.n_shared) {
    const int parent = i == 0 ? -1 : sequence.pages[i - 1];
    const std::span<const int> tokens(sequence.ids.data() + i * kPagePositions, kPagePositions);
    if (const auto known = engine_.cache().find_shared(parent, tokens)) {
      engine_.cache().drop(sequence.pages[i]);
      sequence.pages[i] = *known;
    } else {
      engine_.cache().share(parent, tokens, sequence.pages[i]);
    }
  }
}

void Scheduler::choose(const std::vector<Run*>& runs, const std::vector<Chunk>& chunks,
                       Tensor logits) {
  std::vector<RowSummary> summaries(static_cast<std::size_t>(logits.rows));
  summarise_logits(engine_.stream(), logits, n_ids_, summaries);
  std::vector<int> first_row;
  int rows = 0;
  for (const Chunk& chunk : chunks) {
    first_row.push_back(rows);
    rows += static_cast<int>(chunk.ids.size()) - chunk.first_wanted;
  }
  // Sampling sorts or sums a vocabulary: each thread takes every n-th sequence.
  std::vector<int> chosen(runs.size());
  const auto is_choice = [&](std::size_t i) {
    return !runs[i]->job.score_from &&
           chunks[i].first_wanted < static_cast<int>(chunks[i].ids.size());
  };
  engine_.stream().run([&](int thread) {
    for (auto i = static_cast<std::size_t>(thread); i < runs.size();
         i += static_cast<std::size_t>(engine_.stream().threads())) {
      if (!is_choice(i)) continue;
      const Run& run = *runs[i];
      const std::span<const float> row(logits.row(first_row[i]), static_cast<std::size_t>(n_ids_));
      chosen[i] = sample(row, summaries[static_cast<std::size_t>(first_row[i])], run.job.sampler,
                         run.result.ids.size());
    }
  });
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const int n = static_cast<int>(chunks[i].ids.size()) - chunks[i].first_wanted;
    const Tensor own = logits.slice(first_row[i], n);
    const std::span<const RowSummary> own_summaries(summaries.data() + first_row[i],
                                                    static_cast<std::size_t>(n));
    if (runs[i]->job.score_from) {
      score(*runs[i], chunks[i], own, own_summaries);
    } else if (n > 0) {
      append(*runs[i], chosen[i],
             static_cast<double>(own.row(0)[chosen[i]]) - own_summaries[0].log_sum);
    }
  }
}

void Scheduler::score(Run& run, const Chunk& chunk, Tensor logits,
                      std::span<const RowSummary> summaries) {
  const std::size_t done = run.sequence.ids.size() - chunk.ids.size();
  for (int r = 0; r < logits.rows; ++r) {
    const int next = run.tokens[done + static_cast<std::size_t>(chunk.first_wanted + r) + 1];
    const RowSummary& summary = summaries[static_cast<std::size_t>(r)];
    run.result.score += static_cast<double>(logits.row(r)[next]) - summary.log_sum;
    run.result.is_greedy = run.result.is_greedy && next == summary.argmax;
  }
  if (static_cast<int>(run.sequence.ids.size()) == needed(run)) finish(run, JobResult::End::Scored);
}

void Scheduler::append(Run& run, int id, double logprob) {
  JobResult& result = run.result;
  if (result.ids.empty()) result.timing.ttft_ms = ms_between(*run.started, Clock::now());
  result.ids.push_back(id);
  run.tokens.push_back(id);
  if (std::binary_search(stop_ids_.begin(), stop_ids_.end(), id)) {
    result.text += run.decoder.flush();
    finish(run, JobResult::End::Stop);
    return;
  }
  if (run.job.wants_logprobs)
    result.logprobs.push_back({std::string(tokenizer_.piece(id)), logprob});
  const bool is_last = static_cast<int>(result.ids.size()) >= run.job.max_tokens ||
                       static_cast<int>(run.tokens.size()) >= engine_.context();
  const std::size_t old_size = result.text.size();
  result.text += run.decoder.push(id);
  if (is_last) result.text += run.decoder.flush();
  if (const std::size_t at = find_stop(result.text, old_size, run.job.stop);
      at != std::string::npos) {
    result.text.resize(at);
    finish(run, JobResult::End::Stop);
  } else if (is_last) {
    finish(run, JobResult::End::Length);
  }
}

void Scheduler::finish(Run& run, JobResult::End end) {
  if (!run.job.done) return;
  engine_.release(run.sequence);
  const auto now = Clock::now();
  JobResult& result = run.result;
  result.end = end;
  result.prompt_tokens = static_cast<int>(run.job.prompt.size());
  result.timing.queued_ms = ms_between(run.submitted, run.started.value_or(now));
  result.timing.total_ms = ms_between(run.started.value_or(now), now);
  const auto done = std::exchange(run.job.done, nullptr);
  done(std::move(result));
}

void Scheduler::drop_finished() {
  std::erase_if(running_, [](const std::unique_ptr<Run>& run) { return !run->job.done; });
}

}  // namespace leitai
