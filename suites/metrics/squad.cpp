#include "suites/metrics/squad.h"

#include <algorithm>
#include <map>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/extractors/folding.h"
#include "suites/metrics/words.h"

namespace leitai::metrics {

namespace {

/// \w of Python's re: marks that combine are none of it.
bool is_word_letter(char32_t c) { return is_alpha(c) || is_numeric(c) || c == U'_'; }

bool is_article(std::u32string_view word) {
  return word == U"a" || word == U"an" || word == U"the";
}

}  // namespace

std::string squad_normal(std::string_view text) {
  std::u32string kept = to_utf32(to_lower(text));
  std::erase_if(kept, is_ascii_mark);
  std::u32string plain;
  for (std::size_t at = 0; at < kept.size();) {
    std::size_t end = at;
    while (end < kept.size() && is_word_letter(kept[end])) ++end;
    if (end == at) {
      plain += kept[at++];
      continue;
    }
    const std::u32string_view word = std::u32string_view(kept).substr(at, end - at);
    plain += is_article(word) ? U" " : word;
    at = end;
  }
  std::string out;
  for (const std::u32string& word : split_blank(plain)) {
    if (!out.empty()) out += ' ';
    out += to_utf8(word);
  }
  return out;
}

Squad squad(std::string_view prediction, std::string_view gold) {
  Squad out;
  const std::string left = squad_normal(prediction), right = squad_normal(gold);
  out.exact_match = left == right ? 1 : 0;
  if (left.empty() || right.empty()) {
    out.f1 = out.exact_match;
    out.is_vacuous = trim_blank(prediction) != trim_blank(gold);
    return out;
  }
  std::map<std::string_view, int> wanted;
  double n_wanted = 0, n_predicted = 0, common = 0;
  for (const std::string_view word : split(right, ' ')) {
    ++wanted[word];
    ++n_wanted;
  }
  for (const std::string_view word : split(left, ' ')) {
    ++n_predicted;
    if (wanted[word]-- > 0) ++common;
  }
  if (common == 0) return out;
  const double precision = common / n_predicted, recall = common / n_wanted;
  out.f1 = 2 * precision * recall / (precision + recall);
  return out;
}

}  // namespace leitai::metrics
