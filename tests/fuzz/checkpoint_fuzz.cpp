// Any bytes as a GGUF file, a safetensors file or a config.json: an Error or a model, never a crash
// or a large allocation.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "backends/engine/checkpoint/checkpoint.h"
#include "backends/engine/checkpoint/gguf.h"
#include "backends/engine/checkpoint/required_tensors.h"
#include "backends/engine/tokenizer/tokenizer.h"
#include "backends/engine/tokenizer/tokenizer_files.h"
#include "harness/core/error.h"

namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::uint8_t* data, std::size_t size) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
}

template <typename Work>
void tolerate(Work work) {
  try {
    work();
  } catch (const leitai::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leitai;
  static const fs::path kFolder = [] {
    const fs::path folder =
        fs::temp_directory_path() / ("leitai-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    return folder;
  }();
  constexpr std::string_view kConfig =
      R"({"model_type":"llama","vocab_size":8,"hidden_size":4,"intermediate_size":4,"num_hidden_layers":1,)"
      R"("num_attention_heads":1})";
  const auto open = [](const fs::path& path) {
    const auto checkpoint = Checkpoint::open(path);
    each_required_tensor(checkpoint->config(), [&](const std::string& name, auto shape) {
      to_f32(checkpoint->require(name, shape));
    });
  };
  write(kFolder / "m.gguf", data, size);
  tolerate([&] { open(kFolder / "m.gguf"); });
  tolerate([&] { tokenizer_from_gguf(GgufFile(kFolder / "m.gguf"))->encode("a b"); });
  write(kFolder / "config.json", reinterpret_cast<const std::uint8_t*>(kConfig.data()),
        kConfig.size());
  write(kFolder / "model.safetensors", data, size);
  tolerate([&] { open(kFolder); });
  write(kFolder / "config.json", data, size);
  tolerate([&] { open(kFolder); });
  return 0;
}
