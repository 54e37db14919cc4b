#pragma once

#include <string_view>

/// ROUGE as rouge_score 0.1.2 computes it: tokens are runs of a-z and 0-9 of the lower-cased text,
/// so text in other scripts has none.
namespace leitai::metrics {

struct Overlap {
  double precision = 0;
  double recall = 0;
  double fmeasure = 0;
};

struct Rouge {
  Overlap rouge1;
  Overlap rouge2;
  Overlap rougeL;
  Overlap rougeLsum;          // sentences are lines
  bool is_shortened = false;  // only the first 20,000 tokens of a text were compared in order
};

enum class Stemming { None, Porter };

Rouge rouge(std::string_view prediction, std::string_view gold, Stemming stemming);

}  // namespace leitai::metrics
