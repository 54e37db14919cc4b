#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "suites/question_reader.h"

namespace leitai {

/// A worked example of the data.
struct Example {
  Question question;
  std::string answer;  // as shown: solution and gold in the suite's words
};

struct Examples {
  std::string intro;  // what the data say before the first one; may be empty
  std::vector<Example> list;
};

/// Says the answers of examples in the suite's words.
class ExampleWords {
 public:
  /// `completes`: behind the prompt of completion, which may already say "Answer:".
  ExampleWords(const FewShotFile& shots, bool completes);

  std::string answer(const Question& question, const QuestionReader& reader) const;

 private:
  std::pair<std::string, std::string> cut_;
  Template template_;
};

/// The first `n` examples of `path`, or `n` drawn without repetition by `seed`. Throws Error where
/// the file has fewer or does not fit.
Examples read_examples(const std::filesystem::path& path, const SubsetFile& subset,
                       const QuestionReader& reader, const ExampleWords& words, int n,
                       std::uint64_t seed);

}  // namespace leitai
