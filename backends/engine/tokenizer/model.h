#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/engine/tokenizer/added_tokens.h"
#include "backends/engine/tokenizer/bpe.h"
#include "backends/engine/tokenizer/pretokenizer.h"
#include "backends/engine/tokenizer/tokenizer.h"

namespace leitai {

enum class Alphabet {
  Bytes,      // tokens are bytes, spelled in files with the letters of GPT-2
  Characters  // tokens are text; "<0xNN>" may stand for a byte
};

/// Everything a tokenizer is made of, whichever file it comes from.
struct TokenizerParts {
  Alphabet alphabet = Alphabet::Bytes;
  bool to_nfc = false;
  std::string prepended;            // before each stretch of text between added tokens
  std::string space;                // what a space is written as; "": a space
  bool strips_first_space = false;  // of a decoded text
  Pretokenizer stages;
  BpeModel bpe;
  std::vector<AddedToken> added;
  std::vector<std::string> pieces;  // bytes that each id decodes to
  std::vector<int> prefix, suffix;  // what add_special puts around
  std::optional<int> bos_id;
  std::vector<int> eos_ids;
};

std::unique_ptr<Tokenizer> make_tokenizer(TokenizerParts parts);

/// Raw bytes of a token that is spelled with GPT-2's letters for bytes (model-specs 7.2); absent if
/// it has others.
std::optional<std::string> bytes_of_letters(std::string_view token);

}  // namespace leitai
