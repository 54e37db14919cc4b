#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "backends/engine/checkpoint/checkpoint.h"
#include "backends/engine/ops.h"

namespace leitai {

/// The tokens of one pass through a network, of any sequences, and where they stand.
struct Step {
  std::span<const int> ids;
  Placement where;
};

/// A loaded model: weights on a device and the order of ops. Not thread-safe: it owns its working
/// memory.
class Network {
 public:
  virtual ~Network() = default;

  /// Floats that a page of the KV cache needs for all layers.
  virtual std::size_t page_floats() const = 0;

  /// hidden[t]: after the final norm. Writes keys and values to the pages.
  virtual void forward(Stream& stream, const Step& step, Tensor hidden) = 0;

  /// out (T, vocabulary) of rows of hidden.
  virtual void logits(Stream& stream, Tensor hidden, Tensor out) = 0;

  virtual std::size_t weight_bytes() const = 0;
};

/// A family of models. The file is the registration: arch/<name>.cpp defines
/// `extern constinit const Architecture <name>_architecture`.
struct Architecture {
  std::string_view name;  // model_type of the checkpoint
  std::unique_ptr<Network> (*load)(const Checkpoint& checkpoint, Stream& stream);
};

}  // namespace leitai
