#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/engine/tokenizer/decoded_text.h"

namespace leitai {

/// Cuts a piece of text into smaller ones, as a regular expression with the behaviour "isolated"
/// would: matches and the gaps between them.
class Cutter {
 public:
  virtual ~Cutter() = default;
  /// Appends the end of each piece of [begin, end), in order. Linear in time.
  virtual void cut(const DecodedText& text, std::size_t begin, std::size_t end,
                   std::vector<std::size_t>& ends) const = 0;
};

/// Stages in order; each cuts every piece that those before it left.
using Pretokenizer = std::vector<std::unique_ptr<Cutter>>;

/// A hand-written equivalent of a regular expression of the table in pretokenizer.cpp, or of a run
/// of one character class such as "\p{N}{1,3}" or "\s?[a-z]+". Null for any other pattern.
std::unique_ptr<Cutter> make_cutter(std::string_view pattern);

/// The pattern of GPT-2, which tokenizer.json calls ByteLevel with use_regex.
std::unique_ptr<Cutter> make_gpt2_cutter();

/// Numbers: each digit alone, or whole runs.
std::unique_ptr<Cutter> make_digits_cutter(bool each_alone);

/// The stages that GGUF's tokenizer.ggml.pre names; empty for an unknown name.
Pretokenizer pretokenizer_of_gguf(std::string_view pre);

/// Ends of the pieces of all of `text`.
std::vector<std::size_t> cut_all(const Pretokenizer& stages, const DecodedText& text);

}  // namespace leitai
