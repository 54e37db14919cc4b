#include <fmt/format.h>

#include <algorithm>

#include "backends/engine/checkpoint/gguf.h"
#include "backends/engine/tokenizer/model.h"
#include "backends/engine/tokenizer/tokenizer_files.h"
#include "harness/core/error.h"

namespace leitai {
namespace {

constexpr std::string_view kAgain = "; the file is damaged: obtain it again";

enum TokenType : std::int64_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6
};

std::optional<int> id_of(const GgufFile& file, std::string_view key, std::size_t n) {
  const auto id = file.integer(key);
  return id && *id >= 0 && static_cast<std::size_t>(*id) < n ? std::optional(static_cast<int>(*id))
                                                             : std::nullopt;
}

}  // namespace

std::unique_ptr<Tokenizer> tokenizer_from_gguf(const GgufFile& file) {
  const auto model = file.string("tokenizer.ggml.model");
  if (!model)
    throw Error(fmt::format(
        "{}: has no tokenizer (metadata tokenizer.ggml.model is missing); use another file",
        file.path()));
  if (*model != "gpt2") {
    throw Error(fmt::format(
        "{}: tokenizer.ggml.model {} is not supported; supported is gpt2 (byte-level BPE)",
        file.path(), shown_name(*model)));
  }
  const auto tokens = file.strings("tokenizer.ggml.tokens");
  if (!tokens)
    throw Error(
        fmt::format("{}: metadata tokenizer.ggml.tokens is missing{}", file.path(), kAgain));
  const auto merges = file.strings("tokenizer.ggml.merges");
  if (!merges)
    throw Error(
        fmt::format("{}: metadata tokenizer.ggml.merges is missing{}", file.path(), kAgain));
  const std::size_t n = tokens->size();
  if (n > INT32_MAX)
    throw Error(
        fmt::format("{}: metadata tokenizer.ggml.tokens is too long{}", file.path(), kAgain));
  auto types =
      file.integers("tokenizer.ggml.token_type").value_or(std::vector<std::int64_t>(n, kNormal));
  if (types.size() != n)
    throw Error(fmt::format("{}: metadata tokenizer.ggml.token_type has not one entry a token{}",
                            file.path(), kAgain));

  TokenizerParts parts;
  const std::string_view pre = file.string("tokenizer.ggml.pre").value_or("");
  parts.stages = pretokenizer_of_gguf(pre);
  if (parts.stages.empty()) {
    throw Error(
        fmt::format("{}: tokenizer.ggml.pre \"{}\" is not known, so text could be cut wrongly; use "
                    "a folder with "
                    "tokenizer.json instead",
                    file.path(), shown_name(pre)));
  }
  const bool is_llama3 = pre == "llama-bpe" || pre == "llama3" || pre == "llama-v3";
  // llama.cpp leaves out the normalisation of the original; the published ids have it.
  parts.to_nfc = pre == "qwen2" || pre == "deepseek-r1-qwen";
  parts.bpe.ignore_merges = is_llama3 || pre == "gpt-4o";

  parts.pieces.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::string_view token = (*tokens)[i];
    const int id = static_cast<int>(i);
    auto bytes = bytes_of_letters(token);
    parts.pieces.push_back(bytes.value_or(std::string(token)));
    if (types[i] == kControl || types[i] == kUnknown) {
      parts.added.push_back({.id = id, .content = std::string(token), .is_special = true});
    } else if (types[i] == kUserDefined) {
      parts.added.push_back({.id = id, .content = std::string(token)});
    } else if (types[i] != kUnused && bytes) {
      parts.bpe.vocabulary.emplace_back(std::move(*bytes), id);
    }
  }
  std::unordered_map<std::string_view, int> ids;
  ids.reserve(n);
  for (const auto& [text, id] : parts.bpe.vocabulary) ids.emplace(text, id);
  for (std::string_view line : *merges) {
    const std::size_t space = line.find(' ', 1);
    const auto left = bytes_of_letters(line.substr(0, space));
    const auto right =
        space == std::string_view::npos ? std::nullopt : bytes_of_letters(line.substr(space + 1));
    const auto l = left ? ids.find(*left) : ids.end(), r = right ? ids.find(*right) : ids.end();
    const auto both = left && right ? ids.find(*left + *right) : ids.end();
    if (l == ids.end() || r == ids.end() || both == ids.end()) {
      throw Error(fmt::format("{}: tokenizer.ggml.merges: \"{}\" joins no two tokens to a third{}",
                              file.path(), shown_name(line), kAgain));
    }
    parts.bpe.merges.push_back({l->second, r->second, both->second});
  }

  parts.bos_id = id_of(file, "tokenizer.ggml.bos_token_id", n);
  const auto eos = id_of(file, "tokenizer.ggml.eos_token_id", n);
  for (const char* key : {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id",
                          "tokenizer.ggml.eom_token_id"}) {
    const auto id = id_of(file, key, n);
    if (id && std::find(parts.eos_ids.begin(), parts.eos_ids.end(), *id) == parts.eos_ids.end()) {
      parts.eos_ids.push_back(*id);
    }
  }
  if (parts.bos_id && file.boolean("tokenizer.ggml.add_bos_token").value_or(is_llama3))
    parts.prefix = {*parts.bos_id};
  if (eos && file.boolean("tokenizer.ggml.add_eos_token").value_or(false)) parts.suffix = {*eos};
  return make_tokenizer(std::move(parts));
}

}  // namespace leitai
