#include "backends/engine/checkpoint/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "backends/engine/checkpoint/mapped_file.h"
#include "backends/engine/checkpoint/open.h"
#include "backends/engine/checkpoint/required_tensors.h"
#include "backends/engine/checkpoint/values.h"
#include "harness/core/error.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> gguf_files(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (entry.path().extension() == ".gguf") out.push_back(entry.path());
  }
  return out;
}

}  // namespace

std::unique_ptr<Checkpoint> Checkpoint::open(const fs::path& path) {
  std::unique_ptr<Checkpoint> out;
  if (fs::is_directory(path)) {
    const bool has_safetensors =
        fs::exists(path / "model.safetensors") || fs::exists(path / "model.safetensors.index.json");
    const auto ggufs = has_safetensors ? std::vector<fs::path>() : gguf_files(path);
    if (ggufs.size() > 1) {
      throw Error(
          fmt::format("{}: holds {} GGUF files; name one of them", path.string(), ggufs.size()));
    }
    out = ggufs.empty() ? open_safetensors(path) : open_gguf(ggufs[0]);
  } else if (fs::exists(path) && path.extension() != ".gguf" && path.filename() != "config.json") {
    throw Error(fmt::format("{}: is no model; name a .gguf file or a folder with config.json",
                            path.string()));
  } else {
    out = path.filename() == "config.json" ? open_safetensors(path.parent_path()) : open_gguf(path);
  }
  each_required_tensor(out->config(),
                       [&](const std::string& name, std::span<const std::int64_t> shape) {
                         out->shaped(name, shape);
                       });
  return out;
}

const TensorView& Checkpoint::shaped(std::string_view name,
                                     std::span<const std::int64_t> shape) const {
  const TensorView* tensor = find(name);
  if (tensor == nullptr) {
    const auto [file, stored] = place_of(name);
    throw Error(
        fmt::format("{}: tensor {}: is missing, but {} needs it; obtain the whole model again",
                    file, stored, config().file));
  }
  if (!std::equal(shape.begin(), shape.end(), tensor->shape.begin(), tensor->shape.end())) {
    throw Error(fmt::format("{}: tensor {}: shape is [{}], {} says [{}]; obtain the model again",
                            tensor->file, tensor->name, fmt::join(tensor->shape, ","),
                            config().file, fmt::join(shape, ",")));
  }
  return *tensor;
}

TensorView Checkpoint::require(std::string_view name, std::span<const std::int64_t> shape) const {
  const TensorView& tensor = shaped(name, shape);
  if (!is_finite(tensor)) {
    throw Error(fmt::format(
        "{}: tensor {}: holds a NaN or an infinity; the file is damaged: obtain it again",
        tensor.file, tensor.name));
  }
  return tensor;
}

}  // namespace leitai
