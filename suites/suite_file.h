#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/model.h"
#include "harness/io/fetch_data.h"

namespace leitai {

/// Where the options of a choice question come from.
struct OptionsFile {
  enum class Shape {
    None,
    Fields,  // a field each: `names`
    Field,   // one field with all of them: a list, {label: text}, or lists `label` and `text`
    Within,  // the question's own text lists them
  };
  Shape shape = Shape::None;
  std::vector<std::string> names;
  std::string label, text;  // Field: members of each element, or of the field
};

/// How the answer field names the right option.
enum class AnswerForm { Label, Text, Index, FirstField };

/// Worked examples shown before the question.
struct FewShotFile {
  enum class Draw {
    Seed,    // from the file
    First,   // the first ones of the file
    Others,  // by the seed from the suite's own items, never the one that is asked
  };
  std::string file;    // "" when examples cannot be had; "{subset}" is replaced
  std::string sha256;  // of `file`; "" where it is not known
  int most = 0;        // that may be asked for
  int usual = 0;       // where nothing else is said
  Draw draw = Draw::Seed;
  // "rows"; "qa-text": blocks "Q: ..." and "A: ..." behind a line of dashes; "python": a Python
  // file that assigns {subset: {number: {q: ..., a: ...}}} to `name` and a list of answers to
  // `golds`.
  std::string style;
  std::string name, golds;
  std::pair<std::string, std::string> cut;  // marks taken out of solutions
  std::string answer;                       // template over `solution`, `gold`, `gold_text`
  std::string completion_answer;            // what stands behind `completion`; "" for `answer`
  std::string apart;  // Others: a field or template; an item is not shown one of the same value
};

/// Another file whose row N replaces fields of row N.
struct BesideFile {
  std::string file, same;  // `same`: a field that must be equal in both
  std::string sha256;      // of `file`; "" where it is not known
  std::vector<std::string> fields;
};

/// A part of a suite with a data file of its own; a suite without subsets has one, named "". What
/// a subset does not say holds for all.
struct SubsetFile {
  std::string name;
  std::string language;
  std::string file;                 // "mgsm_zh.tsv", beside suite.yaml or in a data folder <suite>/
  std::string sha256;               // of the file that this version was made for; "" for any
  std::int64_t rows = 0;            // items in that file; 0 when not said
  std::vector<DataSource> sources;  // "{file}" stands for the file's name
  std::string rows_in;              // .json: the member that holds the rows
  bool has_header = true;           // .csv
  BesideFile beside;

  // A field's name, a path of names, a column's number, or a template over the row.
  std::string question, answer, id;  // id: "" for the 0-based row
  std::string solution;              // what leads to the answer; "" where `answer` holds it
  std::string keep;                  // template; rows for which it is not "true" are no items
  OptionsFile options;
  AnswerForm answer_form = AnswerForm::Label;
  bool is_multi_select = false;
  bool shuffles_always = false;  // the data do not say in which order options are shown
  std::string gold_after;        // gold is what follows the last of these; "" for the whole field
  std::vector<std::pair<std::string, std::string>> tags;     // name, field
  std::vector<std::pair<std::string, std::string>> grading;  // scorer's field, row's field
  std::string grading_json;  // scorer's fields that are the same for all

  std::string kind, scorer, pair;
  double floor = 0;
  std::string chat;        // Jinja template over the row
  std::string completion;  // "" when base models cannot be asked
  std::vector<std::string> completion_stop;
  std::string likelihood;    // template of a continuation; "" when options cannot be scored
  std::string scored_after;  // template of the text before it; "" for `completion`
  FewShotFile few_shot;
};

/// What a suite.yaml says.
struct SuiteFile {
  std::string name, version, about, family, licence, publish;
  std::string kind;  // for `ls suites`: that of all subsets, or "mixed"
  bool is_paired = false;
  std::int64_t items = 0;                 // of all subsets, where these do not say theirs
  std::string data_folder;                // in a data folder: where its files lie
  std::string code_style, code_language;  // scorer code: how a row is read (coding/code_task.h)
  /// By item, where the reference solution itself needs more than a program gets.
  struct CodeLimits {
    std::int64_t cpu_s = 0, memory_mb = 0;  // 0: as for all
  };
  std::map<std::string, CodeLimits> code_limits;
  SamplingParams params;
  std::string date;  // field with the day of an item; "" where items have none
  std::vector<SubsetFile> subsets;
  std::filesystem::path folder;  // of suite.yaml; empty for an embedded one

  /// Names of the options of SuiteOptions that it knows.
  std::vector<std::string> options() const;
};

/// Throws Error("WHERE:LINE: ...") for what is missing, unknown or of the wrong form.
SuiteFile read_suite_file(std::string_view text, const std::string& where,
                          const std::filesystem::path& folder);

}  // namespace leitai
