#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

/// Workbench lines of the text metrics (INTERFACE.md section 8): a corpus in, its score out.
namespace leitai::metrics {

/// Whether `metric` ("bleu", "chrf", "ter") compares a corpus: such a line has `hyp` and `refs`.
bool is_corpus_metric(std::string_view metric);

/// {"hyp": [..], "refs": [[..] a reference], parameters of sacreBLEU} to {"score": 0 to 100, ...}.
/// With "sentences": true the line also has `sentences`, one score each. Throws Error for a line
/// that does not fit.
nlohmann::json corpus_line(std::string_view metric, const nlohmann::json& line);

}  // namespace leitai::metrics
