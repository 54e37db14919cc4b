#include "backends/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "harness/core/error.h"

namespace leitai {

/// All files of arch/, from the build.
std::span<const Architecture* const> architectures();

namespace {

const Architecture& architecture_of(const ModelConfig& config) {
  std::string known;
  for (const Architecture* one : architectures()) {
    if (one->name == config.model_type) return *one;
    known += (known.empty() ? "" : ", ") + std::string(one->name);
  }
  throw Error(fmt::format("{}: architecture \"{}\" is not one the engine runs\n        known: {}",
                          config.file, config.model_type, known));
}

Tensor rows_in(std::vector<float>& storage, int rows, int cols) {
  const std::size_t need = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  if (storage.size() < need) storage.resize(need);
  return {storage.data(), rows, cols, cols};
}

}  // namespace

Engine::Engine(const std::filesystem::path& path, const EngineOptions& options)
    : checkpoint_(Checkpoint::open(path)),
      stream_(make_cpu_stream(options.threads > 0
                                  ? options.threads
                                  : static_cast<int>(std::thread::hardware_concurrency()))) {
  const Architecture& architecture = architecture_of(config());
  network_ = architecture.load(*checkpoint_, *stream_);
  cache_ = std::make_unique<KvCache>(network_->page_floats(), options.cache_bytes);
  constexpr std::int64_t kUnstated = 4096;
  const std::int64_t stated = config().max_positions > 0 ? config().max_positions : kUnstated;
  context_ = options.context > 0 ? options.context
                                 : static_cast<int>(std::min<std::int64_t>(stated, 1 << 30));
}

const Tokenizer& Engine::tokenizer() const {
  std::call_once(tokenizer_once_, [&] { tokenizer_ = checkpoint_->tokenizer(); });
  return *tokenizer_;
}

std::string Engine::identity() const {
  return fmt::format("engine {} f32 numerics {}", checkpoint_->identity(), kNumericsVersion);
}

bool Engine::reserve(Sequence& sequence, int n) {
  const std::size_t need =
      (sequence.ids.size() + static_cast<std::size_t>(n) + kPagePositions - 1) / kPagePositions;
  const std::size_t had = sequence.pages.size();
  while (sequence.pages.size() < need) {
    const std::optional<int> page = cache_->take();
    if (!page) {
      for (; sequence.pages.size() > had; sequence.pages.pop_back())
        cache_->drop(sequence.pages.back());
      return false;
    }
    sequence.pages.push_back(*page);
  }
  return true;
}

void Engine::release(Sequence& sequence) {
  for (const int page : sequence.pages) cache_->drop(page);
  sequence = {};
}

Tensor Engine::forward(std::span<const Chunk> chunks) {
  std::vector<int> ids;
  std::vector<int> positions;
  std::vector<int> sequence_of;
  std::vector<std::vector<float*>> page_data(chunks.size());
  std::vector<std::span<float* const>> tables;
  std::vector<int> wanted;
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    Sequence& sequence = *chunks[c].sequence;
    for (std::size_t i = 0; i < chunks[c].ids.size(); ++i) {
      if (static_cast<int>(i) >= chunks[c].first_wanted)
        wanted.push_back(static_cast<int>(ids.size()));
      ids.push_back(chunks[c].ids[i]);
      positions.push_back(static_cast<int>(sequence.ids.size()));
      sequence_of.push_back(static_cast<int>(c));
      sequence.ids.push_back(chunks[c].ids[i]);
    }
    LEITAI_CHECK(sequence.pages.size() * kPagePositions >= sequence.ids.size(),
                 fmt::format("{}", sequence.ids.size()));
    for (const int page : sequence.pages) page_data[c].push_back(cache_->data(page));
    tables.emplace_back(page_data[c]);
  }
  const int hidden_size = static_cast<int>(config().hidden_size);
  const Tensor hidden = rows_in(hidden_, static_cast<int>(ids.size()), hidden_size);
  network_->forward(
      *stream_,
      {.ids = ids, .where = {.positions = positions, .sequence = sequence_of, .tables = tables}},
      hidden);
  const Tensor rows = rows_in(wanted_, static_cast<int>(wanted.size()), hidden_size);
  for (int w = 0; w < rows.rows; ++w) {
    const float* from = hidden.row(wanted[static_cast<std::size_t>(w)]);
    std::copy(from, from + hidden_size, rows.row(w));
  }
  const Tensor out = rows_in(logits_, rows.rows, vocab_size());
  network_->logits(*stream_, rows, out);
  return out;
}

}  // namespace leitai
