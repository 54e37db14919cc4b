#pragma once

#include <string>
#include <string_view>

/// Exact match and F1 over words as the evaluation script of SQuAD computes them.
namespace leitai::metrics {

/// Lower case, without ASCII punctuation, the articles a, an, the, and extra white space.
std::string squad_normal(std::string_view text);

struct Squad {
  double exact_match = 0;
  double f1 = 0;
  /// One side is empty once normalised, and the other text is not the same: "A" for "the". The
  /// script calls that equal; a grader must not.
  bool is_vacuous = false;
};

Squad squad(std::string_view prediction, std::string_view gold);

}  // namespace leitai::metrics
