#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/prompt.h"

namespace leitai {

/// How answers to an item are judged: a scorer by name with the fields it needs.
struct Grading {
  std::string scorer;             // "numeric", "exact", ...; empty: shown, not graded
  std::vector<std::string> gold;  // accepted answers
  std::string fields_json;  // further fields of the scorer (pattern, schema, options) as a JSON
                            // object; may be empty
  bool operator==(const Grading&) const = default;
};

/// One question of a suite, complete: what is asked and how it is judged.
struct Item {
  std::string suite;  // with subset: "mgsm/zh", "house/ledger/en"
  std::string id;     // unique in its suite, never renumbered
  std::string
      question;   // the bare question, for matching recorded answers by `prompt` and for people
  Prompt prompt;  // without the model's system instruction
  Grading grading;
  std::string language;           // BCP 47, "" when unknown
  std::vector<std::string> tags;  // "level=1", ...
  std::string pair_key;  // equal for the same question in another language or wording; "" when it
                         // stands alone
};

}  // namespace leitai
