#pragma once

#include <memory>

#include "backends/engine/tokenizer/pretokenizer.h"

namespace leitai {

/// Patterns of the shape of GPT-4's: contractions, words with one character before them, short
/// numbers, punctuation with what follows it, white space.
struct Gpt4Style {
  std::size_t max_digits = 3;
  bool takes_newlines = true;  // after punctuation
};
std::unique_ptr<Cutter> make_gpt4_cutter(Gpt4Style style);

/// Patterns that also cut where the case changes (o200k, Kimi).
struct CaseStyle {
  bool han_apart = false;     // Han characters form pieces of their own
  bool takes_slashes = true;  // after punctuation
};
std::unique_ptr<Cutter> make_case_cutter(CaseStyle style);

/// The last stage of DeepSeek-V3.
std::unique_ptr<Cutter> make_deepseek_cutter();

}  // namespace leitai
