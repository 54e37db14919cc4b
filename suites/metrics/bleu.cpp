#include "suites/metrics/bleu.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/metrics/tokenizers.h"

namespace leitai::metrics {

namespace {

Words prepared(const BleuOptions& options, std::string_view text) {
  const std::u32string all = to_utf32(text);
  const std::u32string_view line = rstrip(all);
  return bleu_tokens(options.tokenize, options.lowercase ? lower(line) : std::u32string(line));
}

/// The logarithm of no precision at all: exp() of it is 0, and it can be averaged.
double finite_log(double value) { return value == 0 ? -9999999999.0 : std::log(value); }

double smoothing_value(const BleuOptions& options) {
  return options.smooth_value.value_or(options.smooth_method == Smoothing::Floor ? 0.1 : 1);
}

}  // namespace

void BleuCounts::add(const BleuCounts& other) {
  sys_len += other.sys_len;
  ref_len += other.ref_len;
  correct.resize(std::max(correct.size(), other.correct.size()));
  total.resize(correct.size());
  for (std::size_t i = 0; i < other.correct.size(); ++i) {
    correct[i] += other.correct[i];
    total[i] += other.total[i];
  }
}

BleuCounts bleu_counts(const BleuOptions& options, std::string_view hypothesis,
                       std::span<const std::string> refs) {
  LEITAI_CHECK(!refs.empty(), "no references");
  WordNumbers numbers;
  const std::u32string words = numbers.numbers(prepared(options, hypothesis));
  std::vector<std::u32string> others;
  for (const std::string& ref : refs) others.push_back(numbers.numbers(prepared(options, ref)));
  BleuCounts out;
  out.sys_len = static_cast<std::int64_t>(words.size());
  std::int64_t nearest = -1;
  for (const std::u32string& ref : others) {
    const auto length = static_cast<std::int64_t>(ref.size());
    const std::int64_t distance = std::abs(out.sys_len - length);
    if (nearest < 0 || distance < nearest || (distance == nearest && length < out.ref_len)) {
      nearest = distance;
      out.ref_len = length;
    }
  }
  for (int n = 1; n <= options.max_ngram_order; ++n) {
    Counts most;  // over the references, of each n-gram
    for (const std::u32string& ref : others) {
      for (const auto& [gram, count] : ngrams(ref, n)) {
        std::int64_t& known = most[gram];
        known = std::max(known, count);
      }
    }
    std::int64_t correct = 0, total = 0;
    for (const auto& [gram, count] : ngrams(words, n)) {
      total += count;
      const auto found = most.find(gram);
      if (found != most.end()) correct += std::min(count, found->second);
    }
    out.correct.push_back(correct);
    out.total.push_back(total);
  }
  return out;
}

Bleu bleu(const BleuOptions& options, const BleuCounts& counts) {
  Bleu out;
  out.sys_len = counts.sys_len;
  out.ref_len = counts.ref_len;
  out.counts.assign(counts.correct.begin(), counts.correct.end());
  out.totals.assign(counts.total.begin(), counts.total.end());
  out.precisions.assign(out.counts.size(), 0);
  out.bp = 1;
  if (out.sys_len < out.ref_len) {
    out.bp = out.sys_len > 0
                 ? std::exp(1 - static_cast<double>(out.ref_len) / static_cast<double>(out.sys_len))
                 : 0;
  }
  const bool has_match = std::any_of(counts.correct.begin(), counts.correct.end(),
                                     [](std::int64_t count) { return count > 0; });
  if (!has_match) return out;
  const double value = smoothing_value(options);
  double doubled = 1;
  std::size_t orders = out.counts.size();
  for (std::size_t n = 0; n < out.counts.size(); ++n) {
    if (options.smooth_method == Smoothing::AddK && n > 0) {
      out.counts[n] += value;
      out.totals[n] += value;
    }
    if (out.totals[n] == 0) break;
    if (options.effective_order) orders = n + 1;
    if (out.counts[n] != 0) {
      out.precisions[n] = 100.0 * out.counts[n] / out.totals[n];
    } else if (options.smooth_method == Smoothing::Exp) {
      doubled *= 2;
      out.precisions[n] = 100.0 / (doubled * out.totals[n]);
    } else if (options.smooth_method == Smoothing::Floor) {
      out.precisions[n] = 100.0 * value / out.totals[n];
    }
  }
  double sum = 0;
  for (std::size_t n = 0; n < orders; ++n) sum += finite_log(out.precisions[n]);
  out.score = out.bp * std::exp(sum / static_cast<double>(orders));
  return out;
}

std::string bleu_signature(const BleuOptions& options, std::size_t n_refs) {
  std::string smooth;
  switch (options.smooth_method) {
    case Smoothing::None:
      smooth = "none";
      break;
    case Smoothing::Exp:
      smooth = "exp";
      break;
    case Smoothing::Floor:
      smooth = fmt::format("floor[{:.2f}]", smoothing_value(options));
      break;
    case Smoothing::AddK:
      smooth = fmt::format("add-k[{:.2f}]", smoothing_value(options));
      break;
  }
  return fmt::format("nrefs:{}|case:{}|eff:{}|tok:{}|smooth:{}|version:2.6.0", n_refs,
                     options.lowercase ? "lc" : "mixed", options.effective_order ? "yes" : "no",
                     tokenizer_signature(options.tokenize), smooth);
}

}  // namespace leitai::metrics
