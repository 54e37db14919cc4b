#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/engine/checkpoint/config.h"

namespace leitai {

class Tokenizer;

enum class DType { F32, F16, BF16, Q8_0, Q4_0, Q4_1 };

std::string_view to_text(DType);

/// One weight as stored in a mapped file. Rows of Q types are whole blocks of 32.
struct TensorView {
  std::string name;  // as in the file
  DType dtype = DType::F32;
  std::vector<std::int64_t> shape;  // row-major, outermost first: (rows, cols) of a linear weight
  const std::byte* data = nullptr;  // not aligned beyond a byte in hostile files
  std::size_t bytes = 0;
  std::string file;
};

/// Values of a weight of any dtype as f32.
std::vector<float> to_f32(const TensorView& tensor);

/// A model on disk: a .gguf file, or a folder with config.json and safetensors. Weights are kept as
/// stored, in mapped files, and live as long as this object. Immutable and thread-safe after
/// `open`.
class Checkpoint {
 public:
  virtual ~Checkpoint() = default;

  /// Reads and validates headers and configuration, and that every tensor that the architecture
  /// needs is there with the right shape. Throws Error("FILE: tensor NAME: what is wrong; what to
  /// do").
  static std::unique_ptr<Checkpoint> open(const std::filesystem::path& path);

  virtual const ModelConfig& config() const = 0;

  /// By the name that safetensors use ("model.layers.0.self_attn.q_proj.weight"), also for GGUF;
  /// null if absent.
  virtual const TensorView* find(std::string_view name) const = 0;

  /// The tensor of that name and shape. Throws Error naming file and tensor if it is missing, has
  /// another shape, or, for a dtype of floats or block scales, holds a NaN or an infinity (reads
  /// all of it).
  TensorView require(std::string_view name, std::span<const std::int64_t> shape) const;

  /// Digest of headers, metadata and sizes, not of the weights: cheap; the same for the same file.
  virtual std::string identity() const = 0;

  /// Jinja source, or "" if the checkpoint has none.
  virtual std::string chat_template() const = 0;

  /// Throws Error if the checkpoint has none or one that cannot be read.
  virtual std::unique_ptr<Tokenizer> tokenizer() const = 0;

 protected:
  struct Place {
    std::string file;
    std::string name;
  };
  /// Where a tensor that is absent should have been, for messages.
  virtual Place place_of(std::string_view name) const = 0;

 private:
  /// require() without a look at the values.
  const TensorView& shaped(std::string_view name, std::span<const std::int64_t> shape) const;
};

}  // namespace leitai
