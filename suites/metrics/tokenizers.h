#pragma once

#include <span>
#include <string>
#include <string_view>

#include "suites/metrics/words.h"

/// The tokenizers of sacreBLEU 2.6.0 that need no model, and Tercom's.
namespace leitai::metrics {

/// "13a", "zh", "intl", "char", "none", "ja-mecab"
std::span<const std::string_view> bleu_tokenizers();

/// Tokens of `text` by the tokenizer of that name. Throws Error for an unknown name, or where
/// ja-mecab finds no dictionary.
Words bleu_tokens(std::string_view tokenizer, std::u32string_view text);

/// As it stands in a signature: "13a", "ja-mecab-0.996-IPA".
std::string tokenizer_signature(std::string_view tokenizer);

struct TercomOptions {
  bool normalized = false;
  bool no_punct = false;
  bool asian_support = false;
  bool case_sensitive = false;
};

Words tercom_tokens(const TercomOptions& options, std::u32string_view text);

}  // namespace leitai::metrics
