#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// chrF and chrF++ to the last digit of sacreBLEU 2.6.0 (scoring-and-statistics.md A10).
namespace leitai::metrics {

struct ChrfOptions {
  int char_order = 6;
  int word_order = 0;  // 2: chrF++
  int beta = 2;
  bool lowercase = false;
  bool whitespace = false;
  bool eps_smoothing = false;
};

/// One row for each order, of characters first and then of words.
struct ChrfCounts {
  struct Row {
    std::int64_t hyp = 0;
    std::int64_t ref = 0;
    std::int64_t match = 0;
  };
  std::vector<Row> rows;
  void add(const ChrfCounts& other);
};

/// Of the reference with the best score for this one segment; `refs` is not empty.
ChrfCounts chrf_counts(const ChrfOptions& options, std::string_view hypothesis,
                       std::span<const std::string> refs);

/// 0 to 100
double chrf(const ChrfOptions& options, const ChrfCounts& counts);

/// "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0"
std::string chrf_signature(const ChrfOptions& options, std::size_t n_refs);

}  // namespace leitai::metrics
