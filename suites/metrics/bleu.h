#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suites/metrics/words.h"

/// BLEU to the last digit of sacreBLEU 2.6.0 (scoring-and-statistics.md A10).
namespace leitai::metrics {

enum class Smoothing { None, Floor, AddK, Exp };

struct BleuOptions {
  std::string tokenize = "13a";
  Smoothing smooth_method = Smoothing::Exp;
  std::optional<double> smooth_value;  // of Floor (0.1) and AddK (1)
  int max_ngram_order = 4;
  bool lowercase = false;
  bool effective_order = false;
};

/// Sums over segments from which the score follows.
struct BleuCounts {
  std::int64_t sys_len = 0;
  std::int64_t ref_len = 0;
  std::vector<std::int64_t> correct;  // one for each order
  std::vector<std::int64_t> total;
  void add(const BleuCounts& other);
};

struct Bleu {
  double score = 0;            // 0 to 100
  std::vector<double> counts;  // with what AddK added
  std::vector<double> totals;
  std::vector<double> precisions;
  double bp = 0;
  std::int64_t sys_len = 0;
  std::int64_t ref_len = 0;
};

/// `refs` holds the references of this one segment, at least one.
BleuCounts bleu_counts(const BleuOptions& options, std::string_view hypothesis,
                       std::span<const std::string> refs);

Bleu bleu(const BleuOptions& options, const BleuCounts& counts);

/// "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"
std::string bleu_signature(const BleuOptions& options, std::size_t n_refs);

}  // namespace leitai::metrics
