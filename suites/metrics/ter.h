#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "suites/metrics/tokenizers.h"

/// Translation edit rate as sacreBLEU 2.6.0 computes it: insertions, deletions, substitutions and
/// shifts of runs of words, found greedily with Tercom's limits.
namespace leitai::metrics {

using TerOptions = TercomOptions;

struct TerCounts {
  std::int64_t num_edits = 0;  // against the nearest reference
  double ref_length = 0;       // mean over the references
  void add(const TerCounts& other);
};

/// `refs` holds the references of this one segment, at least one. Bounded: at most about a thousand
/// shifts are tried, each in a band around the diagonal.
TerCounts ter_counts(const TerOptions& options, std::string_view hypothesis,
                     std::span<const std::string> refs);

/// Edits for each 100 words of the reference: 0 is best, and it may exceed 100.
double ter(const TerCounts& counts);

/// "nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:2.6.0"
std::string ter_signature(const TerOptions& options, std::size_t n_refs);

}  // namespace leitai::metrics
