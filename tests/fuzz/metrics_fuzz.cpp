// Text metrics over any bytes: always a number, and within its range.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/error.h"
#include "suites/metrics/bleu.h"
#include "suites/metrics/chrf.h"
#include "suites/metrics/rouge.h"
#include "suites/metrics/squad.h"
#include "suites/metrics/ter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leitai;
  using namespace leitai::metrics;
  if (size == 0 || size > 4000) return 0;
  const std::string all(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t middle = all.size() / 2;
  const std::string text = all.substr(0, middle);
  const std::vector<std::string> refs{all.substr(middle), text};
  const unsigned bits = data[0];
  constexpr double kRounding = 1e-9;
  const auto names = bleu_tokenizers();
  BleuOptions bleu_options;
  bleu_options.tokenize = names[bits % (names.size() - 1)];  // the last one needs a dictionary
  bleu_options.smooth_method = static_cast<Smoothing>(bits / 8 % 4);
  bleu_options.effective_order = bits % 2 == 0;
  const double bleu_score = bleu(bleu_options, bleu_counts(bleu_options, text, refs)).score;
  LEITAI_CHECK(bleu_score >= 0 && bleu_score <= 100 + kRounding, std::to_string(bleu_score));
  ChrfOptions chrf_options;
  chrf_options.word_order = bits % 3;
  chrf_options.whitespace = bits % 2 == 1;
  const double chrf_score = chrf(chrf_options, chrf_counts(chrf_options, text, refs));
  LEITAI_CHECK(chrf_score >= 0 && chrf_score <= 100 + kRounding, std::to_string(chrf_score));
  const TerOptions ter_options{bits % 2 == 0, bits % 4 < 2, bits % 8 < 4, bits % 16 < 8};
  const double ter_score = ter(ter_counts(ter_options, text, refs));
  LEITAI_CHECK(ter_score >= 0 && std::isfinite(ter_score), std::to_string(ter_score));
  const Rouge overlap = rouge(text, refs[0], bits % 2 == 0 ? Stemming::Porter : Stemming::None);
  for (const Overlap& one : {overlap.rouge1, overlap.rouge2, overlap.rougeL, overlap.rougeLsum})
    LEITAI_CHECK(one.fmeasure >= 0 && one.fmeasure <= 1 + kRounding, std::to_string(one.fmeasure));
  LEITAI_CHECK(squad(text, text).exact_match == 1, "a text that is not itself");
  LEITAI_CHECK(rouge(text, text, Stemming::None).rougeL.fmeasure > 1 - kRounding ||
                   rouge(text, text, Stemming::None).rouge1.fmeasure == 0,
               "a text that is not itself");
  return 0;
}
