#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/engine/arch/architecture.h"
#include "backends/engine/checkpoint/checkpoint.h"
#include "backends/engine/kv_cache.h"
#include "backends/engine/ops.h"
#include "backends/engine/tokenizer/tokenizer.h"
#include "harness/core/model.h"

namespace leitai {

/// Version of the engine's numbers: part of every digest. Raise it when a change moves any bit of a
/// logit.
inline constexpr int kNumericsVersion = 1;

struct EngineOptions {
  int threads = 0;                                 // 0: one for each processor
  std::size_t cache_bytes = std::size_t{1} << 30;  // for keys and values
  int context = 0;  // most tokens of a sequence; 0: what the checkpoint states
};

/// Tokens to run for one sequence, after those it already holds.
struct Chunk {
  Sequence* sequence = nullptr;
  std::span<const int> ids;
  int first_wanted = 0;  // logits are wanted from this one of `ids` on; ids.size(): none
};

/// A checkpoint, ready to compute. One thread at a time may use it, but for the const members.
class Engine {
 public:
  /// Throws Error if the path holds no checkpoint that this build can run.
  Engine(const std::filesystem::path& path, const EngineOptions& options);

  const Checkpoint& checkpoint() const { return *checkpoint_; }
  const ModelConfig& config() const { return checkpoint_->config(); }
  /// Loaded at first use. Throws Error if the checkpoint has none. Thread-safe.
  const Tokenizer& tokenizer() const;

  int context() const { return context_; }
  int vocab_size() const { return static_cast<int>(config().vocab_size); }
  /// What changes an answer: weights, numerics. Not the number of threads, nor the path.
  std::string identity() const;

  Stream& stream() { return *stream_; }
  KvCache& cache() { return *cache_; }
  std::size_t weight_bytes() const { return network_->weight_bytes(); }

  /// Pages for `n` more positions; false, with nothing taken, if there is no room.
  bool reserve(Sequence& sequence, int n);

  /// Gives its pages back and forgets its tokens.
  void release(Sequence& sequence);

  /// Appends each chunk to its sequence, whose pages are reserved. Gives the logits of all wanted
  /// tokens, one row each, in the order of the chunks; valid until the next call.
  Tensor forward(std::span<const Chunk> chunks);

 private:
  std::unique_ptr<Checkpoint> checkpoint_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<KvCache> cache_;
  int context_ = 0;
  mutable std::once_flag tokenizer_once_;
  mutable std::unique_ptr<Tokenizer> tokenizer_;
  std::vector<float> hidden_;
  std::vector<float> wanted_;
  std::vector<float> logits_;
};

/// The engine behind a model's target and options, as the backend opens it. Throws Error.
std::unique_ptr<Engine> open_engine(const Model& model);

}  // namespace leitai
