#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "harness/core/score.h"
#include "harness/core/scorer.h"

namespace leitai {

/// The fields of the scorer `code` for a row of a public data set (language, prompt, entry_point,
/// test, ...). `style`: one that is_code_style() knows.
/// `language` is that of the program. Throws Error for a row that does not fit.
nlohmann::json code_fields(std::string_view style, std::string_view language,
                           const nlohmann::json& row);

/// True for a style that code_fields() knows.
bool is_code_style(std::string_view style);

/// A grade with what was run and what it printed.
struct CodeGrade {
  Score score;
  std::string program;
  bool has_program = false;
  std::string out, err;
  std::string tool;
};

/// Takes the program out of the answer (or `fields.program` as it is) and judges it.
CodeGrade grade_code(const GradeInput& input, const Scorer& scorer);

}  // namespace leitai
