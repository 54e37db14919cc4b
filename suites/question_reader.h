#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/jinja/jinja.h"
#include "suites/question_options.h"
#include "suites/suite_file.h"

namespace leitai {

/// A row as a suite reads it.
struct Question {
  std::string question;
  std::string solution;  // what leads to the gold answer, or the answer's whole field
  std::string id;        // "" where rows are counted
  std::vector<std::string> gold;
  Options options;
  nlohmann::json row;

  /// Text of the right option; "" without options.
  std::string gold_text() const;
};

/// Makes questions of rows. Immutable and thread-safe.
class QuestionReader {
 public:
  /// Throws Error where a template of the suite is malformed.
  QuestionReader(const SuiteFile& suite, const SubsetFile& subset);

  /// `place` begins messages: "FILE:LINE". Throws Error for a row that does not fit.
  Question read(nlohmann::json row, const std::string& place) const;

  /// False for a row that the suite leaves out.
  bool keeps(const nlohmann::json& row, const std::string& place) const;

  /// A field of the row as text.
  std::string field(const nlohmann::json& row, const std::string& name,
                    const std::string& place) const;

  /// What items of one passage have in common (few_shot.apart); "" where the suite does not say.
  std::string apart(const nlohmann::json& row, const std::string& place) const;

  /// Are all right options wanted?
  bool takes_several_labels() const { return subset_.is_multi_select; }

  /// What templates see of a question: its row, `question`, `options`, `choices`, `labels`,
  /// `subset`, `subject`, `language`.
  nlohmann::ordered_json context(const Question& question) const;

 private:
  const nlohmann::json* find(const nlohmann::json& row, const std::string& name) const;
  std::string value(const nlohmann::json& row, const std::string& from,
                    const std::optional<Template>& made, const std::string& place) const;
  Options read_options(const Question& question, const std::string& place) const;
  void read_gold(Question& question, const std::string& place) const;

  std::string suite_;
  SubsetFile subset_;
  bool is_code_;
  std::optional<Template> question_, answer_, id_, keep_, apart_;
};

}  // namespace leitai
