#include "suites/metrics/chrf.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/metrics/words.h"

namespace leitai::metrics {

namespace {

/// Words, one mark at the end, or else one at the start, of each set apart.
Words words_and_marks(std::u32string_view text) {
  Words out;
  for (std::u32string& word : split_blank(text)) {
    if (word.size() > 1 && is_ascii_mark(word.back())) {
      out.push_back(word.substr(0, word.size() - 1));
      out.push_back(word.substr(word.size() - 1));
    } else if (word.size() > 1 && is_ascii_mark(word.front())) {
      out.push_back(word.substr(0, 1));
      out.push_back(word.substr(1));
    } else {
      out.push_back(std::move(word));
    }
  }
  return out;
}

/// N-grams of every order, characters first.
std::vector<Counts> all_ngrams(const ChrfOptions& options, WordNumbers& numbers,
                               std::string_view raw) {
  const std::u32string text = options.lowercase ? lower(to_utf32(raw)) : to_utf32(raw);
  std::u32string letters;
  if (options.whitespace) {
    letters = text;
  } else {
    for (const std::u32string& word : split_blank(text)) letters += word;
  }
  std::vector<Counts> out;
  for (int n = 1; n <= options.char_order; ++n) out.push_back(ngrams(letters, n));
  if (options.word_order > 0) {
    const std::u32string words = numbers.numbers(words_and_marks(text));
    for (int n = 1; n <= options.word_order; ++n) out.push_back(ngrams(words, n));
  }
  return out;
}

ChrfCounts::Row compared(const Counts& hyp, const Counts& ref) {
  ChrfCounts::Row out;
  for (const auto& [gram, count] : hyp) {
    out.hyp += count;
    const auto found = ref.find(gram);
    if (found != ref.end()) out.match += std::min(count, found->second);
  }
  for (const auto& [gram, count] : ref) out.ref += count;
  if (ref.empty()) out.hyp = 0;  // an order that the reference does not have is not counted
  return out;
}

}  // namespace

void ChrfCounts::add(const ChrfCounts& other) {
  rows.resize(std::max(rows.size(), other.rows.size()));
  for (std::size_t i = 0; i < other.rows.size(); ++i) {
    rows[i].hyp += other.rows[i].hyp;
    rows[i].ref += other.rows[i].ref;
    rows[i].match += other.rows[i].match;
  }
}

ChrfCounts chrf_counts(const ChrfOptions& options, std::string_view hypothesis,
                       std::span<const std::string> refs) {
  LEITAI_CHECK(!refs.empty(), "no references");
  WordNumbers numbers;
  const std::vector<Counts> hyp = all_ngrams(options, numbers, hypothesis);
  ChrfCounts best;
  double best_score = -1;
  for (const std::string& text : refs) {
    const std::vector<Counts> ref = all_ngrams(options, numbers, text);
    ChrfCounts counts;
    for (std::size_t i = 0; i < hyp.size(); ++i) counts.rows.push_back(compared(hyp[i], ref[i]));
    const double score = chrf(options, counts);
    if (score > best_score) {
      best_score = score;
      best = std::move(counts);
    }
  }
  return best;
}

double chrf(const ChrfOptions& options, const ChrfCounts& counts) {
  constexpr double kEpsilon = 1e-16;
  const double factor = static_cast<double>(options.beta) * options.beta;
  double smoothed = 0, precisions = 0, recalls = 0;
  int orders = 0;
  for (const ChrfCounts::Row& row : counts.rows) {
    const auto match = static_cast<double>(row.match);
    const double precision = row.hyp > 0 ? match / static_cast<double>(row.hyp) : kEpsilon;
    const double recall = row.ref > 0 ? match / static_cast<double>(row.ref) : kEpsilon;
    const double below = factor * precision + recall;
    smoothed += below > 0 ? (1 + factor) * precision * recall / below : kEpsilon;
    if (row.hyp > 0 && row.ref > 0) {
      precisions += precision;
      recalls += recall;
      ++orders;
    }
  }
  if (options.eps_smoothing) return 100 * smoothed / static_cast<double>(counts.rows.size());
  if (orders == 0) return 0;
  precisions /= orders;
  recalls /= orders;
  if (precisions + recalls == 0) return 0;
  return 100 * ((1 + factor) * precisions * recalls / (factor * precisions + recalls));
}

std::string chrf_signature(const ChrfOptions& options, std::size_t n_refs) {
  return fmt::format("nrefs:{}|case:{}|eff:{}|nc:{}|nw:{}|space:{}|version:2.6.0", n_refs,
                     options.lowercase ? "lc" : "mixed", options.eps_smoothing ? "no" : "yes",
                     options.char_order, options.word_order, options.whitespace ? "yes" : "no");
}

}  // namespace leitai::metrics
