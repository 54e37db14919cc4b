#include "suites/metrics/bleu.h"

#include "suites/extractors/answer.h"

namespace leitai {

namespace {
Score grade(const GradeInput& input);
}  // namespace

extern constinit const Scorer bleu_scorer;
constinit const Scorer bleu_scorer = {
    .name = "bleu",
    .version = 1,
    .help = "BLEU of a translation against the accepted ones, 0 to 1 (sacreBLEU, sentence level)",
    .grade = grade};

namespace {

/// The tokenizer that sacreBLEU would take for the language.
std::string_view tokenizer_for(std::string_view language) {
  if (language.starts_with("zh")) return "zh";
  if (language.starts_with("ja")) return "ja-mecab";
  return language.starts_with("th") || language.starts_with("ko") ? "char" : "13a";
}

Score grade(const GradeInput& input) {
  Prepared prepared = prepare(input, bleu_scorer);
  if (prepared.is_decided) return prepared.score;
  metrics::BleuOptions options;
  options.tokenize = tokenizer_for(input.language);
  options.effective_order = true;
  return decide_by_measure(prepared, input, "BLEU", [&](std::string_view answer) {
    return metrics::bleu(options, metrics::bleu_counts(options, answer, input.gold)).score / 100;
  });
}

}  // namespace

}  // namespace leitai
