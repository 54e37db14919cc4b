// Any bytes as text for a vocabulary of bytes, and as a tokenizer.json. Ids decode to the text; a
// stream joins to the same.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "backends/engine/tokenizer/model.h"
#include "backends/engine/tokenizer/pretokenizer.h"
#include "backends/engine/tokenizer/tokenizer.h"
#include "harness/core/error.h"
#include "harness/core/text.h"

namespace {

using namespace leitai;

std::unique_ptr<Tokenizer> bytes_cut_by(std::string_view pre) {
  TokenizerParts parts;
  parts.stages = pretokenizer_of_gguf(pre);
  for (int b = 0; b < 256; ++b) {
    parts.pieces.emplace_back(1, static_cast<char>(b));
    parts.bpe.vocabulary.emplace_back(parts.pieces.back(), b);
  }
  for (const char* pair : {"ab", "  ", "\n\n", "e "}) {
    const int id = static_cast<int>(parts.pieces.size());
    parts.pieces.emplace_back(pair);
    parts.bpe.vocabulary.emplace_back(pair, id);
    parts.bpe.merges.push_back({pair[0], pair[1], id});
  }
  parts.pieces.emplace_back("<s>");
  parts.added.push_back(
      {.id = static_cast<int>(parts.pieces.size()) - 1, .content = "<s>", .is_special = true});
  return make_tokenizer(std::move(parts));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* pre : {"qwen2", "llama3", "seed-coder", "gpt-4o", "gpt-2", "smollm",
                          "deepseek-v3", "deepseek-coder", "deepseek-llm", "kimi-k2"}) {
    const auto tokenizer = bytes_cut_by(pre);
    const auto ids = tokenizer->encode(text);
    const std::string whole = repair_utf8(text);
    LEITAI_CHECK(tokenizer->decode(ids) == whole, pre);
  }
  const auto path = std::filesystem::temp_directory_path() /
                    ("leitai-fuzz-" + std::to_string(::getpid()) + ".json");
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    load_tokenizer(path)->encode("a b");
  } catch (const Error&) {
  }
  return 0;
}
